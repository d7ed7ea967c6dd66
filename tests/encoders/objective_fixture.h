// An objective with a small encoder, its momentum copy and batches of its views, as the learner
// would give them.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <memory>
#include <string>

#include "encoders/momentum.h"
#include "encoders/objective.h"
#include "tests/encoders/made_batch.h"

namespace curl_rl::encoders {

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
  at::Generator noise_stream = at::detail::createCPUGenerator(2);
  NamedTensors noise, metrics;
};

}  // namespace curl_rl::encoders
