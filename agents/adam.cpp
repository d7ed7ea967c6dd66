// Adam's step: a fused loop shared among threads on the CPU, LibTorch's fused kernel on a GPU.
#include "agents/adam.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>
#include <map>
#include <utility>

#include "replay/vector_clones.h"

#ifdef CURL_RL_CUDA_KERNEL
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "encoders/parameter_passes_cuda.h"
#endif

namespace curl_rl::agents {
namespace {

// What is the same for all elements of one parameter in one step.
struct StepConstants {
  double beta1, beta2, eps, step_size, sqrt_correction2;
};

// Elements `begin` .. `end` - 1 of a parameter, its gradient and its two moments, in one pass.
CURL_RL_VECTOR_CLONES
void StepRange(float* p, const float* g, float* m, float* v, std::int64_t begin, std::int64_t end,
               const StepConstants& c) {
  const auto beta1 = static_cast<float>(c.beta1);
  const auto beta2 = static_cast<float>(c.beta2);
  const auto rest1 = static_cast<float>(1.0 - c.beta1);
  const auto rest2 = static_cast<float>(1.0 - c.beta2);
  const auto eps = static_cast<float>(c.eps);
  const auto step_size = static_cast<float>(c.step_size);
  const auto correction = static_cast<float>(c.sqrt_correction2);
  for (std::int64_t i = begin; i < end; ++i) {
    m[i] = m[i] * beta1 + g[i] * rest1;
    v[i] = v[i] * beta2 + g[i] * g[i] * rest2;
    p[i] -= step_size * m[i] / (std::sqrt(v[i]) / correction + eps);
  }
}

void StepOnCpu(torch::Tensor& value, const torch::Tensor& gradient, torch::Tensor& exp_avg,
               torch::Tensor& exp_avg_sq, const StepConstants& c) {
  auto* p = value.data_ptr<float>();
  const auto* g = gradient.data_ptr<float>();
  auto* m = exp_avg.data_ptr<float>();
  auto* v = exp_avg_sq.data_ptr<float>();
  constexpr std::int64_t kGrain = 32768;  // elements: a part worth a thread
  at::parallel_for(0, value.numel(), kGrain, [=](std::int64_t begin, std::int64_t end) {
    StepRange(p, g, m, v, begin, end, c);
  });
}

// The same by tensor operations, for other types.
void StepByTensors(torch::Tensor& value, const torch::Tensor& gradient, torch::Tensor& exp_avg,
                   torch::Tensor& exp_avg_sq, const StepConstants& c) {
  exp_avg.mul_(c.beta1).add_(gradient, 1.0 - c.beta1);
  exp_avg_sq.mul_(c.beta2).addcmul_(gradient, gradient, 1.0 - c.beta2);
  value.addcdiv_(exp_avg, exp_avg_sq.sqrt().div_(c.sqrt_correction2).add_(c.eps), -c.step_size);
}

}  // namespace

std::vector<AdamParameter> ParametersOf(const torch::nn::Module& module, const std::string& prefix,
                                        double lr, double weight_decay) {
  std::vector<AdamParameter> parameters;
  for (const auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    parameters.push_back({prefix + "." + item.key(), item.value(), lr, weight_decay});
  }
  return parameters;
}

Adam::Adam(std::vector<AdamParameter> parameters, double beta1, double beta2, double eps)
    : parameters_(std::move(parameters)), beta1_(beta1), beta2_(beta2), eps_(eps) {
  for (const auto& parameter : parameters_) {
    values_.push_back(parameter.value);
    exp_avg_.push_back(torch::zeros_like(parameter.value).detach());
    exp_avg_sq_.push_back(torch::zeros_like(parameter.value).detach());
    steps_.push_back(torch::zeros({}, torch::TensorOptions().device(parameter.value.device())));
  }
}

void Adam::Step(const std::vector<torch::Tensor>& gradients) {
  torch::NoGradGuard no_grad;
  TORCH_CHECK(gradients.size() == values_.size(), "Adam::Step: got ", gradients.size(),
              " gradients for ", values_.size(), " parameters");
  if (!values_.empty() && values_[0].is_cuda()) return StepOnGpu(gradients);
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const double step = steps_[i].add_(1).item<float>();
    const StepConstants constants{beta1_, beta2_, eps_,
                                  parameters_[i].lr / (1.0 - std::pow(beta1_, step)),
                                  std::sqrt(1.0 - std::pow(beta2_, step))};
    // A convolution's gradient may come in channels-last order; the loop wants the parameter's.
    auto gradient = gradients[i].contiguous();
    const double decay = parameters_[i].weight_decay;
    if (decay != 0.0) gradient = gradient.add(values_[i], decay);
    if (values_[i].device().is_cpu() && values_[i].scalar_type() == torch::kFloat32) {
      StepOnCpu(values_[i], gradient, exp_avg_[i], exp_avg_sq_[i], constants);
    } else {
      StepByTensors(values_[i], gradient, exp_avg_[i], exp_avg_sq_[i], constants);
    }
  }
}

