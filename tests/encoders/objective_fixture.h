// An objective with a small encoder, its momentum copy and batches of its views, as the learner
// would give them.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "tests/encoders/made_batch.h"

namespace curl_rl::encoders {

/// The settings of `name` for a few steps of a small encoder: what by default waits for thousands
/// of updates, many rows or sure ones is there at once.
inline std::unique_ptr<ObjectiveSettings> EagerSettings(const std::string& name) {
  const std::map<std::string, std::int64_t> wholes = {
      {"anchors", 16},   {"aspects", 6},       {"clusters", 2},     {"freeze_steps", 0},
      {"label.bins", 2}, {"refresh_every", 1}, {"refresh_rows", 8}, {"region_memory", 4},
      {"start", 0},      {"store_size", 2},    {"warmup_steps", 0}};
  const std::map<std::string, double> numbers = {
      {"max_entropy", 1.0}, {"min_share", 0.0}, {"purity", 0.0}};
  auto settings = MakeObjectiveSettings(name);
  for (auto& setting : settings->Describe()) {
    if (const auto found = wholes.find(setting.name); found != wholes.end()) {
      *std::get<std::int64_t*>(setting.value) = found->second;
    }
    if (const auto found = numbers.find(setting.name); found != numbers.end()) {
      *std::get<double*>(setting.value) = found->second;
    }
  }
  return settings;
}

/// The learner's side of one objective.
struct ObjectiveFixture {
  static ObjectiveContext Pixels() {
    ObjectiveContext context;
    context.encoder.image_size = 16;
    context.encoder.num_layers = 2;
    context.encoder.num_filters = 4;
    context.encoder.feature_dim = 8;
    context.batch_size = 6;
    context.action_size = 2;
    context.replay_capacity = 1000;
    context.view.size = 16;
    context.stream = at::detail::createCPUGenerator(1);
    return context;
  }

  /// Views that are features already, [rows, dim]: an encoder of no channels hands them on.
  static ObjectiveContext Features(std::int64_t rows, std::int64_t dim) {
    auto context = Pixels();
    context.encoder.channels = 0;
    context.encoder.feature_dim = dim;
    context.batch_size = rows;
    return context;
  }

  ObjectiveFixture(const ObjectiveSettings& settings, const ObjectiveContext& with)
      : context(with), objective(MakeObjective(settings, with)) {
    online = PixelEncoder(context.encoder, context.stream);
    key = PixelEncoder(context.encoder, context.stream);
    StartAsCopy(*online, *key);
  }

  /// Random pictures in every view, transitions that no other batch has.
  replay::Batch Batch(std::uint64_t seed) const {
    const auto stream = at::detail::createCPUGenerator(seed);
    const auto rows = context.batch_size;
    const auto& encoder = context.encoder;
    replay::Batch batch;
    for (const auto& view : objective->Views()) {
      batch.tensors[view.name] =
          torch::rand({rows, encoder.channels, view.size, view.size}, stream);
    }
    AddNumbers(objective->Views(), objective->horizon(), rows, context.action_size,
               rows * static_cast<std::int64_t>(seed), stream, batch);
    return batch;
  }

  /// Gradient steps but for the gradients: `count` batches are seen, clusters, stores and queues
  /// filled.
  void LiveThrough(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) {
      RefreshIfDue();
      Draw();
      const auto batch = Batch(100 + n);
      Loss(batch);
      AfterStep(batch);
      ++steps;
    }
  }

  /// The replay's observations are random pictures, each its own.
  void RefreshIfDue() {
    const auto every = objective->refresh_every();
    if (every == 0 || steps % every != 0) return;
    const torch::NoGradGuard no_grad;
    FeatureReader reader;
    reader.begin = 5;
    reader.end = 905;
    reader.pixels = [this](const torch::Tensor& transitions) {
      std::vector<torch::Tensor> pictures;
      for (std::int64_t i = 0; i < transitions.size(0); ++i) {
        const auto number = transitions[i].item<std::int64_t>();
        const auto size = context.view.size;
        pictures.push_back(
            torch::rand({context.encoder.channels, size, size},
                        at::detail::createCPUGenerator(static_cast<std::uint64_t>(number))));
      }
      return torch::stack(pictures);
    };
    reader.key_maps = [this, &reader](const torch::Tensor& transitions) {
      return key->Maps(reader.pixels(transitions));
    };
    reader.key_features = [this, &reader](const torch::Tensor& transitions) {
      return key->Features(reader.key_maps(transitions));
    };
    reader.stream = noise_stream;
    objective->Refresh(reader);
  }

  void Draw() { objective->DrawNoise(context.batch_size, noise_stream, noise); }

  torch::Tensor Loss(const replay::Batch& batch) {
    Encodings encodings(batch, noise, online, key, beside);
    metrics.clear();
    return objective->Loss(encodings, metrics);
  }

  /// To be called after the backward pass, as the learner does.
  void AfterStep(const replay::Batch& batch) {
    const torch::NoGradGuard no_grad;
    Encodings encodings(batch, noise, online, key, beside);
    objective->AfterStep(encodings);
  }

  /// All parameters that a step would move.
  std::vector<torch::Tensor> Trained() const {
    std::vector<torch::Tensor> trained = online->parameters();
    for (const auto& parameter : objective->parameters()) {
      if (parameter.requires_grad()) trained.push_back(parameter);
    }
    return trained;
  }

  ObjectiveContext context;
  std::shared_ptr<Objective> objective;
  PixelEncoder online{nullptr}, key{nullptr};
  SideStream beside{torch::kCPU};
  std::int64_t steps = 0;
  at::Generator noise_stream = at::detail::createCPUGenerator(2);
  NamedTensors noise, metrics;
};

}  // namespace curl_rl::encoders
