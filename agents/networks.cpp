#include "agents/networks.h"

#include "encoders/initialization.h"

namespace curl_rl::agents {

torch::nn::Sequential MakeMlp(std::int64_t in, std::int64_t hidden, std::int64_t out,
                              const at::Generator& stream) {
  torch::nn::Linear first(in, hidden);
  torch::nn::Linear second(hidden, hidden);
  torch::nn::Linear last(hidden, out);
  for (auto* linear : {&first, &second, &last}) encoders::InitLinear(*linear, stream);
  return torch::nn::Sequential(first, torch::nn::ReLU(torch::nn::ReLUOptions(true)), second,
                               torch::nn::ReLU(torch::nn::ReLUOptions(true)), last);
}

TwinQNetImpl::TwinQNetImpl(std::int64_t feature_dim, std::int64_t action_size, std::int64_t hidden,
                           const at::Generator& stream) {
  q1_ = register_module("q1", MakeMlp(feature_dim + action_size, hidden, 1, stream));
  q2_ = register_module("q2", MakeMlp(feature_dim + action_size, hidden, 1, stream));
}

TwinQ TwinQNetImpl::forward(const torch::Tensor& features, const torch::Tensor& action) {
  const auto input = torch::cat({features, action}, 1);
  return {q1_->forward(input), q2_->forward(input)};
}

ActorImpl::ActorImpl(const encoders::EncoderOptions& encoder, std::int64_t action_size,
                     std::int64_t hidden, const at::Generator& stream) {
  if (encoder.channels > 0) {
    projection_ = register_module("projection", encoders::Projection(encoder, stream));
  }
  trunk_ = register_module("trunk", MakeMlp(encoder.feature_dim, hidden, 2 * action_size, stream));
}

GaussianParameters ActorImpl::forward(const torch::Tensor& maps) {
  const auto features = projection_.is_empty() ? maps : projection_(maps);
  const auto halves = trunk_->forward(features).chunk(2, 1);
  return {halves[0], halves[1]};
}

}  // namespace curl_rl::agents
