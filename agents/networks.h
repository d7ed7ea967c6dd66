// The heads: what stands behind the encoder's features.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

#include "encoders/pixel_encoder.h"

namespace curl_rl::agents {

/// Linear, ReLU, Linear, ReLU, Linear; orthogonal with gain 1, bias 0. Takes and gives float32
/// [B, in], [B, out]. The product of the hidden layers, nearly all of the work, is in `precision`;
/// parameters are float32 whatever it is, under the names 0, 2 and 4.
class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(std::int64_t in, std::int64_t hidden, std::int64_t out, torch::ScalarType precision,
          const at::Generator& stream);

  torch::Tensor forward(const torch::Tensor& input);

 private:
  torch::ScalarType precision_;
  torch::nn::Linear first_, hidden_, last_;
};
TORCH_MODULE(Mlp);

/// Two independent Q functions of (features, action).
struct TwinQ {
  torch::Tensor q1;  // [B, 1]
  torch::Tensor q2;  // [B, 1]
};

class TwinQNetImpl : public torch::nn::Module {
 public:
  TwinQNetImpl(std::int64_t feature_dim, std::int64_t action_size, std::int64_t hidden,
               torch::ScalarType precision, const at::Generator& stream);

  /// `features` [B, feature_dim], `action` [B, A].
  TwinQ forward(const torch::Tensor& features, const torch::Tensor& action);

 private:
  Mlp q1_{nullptr}, q2_{nullptr};
};
TORCH_MODULE(TwinQNet);

/// A diagonal Gaussian before squashing, both [B, A].
struct GaussianParameters {
  torch::Tensor mean;
  torch::Tensor raw_log_std;  // before it is squeezed into [log_std_min, log_std_max]
};

/// The two halves of what an actor of 2A outputs gives.
GaussianParameters AsGaussian(const torch::Tensor& outputs);

/// The policy: a projection of its own over the shared convolutions' maps, then an MLP.
class ActorImpl : public torch::nn::Module {
 public:
  /// `encoder.channels` 0: no projection, `maps` are the state vector [B, encoder.feature_dim].
  ActorImpl(const encoders::EncoderOptions& encoder, std::int64_t outputs, std::int64_t hidden,
            const at::Generator& stream);

  /// [B, outputs].
  torch::Tensor forward(const torch::Tensor& maps);

 private:
  encoders::Projection projection_{nullptr};
  Mlp trunk_{nullptr};
};
TORCH_MODULE(Actor);

}  // namespace curl_rl::agents