#ifdef CURL_RL_CUDA_KERNEL
// One launch for as many parameters as its arguments have room for. Returns those that are left to
// LibTorch's kernel: of other types.
std::vector<std::size_t> Adam::StepInOnePass(const std::vector<torch::Tensor>& gradients) {
  std::vector<std::size_t> left;
  std::vector<torch::Tensor> steps, alive;
  std::vector<encoders::AdamPass> passes;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    if (values_[i].scalar_type() != torch::kFloat32 || !values_[i].is_contiguous()) {
      left.push_back(i);
      continue;
    }
    if (passes.empty() || passes.back().count == encoders::kPassTensors) {
      passes.push_back({{}, 0, beta1_, beta2_, eps_});
    }
    auto& tensor = passes.back().tensors[passes.back().count++];
    alive.push_back(gradients[i].contiguous());
    steps.push_back(steps_[i]);
    tensor.value = values_[i].data_ptr<float>();
    tensor.gradient = alive.back().data_ptr<float>();
    tensor.exp_avg = exp_avg_[i].data_ptr<float>();
    tensor.exp_avg_sq = exp_avg_sq_[i].data_ptr<float>();
    tensor.steps = steps_[i].data_ptr<float>();
    tensor.size = values_[i].numel();
    tensor.lr = static_cast<float>(parameters_[i].lr);
    tensor.weight_decay = static_cast<float>(parameters_[i].weight_decay);
  }
  if (passes.empty()) return left;
  const c10::cuda::CUDAGuard guard(values_[0].device());
  torch::_foreach_add_(steps, 1);
  for (const auto& pass : passes) {
    const char* error = encoders::LaunchAdam(pass, c10::cuda::getCurrentCUDAStream().stream());
    TORCH_CHECK(error == nullptr, "Adam's step on ", values_[0].device(), ": ", error);
  }
  return left;
}
#else
std::vector<std::size_t> Adam::StepInOnePass(const std::vector<torch::Tensor>& gradients) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (gradients[i].defined()) all.push_back(i);
  }
  return all;
}
#endif

// Else LibTorch's fused Adam: one kernel for all parameters of one learning rate. Nothing is read
// back.
void Adam::StepOnGpu(const std::vector<torch::Tensor>& gradients) {
  std::map<std::pair<double, double>, std::vector<std::size_t>> by_rates;
  for (const std::size_t i : StepInOnePass(gradients)) {
    by_rates[{parameters_[i].lr, parameters_[i].weight_decay}].push_back(i);
  }
  for (const auto& [rates, indices] : by_rates) {
    std::vector<torch::Tensor> values, like_values, exp_avg, exp_avg_sq, steps;
    for (const std::size_t i : indices) {
      values.push_back(values_[i]);
      like_values.push_back(gradients[i].contiguous());
      exp_avg.push_back(exp_avg_[i]);
      exp_avg_sq.push_back(exp_avg_sq_[i]);
      steps.push_back(steps_[i]);
    }
    torch::_foreach_add_(steps, 1);
    torch::_fused_adam_(values, like_values, exp_avg, exp_avg_sq, /*max_exp_avg_sqs=*/{}, steps,
                        rates.first, beta1_, beta2_, rates.second, eps_, /*amsgrad=*/false,
                        /*maximize=*/false);
  }
}

void Adam::Minimize(const torch::Tensor& loss) {
  Step(torch::autograd::grad({loss}, values_, /*grad_outputs=*/{}, /*retain_graph=*/c10::nullopt,
                             /*create_graph=*/false, /*allow_unused=*/true));
}

void Adam::Save(const std::string& prefix, replay::NamedTensors& tensors) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto name = prefix + "." + parameters_[i].name;
    tensors[name + ".exp_avg"] = exp_avg_[i];
    tensors[name + ".exp_avg_sq"] = exp_avg_sq_[i];
    tensors[name + ".steps"] = steps_[i].to(torch::kCPU, torch::kInt64);
  }
}

void Adam::Load(const std::string& prefix, const replay::NamedTensors& tensors) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto name = prefix + "." + parameters_[i].name;
    exp_avg_[i].copy_(replay::Get(tensors, name + ".exp_avg"));
    exp_avg_sq_[i].copy_(replay::Get(tensors, name + ".exp_avg_sq"));
    steps_[i].copy_(replay::Get(tensors, name + ".steps"));
  }
}

}  // namespace curl_rl::agents
