// Adam (Kingma and Ba 2015) as plain data and one pass over memory.
//
// torch::optim::Adam makes about ten passes over every parameter, one small kernel each, and keeps
// its state where a checkpoint can only reach it by pickle. Here gradients come in as an argument,
// the state is named tensors, and on the CPU one loop reads and writes each number once.
#pragma once

#include <torch/nn/module.h>
#include <torch/optim/adam.h>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/named_tensors.h"

namespace curl_rl::agents {

/// A parameter and its learning rate.
struct AdamParameter {
  std::string name;
  torch::Tensor value;  // float32 or float64
  double lr = 1e-3;
  double weight_decay = 0.0;  // of torch's Adam: that many times the value is added to the gradient
};

/// All parameters of `module` that require a gradient as `prefix`.<name>, with one learning rate.
std::vector<AdamParameter> ParametersOf(const torch::nn::Module& module, const std::string& prefix,
                                        double lr, double weight_decay = 0.0);

class Adam {
 public:
  explicit Adam(std::vector<AdamParameter> parameters, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8);

  /// The parameters' tensors, in order: what to differentiate by.
  const std::vector<torch::Tensor>& values() const { return values_; }

  /// One step. `gradients` in the order of values(); an undefined one leaves its parameter and its
  /// moments as they are, like a parameter without gradient in torch::optim.
  void Step(const std::vector<torch::Tensor>& gradients);

  /// d loss / d values() and Step. A parameter that `loss` does not depend on is left alone.
  void Minimize(const torch::Tensor& loss);

  /// Moments and step counts as `prefix`.<name>.{exp_avg,exp_avg_sq,steps}.
  void Save(const std::string& prefix, replay::NamedTensors& tensors) const;
  void Load(const std::string& prefix, const replay::NamedTensors& tensors);

 private:
  void StepOnGpu(const std::vector<torch::Tensor>& gradients);
  std::vector<std::size_t> StepInOnePass(const std::vector<torch::Tensor>& gradients);

  std::vector<AdamParameter> parameters_;
  std::vector<torch::Tensor> values_;
  std::vector<torch::Tensor> exp_avg_;     // first moments, like values_
  std::vector<torch::Tensor> exp_avg_sq_;  // second moments, like values_
  // Steps taken: a float32 scalar each beside its parameter (exact to 16.7 million), because a
  // recorded CUDA graph can count only on the device.
  std::vector<torch::Tensor> steps_;
  double beta1_, beta2_, eps_;
};

}  // namespace curl_rl::agents
