// Which views are augmented, and how their numbers are drawn and kept.
#include "agents/augmented_views.h"

#include <algorithm>
#include <stdexcept>

#include "encoders/augmentations.h"
#include "replay/gather.h"
#include "replay/random_stream.h"

namespace curl_rl::agents {
namespace {

using encoders::NamedTensors;

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Prefix(const std::string& view, std::size_t nth) {
  return "augment." + view + "." + std::to_string(nth) + ".";
}

// "observation_2" of "next_observation_2"; any other view's own name.
std::string SourceOf(const std::string& view) {
  const std::string next = "next_observation";
  return view.rfind(next, 0) == 0 ? view.substr(5) : view;
}

[[noreturn]] void Refuse(const std::string& key, const std::string& got, const std::string& why) {
  throw std::invalid_argument("agent.augment." + key + ": got " + got + ", " + why);
}

void CheckSides(const AugmentConfig& config, std::int64_t side, bool own_views) {
  const auto after = encoders::SideAfter(config.kinds, side);
  if (after == side || config.views == AugmentViews::kAll) return;
  if (config.views == AugmentViews::kCritic && !own_views) return;
  Refuse("views", std::string("'") + envs::NameOf(config.views) + "'",
         "allowed: all; the augmentations make pictures of " + std::to_string(after) +
             " pixels out of those of " + std::to_string(side) + ", and the encoder has one size");
}

}  // namespace

AugmentedViews::AugmentedViews(const AugmentConfig& config, std::int64_t side,
                               const std::vector<replay::View>& views,
                               const std::vector<std::string>& critic,
                               const std::vector<std::string>& objectives, std::uint64_t seed,
                               const torch::Device& device)
    : config_(config), stream_(replay::MakeStream(seed, "augmentation", device)) {
  if (config.kinds.empty()) return;
  for (const auto& spec : config.kinds) encoders::CheckAugmentation(spec);
  bool own_views = false;
  for (const auto& view : views) {
    const bool of_critic = Has(critic, view.name);
    own_views |= !of_critic;
    const bool chosen = config.views == AugmentViews::kAll ||
                        (config.views == AugmentViews::kCritic && of_critic) ||
                        (config.views == AugmentViews::kKey && !of_critic) ||
                        (config.views == AugmentViews::kBoth && Has(objectives, view.name));
    if (chosen) names_.push_back(view.name);
  }
  if (names_.empty()) {
    Refuse("views", std::string("'") + envs::NameOf(config.views) + "'",
           objectives.empty()
               ? "allowed: critic, all; there is no objective in agent.objectives"
               : "allowed: both, critic, all; no objective looks at a picture beside the critic's");
  }
  CheckSides(config, side, own_views);
  for (const auto& name : names_) {
    sources_.push_back(Has(critic, name) && Has(names_, SourceOf(name)) ? SourceOf(name) : name);
  }
}

void AugmentedViews::DrawNoise(const replay::Batch& batch, NamedTensors& noise) {
  for (std::size_t v = 0; v < names_.size(); ++v) {
    auto sizes = batch.at(names_[v]).sizes().vec();
    for (std::size_t nth = 0; nth < config_.kinds.size(); ++nth) {
      const auto& spec = config_.kinds[nth];
      NamedTensors drawn;
      for (auto& [name, tensor] : encoders::DrawAugmentation(spec, sizes, stream_)) {
        drawn[Prefix(names_[v], nth) + name] = tensor;
      }
      replay::CopyInto(drawn, noise);
      sizes[2] = sizes[3] = encoders::SideAfter({spec}, sizes[2]);
    }
  }
}

void AugmentedViews::Apply(const replay::Batch& batch, const NamedTensors& noise,
                           encoders::Encodings& encodings) const {
  for (std::size_t v = 0; v < names_.size(); ++v) {
    const auto& pictures = batch.at(names_[v]);
    auto pixels = pictures.to(torch::kFloat32).contiguous(torch::MemoryFormat::ChannelsLast);
    for (std::size_t nth = 0; nth < config_.kinds.size(); ++nth) {
      const auto& spec = config_.kinds[nth];
      const bool same = spec.kind == "translate" && spec.next == "same";
      const auto prefix = Prefix(same ? sources_[v] : names_[v], nth);
      encoders::Drawn drawn;
      for (auto at = noise.lower_bound(prefix);
           at != noise.end() && at->first.rfind(prefix, 0) == 0; ++at) {
        drawn[at->first.substr(prefix.size())] = at->second;
      }
      pixels = encoders::Augment(pixels, spec, drawn);
    }
    if (pictures.scalar_type() != torch::kFloat32) {  // with what lies between pixels on a GPU
      auto out =
          replay::MakePictures(pixels.size(0), pixels.size(1), pixels.size(2), pictures.options());
      out.copy_(pixels);
      pixels = out;
    }
    encodings.AddView(names_[v], pixels);
  }
}

torch::Tensor AugmentedViews::Seen(const torch::Tensor& pixels) const {
  return any() && config_.of_critic() ? encoders::SeenWhenActing(pixels, config_.kinds) : pixels;
}

}  // namespace curl_rl::agents
