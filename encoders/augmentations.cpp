// Draws and applies augmentations of the list (augmentation_settings.cpp).
#include "encoders/augmentations.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "encoders/augmentations/geometry.h"
#include "encoders/augmentations/kinds.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

template <typename Value>
std::string Text(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

const std::vector<AugmentationKind>& AugmentationKinds() {
  static const std::vector<AugmentationKind> kKinds = [] {
    auto functions = kinds::GeometryKinds();
    for (auto& kind : kinds::ColorKinds()) functions.push_back(std::move(kind));
    std::vector<AugmentationKind> all;
    for (const auto& info : AugmentationInfos()) {
      const auto own = std::find_if(functions.begin(), functions.end(),
                                    [&](const auto& kind) { return kind.name == info.name; });
      if (own == functions.end()) throw std::logic_error("nothing does '" + info.name + "'");
      all.push_back({info, own->draw, own->apply});
    }
    return all;
  }();
  return kKinds;
}

const AugmentationKind& FindAugmentation(const std::string& name) {
  for (const auto& kind : AugmentationKinds()) {
    if (kind.name == name) return kind;
  }
  FindAugmentationInfo(name);  // throws
  throw std::logic_error("nothing does '" + name + "'");
}

Drawn DrawAugmentation(const AugmentationSpec& spec, at::IntArrayRef sizes,
                       const at::Generator& generator) {
  CheckAugmentation(spec);
  if (sizes.size() != 4 || sizes[1] % 3 != 0) {
    throw std::invalid_argument("augmentation " + spec.kind + ": sizes: got " + Text(sizes) +
                                ", allowed [B, K*3, H, W]");
  }
  // First, so that a kind's own draws do not depend on it.
  const auto uniform = torch::rand(
      {sizes[0]}, generator, torch::TensorOptions(torch::kFloat64).device(generator.device()));
  auto drawn = FindAugmentation(spec.kind).draw(spec, sizes, generator);
  drawn["uniform"] = uniform;
  return drawn;
}

Tensor Augment(const Tensor& pixels, const AugmentationSpec& spec, const Drawn& drawn) {
  if (pixels.dim() != 4 || pixels.size(1) % 3 != 0 || !pixels.is_floating_point()) {
    throw std::invalid_argument("augmentation " + spec.kind + ": pixels: got " +
                                Text(pixels.sizes()) + " " + c10::toString(pixels.scalar_type()) +
                                ", allowed [B, K*3, H, W] of a floating type");
  }
  Tensor out;
  try {
    out = FindAugmentation(spec.kind).apply(pixels, spec, drawn);
    if (spec.probability < 1.0) {
      const auto changed = drawn.at("uniform").lt(spec.probability).view({-1, 1, 1, 1});
      out = torch::where(changed, out, pixels);
    }
  } catch (const std::out_of_range&) {
    std::string names;
    for (const auto& [name, tensor] : drawn) names += (names.empty() ? "" : ", ") + name;
    throw std::invalid_argument("augmentation " + spec.kind + ": drawn: got " + names +
                                ", allowed: " + FindAugmentation(spec.kind).description);
  }
  return out.contiguous(pixels.suggest_memory_format());
}

Tensor SeenWhenActing(const Tensor& pixels, const std::vector<AugmentationSpec>& specs) {
  auto seen = pixels;
  for (const auto& spec : specs) {
    if (spec.kind != "crop" && spec.kind != "translate") continue;
    const auto floor_half = [](std::int64_t room) { return (room - (room < 0 ? 1 : 0)) / 2; };
    const auto rows = torch::TensorOptions(torch::kInt64).device(pixels.device());
    const auto top = torch::full({seen.size(0)}, floor_half(seen.size(2) - spec.size), rows);
    const auto left = torch::full({seen.size(0)}, floor_half(seen.size(3) - spec.size), rows);
    seen = Cut(seen, top, left, spec.size, spec.size, /*edge=*/false);
  }
  return seen;
}

}  // namespace curl_rl::encoders
