// Layers of actor and critic: how they are built, initialised and evaluated.
#include "agents/networks.h"

#include "encoders/initialization.h"

namespace curl_rl::agents {

MlpImpl::MlpImpl(std::int64_t in, std::int64_t hidden, std::int64_t out,
                 torch::ScalarType precision, const at::Generator& stream)
    : precision_(precision), first_(in, hidden), hidden_(hidden, hidden), last_(hidden, out) {
  for (auto* linear : {&first_, &hidden_, &last_}) encoders::InitLinear(*linear, stream);
  register_module("0", first_);
  register_module("2", hidden_);
  register_module("4", last_);
}

torch::Tensor MlpImpl::forward(const torch::Tensor& input) {
  const auto before = first_(input).relu_();
  // On a GPU TF32 (where it is asked for by any precision but float32) beats bfloat16 here: there
  // the product is shorter than its casts.
  const auto type = input.is_cuda() ? torch::kFloat32 : precision_;
  const auto after =
      torch::linear(before.to(type), hidden_->weight.to(type), hidden_->bias.to(type)).relu_();
  return last_(after.to(torch::kFloat32));
}

TwinQNetImpl::TwinQNetImpl(std::int64_t feature_dim, std::int64_t action_size, std::int64_t hidden,
                           torch::ScalarType precision, const at::Generator& stream) {
  const auto in = feature_dim + action_size;
  q1_ = register_module("q1", Mlp(in, hidden, 1, precision, stream));
  q2_ = register_module("q2", Mlp(in, hidden, 1, precision, stream));
}

TwinQ TwinQNetImpl::forward(const torch::Tensor& features, const torch::Tensor& action) {
  const auto input = torch::cat({features, action}, 1);
  return {q1_(input), q2_(input)};
}

GaussianParameters AsGaussian(const torch::Tensor& outputs) {
  const auto halves = outputs.chunk(2, 1);
  return {halves[0], halves[1]};
}

ActorImpl::ActorImpl(const encoders::EncoderOptions& encoder, std::int64_t outputs,
                     std::int64_t hidden, const at::Generator& stream) {
  if (encoder.channels > 0) {
    projection_ = register_module("projection", encoders::Projection(encoder, stream));
  }
  trunk_ = register_module("trunk",
                           Mlp(encoder.feature_dim, hidden, outputs, encoder.precision, stream));
}

torch::Tensor ActorImpl::forward(const torch::Tensor& maps) {
  return trunk_(projection_.is_empty() ? maps : projection_(maps));
}

}  // namespace curl_rl::agents
