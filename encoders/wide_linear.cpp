// LibTorch's linear, and its padded form with the gradients written out.
#include "encoders/wide_linear.h"

#include <torch/autograd.h>

namespace curl_rl::encoders {
namespace {

class PaddedLinear : public torch::autograd::Function<PaddedLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& maps,
                               const torch::Tensor& weight, const torch::Tensor& bias) {
    const auto out = weight.size(0);
    const auto rows = (out + 7) / 8 * 8;
    auto padded = torch::empty({rows, weight.size(1)}, maps.options());
    padded.narrow(0, 0, out).copy_(weight);  // casts on the way
    padded.narrow(0, out, rows - out).zero_();
    context->save_for_backward({maps, padded});
    context->saved_data["out"] = out;
    context->saved_data["by_maps"] = maps.requires_grad();
    return maps.matmul(padded.t()).narrow(1, 0, out) + bias.to(maps.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &maps = saved[0], &padded = saved[1];
    const auto out = context->saved_data["out"].toInt();
    const auto gradient = torch::constant_pad_nd(gradients[0], {0, padded.size(0) - out});
    torch::Tensor by_maps;
    if (context->saved_data["by_maps"].toBool()) by_maps = gradient.matmul(padded);
    return {by_maps, gradient.t().matmul(maps).narrow(0, 0, out).to(torch::kFloat32),
            gradients[0].sum({0}, /*keepdim=*/false, torch::kFloat32)};
  }
};

}  // namespace

torch::Tensor WideLinear(const torch::Tensor& maps, const torch::Tensor& weight,
                         const torch::Tensor& bias) {
  const auto dtype = maps.scalar_type();
  if (maps.is_cuda() && dtype == torch::kBFloat16 && weight.size(0) % 8 != 0) {
    return PaddedLinear::apply(maps, weight, bias);
  }
  return torch::linear(maps, weight.to(dtype), bias.to(dtype));
}

}  // namespace curl_rl::encoders
