// The learner's objectives: how they are made, what they are given, and their passes over the
// replay.
#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "agents/learner.h"
#include "replay/random_stream.h"

namespace curl_rl::agents {
namespace {

// Whether there is such a view already. One name is one picture.
bool Known(const std::vector<replay::View>& views, const replay::View& view) {
  for (const auto& known : views) {
    if (known.name != view.name) continue;
    if (known.of == view.of && known.window == view.window && known.size == view.size &&
        known.crop_range == view.crop_range && known.pad == view.pad && known.ahead == view.ahead) {
      return true;
    }
    throw std::logic_error("view '" + view.name + "' is two different pictures");
  }
  return false;
}

// An objective's error names a setting of its own, or the whole key of another section's.
std::invalid_argument WithKey(const std::string& objective, const std::invalid_argument& error) {
  const std::string what = error.what();
  const bool whole_key = what.compare(0, 6, "agent.") == 0;
  return std::invalid_argument(whole_key ? what : "agent." + objective + "." + what);
}

}  // namespace

// Objectives in the config's order; each may ask for views of its own.
void Learner::MakeObjectives(const encoders::EncoderOptions& options, const at::Generator& stream,
                             std::vector<std::string>& views) {
  encoders::ObjectiveContext context;
  context.encoder = options;
  context.batch_size = config_.batch_size;
  context.action_size = spec_.action_size;
  context.action_repeat = spec_.action_repeat;
  context.replay_capacity = spec_.replay_capacity;
  context.view = batch_spec_.views.front();  // the observation
  context.stream = stream;
  for (const auto& chosen : config_.objectives) {
    Part part;
    try {
      part.objective = encoders::MakeObjective(*chosen, context);
    } catch (const std::invalid_argument& error) {
      throw WithKey(chosen->info().name, error);
    }
    part.name = chosen->info().name;
    part.common = chosen->common;
    part.stream = replay::MakeStream(spec_.seed, "objective." + part.name, spec_.device);
    if (!parts_.empty()) part.prefix = "_" + std::to_string(parts_.size() + 1);
    batch_spec_.horizon = std::max(batch_spec_.horizon, part.objective->horizon());
    for (const auto& view : part.objective->Views()) {
      part.sees_observation |= view.name == "observation";
      views.push_back(view.name);
      if (!Known(batch_spec_.views, view)) batch_spec_.views.push_back(view);
    }
    parts_.push_back(std::move(part));
  }
}

void Learner::Refresh(replay::ReplayBuffer& replay) {
  for (auto& part : parts_) {
    const auto every = part.objective->refresh_every();
    if (every == 0 || gradient_step_ % every != 0) continue;
    torch::NoGradGuard no_grad;
    encoders::FeatureReader reader;
    reader.begin = replay.begin();
    reader.end = replay.end();
    reader.pixels = [&](const torch::Tensor& transitions) {
      auto spec = batch_spec_;
      spec.horizon = 0;
      spec.views.resize(1);  // the observation
      return augmented_->Seen(replay.Read(transitions, spec).at("observation"));
    };
    reader.key_maps = [&](const torch::Tensor& transitions) {
      return key_encoder_->Maps(reader.pixels(transitions));
    };
    reader.key_features = [&](const torch::Tensor& transitions) {
      return key_encoder_->Features(reader.key_maps(transitions));
    };
    reader.stream = part.stream;
    try {
      part.objective->Refresh(reader);
    } catch (const std::invalid_argument& error) {
      throw WithKey(part.name, error);
    }
  }
}

void Learner::EncodeKeys(encoders::Encodings& encodings) {
  for (const auto& part : parts_) {
    if (!Due(part)) continue;
    for (const auto& view : part.objective->key_views()) encodings.KeyFeatures(view);
  }
}

torch::Tensor Learner::LossOf(Part& part, encoders::Encodings& encodings, NamedTensors& metrics) {
  NamedTensors own;
  auto loss = part.objective->Loss(encodings, own);
  for (auto& [name, value] : own) metrics[name + part.prefix] = std::move(value);
  return part.common.weight == 1.0 ? loss : loss * part.common.weight;
}

}  // namespace curl_rl::agents
