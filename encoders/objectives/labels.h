// Classes of observations by the rewards that follow them.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "encoders/objectives/label_config.h"
#include "replay/view.h"

namespace curl_rl::encoders {

/// Bins of rewards, or of times, as a batch tells them.
class Labels {
 public:
  /// `action_repeat`: env steps of a decision, over which the replay sums rewards. Throws
  /// std::invalid_argument that begins with "label." for a range that is none, one bin, or more
  /// phases than an episode has decisions.
  Labels(const LabelConfig& config, std::int64_t action_repeat);

  /// What the batch must reach (Objective::horizon).
  std::int64_t horizon() const;
  std::int64_t bins() const { return config_.bins; }

  /// int64 [B] in 0 .. bins-1.
  torch::Tensor Of(const replay::Batch& batch) const;

  /// Entropy of the bins' shares among `labels` over ln bins: 0, all are of one bin, 1, of all
  /// alike.
  torch::Tensor Entropy(const torch::Tensor& labels) const;

 private:
  LabelConfig config_;
  std::int64_t action_repeat_;
};

}  // namespace curl_rl::encoders
