// The pictures of a batch that go through augmentations before the encoder sees them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "agents/augment_config.h"
#include "encoders/objective.h"
#include "replay/view.h"

namespace curl_rl::agents {

class AugmentedViews {
 public:
  /// `views`: all of a batch; `critic`: those of them that the critic looks at, in pairs of
  /// observations and next ones of the same number; `objectives`: those that objectives look at.
  /// `side`: of these pictures. `seed`: the run's; numbers come from a stream of their own. Throws
  /// std::invalid_argument that names the key for what cannot work.
  AugmentedViews(const AugmentConfig& config, std::int64_t side,
                 const std::vector<replay::View>& views, const std::vector<std::string>& critic,
                 const std::vector<std::string>& objectives, std::uint64_t seed,
                 const torch::Device& device);

  bool any() const { return !names_.empty(); }

  /// Whether the objectives see other pictures than the critic under the same names.
  bool apart() const { return any() && config_.views == AugmentViews::kBoth; }

  /// Draws what Apply needs for `batch` into `noise`, as augment.<view>.<n>.<name>; its memory is
  /// used again: a recorded step reads it there.
  void DrawNoise(const replay::Batch& batch, encoders::NamedTensors& noise);

  /// Puts the augmented pictures in the place of the batch's.
  void Apply(const replay::Batch& batch, const encoders::NamedTensors& noise,
             encoders::Encodings& encodings) const;

  /// What of a picture is seen when acting, and in passes over the memory.
  torch::Tensor Seen(const torch::Tensor& pixels) const;

  at::Generator& stream() { return stream_; }
  const at::Generator& stream() const { return stream_; }

 private:
  AugmentConfig config_;
  std::vector<std::string> names_;    // of the views that are augmented
  std::vector<std::string> sources_;  // whose place a translated picture takes, each
  at::Generator stream_;
};

}  // namespace curl_rl::agents
