// Acting as one recorded CUDA graph: a decision is some seventy small operations on one
// observation, and to launch them costs more time than to do them.
#pragma once

#include <torch/types.h>

#include <functional>

#include "agents/step_graphs.h"

namespace curl_rl::agents {

class RecordedActing {
 public:
  /// `observation` as Agent::Act takes it, `noise` undefined or standard normal [N, A]; both on the
  /// device. Gives [N, A].
  using Policy =
      std::function<torch::Tensor(const torch::Tensor& observation, const torch::Tensor& noise)>;

  RecordedActing(const torch::Device& device, Policy policy)
      : policy_(std::move(policy)), device_(device), graphs_(device) {}

  /// What the policy gives, on the device. The graph is that of the first shape it is asked for: a
  /// run acts on one observation all the time; others are computed as they come.
  torch::Tensor operator()(const torch::Tensor& observation, const torch::Tensor& noise);

 private:
  Policy policy_;
  torch::Device device_;
  StepGraphs graphs_;
  torch::Tensor observation_, noise_;  // what the graphs read
};

}  // namespace curl_rl::agents
