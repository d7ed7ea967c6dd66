// The fixture of golden tests that call objectives as the learner does: features come in as views,
// the head is none.
#pragma once

#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"
#include "tests/encoders/recording.h"

namespace curl_rl::encoders {

class ObjectivesGolden : public Golden {
 protected:
  static void LeaveTheRest(Recording& recorded) {
    for (const auto& name : recorded.Names()) recorded.Raw(name);
  }

  void Place(ObjectiveFixture& on) const {
    on.objective->to(GetParam().device);
    // Module::to would make counters floating too.
    const auto convert = [&](torch::Tensor tensor) {
      if (tensor.is_floating_point()) tensor.set_data(tensor.to(GetParam().dtype));
    };
    for (const auto& buffer : on.objective->buffers()) convert(buffer);
    for (const auto& parameter : on.objective->parameters()) convert(parameter);
  }

  static ObjectiveContext ShapeOf(const torch::Tensor& features) {
    return ObjectiveFixture::Features(features.size(0), features.size(1));
  }

  // Loss of the objective on these features of its own view, `name`, and the observation.
  static torch::Tensor LossOf(ObjectiveFixture& on, const torch::Tensor& observation,
                              const std::string& name, const torch::Tensor& positive,
                              replay::Batch batch = {}) {
    const auto whole = torch::TensorOptions(torch::kInt64).device(observation.device());
    batch.tensors["observation"] = observation;
    batch.tensors[name] = positive;
    batch.tensors["transition"] = torch::arange(observation.size(0), whole) + 1000000;
    batch.tensors["episode_step"] = torch::zeros({observation.size(0)}, whole);
    return on.Loss(batch);
  }

  static void Set(ObjectiveFixture& on, const std::string& name, const torch::Tensor& value) {
    const torch::NoGradGuard no_grad;
    auto buffers = on.objective->named_buffers();
    if (buffers.contains(name)) {
      buffers[name].copy_(value);
    } else {
      on.objective->named_parameters()[name].copy_(value);
    }
  }

  static torch::Tensor Filled(std::int64_t rows) { return torch::tensor(rows, torch::kInt64); }
};

}  // namespace curl_rl::encoders
