// An objective of one's own, in this file alone; main.cpp puts it into a program, plugin.cpp into a
// library for curl-rl.
//
// Inverse dynamics (Pathak et al. 2017): which action lies between two observations? An encoder
// that can tell has kept what the agent controls, and need not have kept the rest.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "encoders/objective.h"

namespace inverse_dynamics {

using namespace curl_rl;

// 1. Settings: what a config may say under agent.inverse_dynamics.
struct Config {
  std::int64_t hidden = 256;

  static encoders::ObjectiveInfo Info() {
    return {"inverse_dynamics", "the action between two observations from both their features",
            "this example", encoders::Told::kPixels};
  }
  static encoders::ObjectiveCommon Common() { return {}; }  // weight, lr, update_freq, ...
  envs::Settings Describe() {
    return {{"hidden", &hidden, envs::Between(1, 65536), "units", "hidden layer of the predictor",
             envs::Role::kOutcome}};
  }
};

// 2. The objective.
class InverseDynamics final : public encoders::Objective {
 public:
  InverseDynamics(const Config& config, const encoders::ObjectiveCommon& common,
                  const encoders::ObjectiveContext& context)
      : common_(common), observation_(context.view), next_(context.view) {
    observation_.name = "observation";  // these two are the critic's own:
    next_.name = "next_observation";    // encoding them costs nothing more
    next_.of = replay::ViewOf::kNext;
    hidden_ = Register("hidden", 2 * context.encoder.feature_dim, config.hidden, context.stream);
    last_ = Register("last", config.hidden, context.action_size, context.stream);
  }

  std::vector<replay::View> Views() const override { return {observation_, next_}; }

  torch::Tensor Loss(encoders::Encodings& encodings, replay::NamedTensors& metrics) override {
    auto next = encodings.Features("next_observation");  // float32 [B, feature_dim], with gradient
    if (common_.shuffled_positives) next = encoders::ShuffleRows(next);
    const auto both = torch::cat({encodings.Features("observation"), next}, 1);
    const auto action = last_(hidden_(both).relu());  // [B, A]
    const auto loss = (action - encodings.batch().at("action")).square().mean();
    metrics["inverse_dynamics_loss"] = loss.detach();
    return loss;
  }

  std::vector<std::string> metric_names() const override { return {"inverse_dynamics_loss"}; }

 private:
  // Every random number comes from the run's seed, so never leave a layer as LibTorch drew it.
  torch::nn::Linear Register(const char* name, std::int64_t in, std::int64_t out,
                             at::Generator stream) {
    auto layer = register_module(name, torch::nn::Linear(in, out));
    const torch::NoGradGuard no_grad;
    layer->weight.normal_(0.0, 1.0 / std::sqrt(static_cast<double>(in)), std::move(stream));
    layer->bias.zero_();
    return layer;
  }

  encoders::ObjectiveCommon common_;
  replay::View observation_, next_;
  torch::nn::Linear hidden_{nullptr}, last_{nullptr};
};

// 3. How one becomes the other: found beside Config, by its name.
inline std::shared_ptr<encoders::Objective> Make(const Config& config,
                                                 const encoders::ObjectiveCommon& common,
                                                 const encoders::ObjectiveContext& context) {
  return std::make_shared<InverseDynamics>(config, common, context);
}

}  // namespace inverse_dynamics
