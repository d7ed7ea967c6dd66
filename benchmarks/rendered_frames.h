// Frames of a task as random play shows them.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "experiments/play/agent_view.h"

namespace curl_rl::benchmarks {

/// `count` frames, uint8 [H, W, C] each, in the order in which they are seen.
inline std::vector<torch::Tensor> RenderFrames(const experiments::ExperimentConfig& config,
                                               int count) {
  experiments::AgentView view(config, 1);
  std::vector<torch::Tensor> frames;
  bool over = true;
  while (static_cast<int>(frames.size()) < count) {
    if (over) {
      view.Reset();
      over = false;
    } else {
      const auto action = torch::rand({view.action_size()}, torch::kFloat64) * 2.0 - 1.0;
      const auto* values = action.data_ptr<double>();
      over = view.Step({values, values + action.numel()}).last();
    }
    frames.push_back(view.observation().clone());
  }
  return frames;
}

}  // namespace curl_rl::benchmarks
