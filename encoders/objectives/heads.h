// Heads: what stands between the encoder's features and a loss. Actor and critic never see them.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

#include "encoders/objectives/head_config.h"

namespace curl_rl::encoders {

/// A projection of features, or (kMlp) a predictor of projections. Orthogonal with gain 1, bias 0.
/// No BatchNorm, unlike the published heads: its statistics would leak between views and into the
/// momentum copy. Float32.
class HeadImpl : public torch::nn::Module {
 public:
  /// `in`: size of the features.
  HeadImpl(std::int64_t in, const HeadConfig& config, const at::Generator& stream);

  /// [B, in] to [B, out_dim()].
  torch::Tensor forward(const torch::Tensor& features);

  std::int64_t out_dim() const { return out_dim_; }

  /// The last layer, or none: for who writes out what a linear head gives.
  const torch::nn::Linear& last() const { return last_; }

 private:
  std::int64_t out_dim_;
  torch::nn::Linear hidden_{nullptr}, last_{nullptr};  // null: not of this kind
};
TORCH_MODULE(Head);

/// A predictor of `dim` numbers from `dim`, with a hidden layer of `hidden` units; 0: none, it
/// hands on what it is given.
Head MakePredictor(std::int64_t dim, std::int64_t hidden, const at::Generator& stream);

/// A momentum copy of `head` (same `in` and `config`): no gradient, moved by MomentumUpdate.
Head MomentumCopy(const Head& head, std::int64_t in, const HeadConfig& config);

}  // namespace curl_rl::encoders
