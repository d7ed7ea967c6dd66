// Golden tensors of tests/golden/contrastive/ beside what this project computes, in one dtype and
// on one device. Nothing here knows a file's sizes or settings: another folder of the same form is
// read by naming it in CURL_RL_CONTRASTIVE_GOLDEN.
#pragma once

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "encoders/losses/softmax.h"
#include "experiments/checkpoints/safetensors.h"

namespace curl_rl::encoders {

/// What a golden test computes in.
struct Numbers {
  std::string name;
  torch::ScalarType dtype;
  torch::Device device;
};

inline void PrintTo(const Numbers& numbers, std::ostream* out) { *out << numbers.name; }

inline std::vector<Numbers> AllNumbers() {
  std::vector<Numbers> all = {{"Float64", torch::kFloat64, torch::kCPU},
                              {"Float32", torch::kFloat32, torch::kCPU}};
  if (torch::cuda::is_available()) {
    all.push_back({"CudaFloat64", torch::kFloat64, torch::kCUDA});
    all.push_back({"CudaFloat32", torch::kFloat32, torch::kCUDA});
  }
  return all;
}

class Recording {
 public:
  Recording(const std::string& file, const Numbers& numbers) : file_(file), numbers_(numbers) {
    const char* folder = std::getenv("CURL_RL_CONTRASTIVE_GOLDEN");
    const std::string path =
        folder != nullptr ? folder : CURL_RL_SOURCE_DIR "/tests/golden/contrastive";
    tensors_ = experiments::ReadSafetensors(path + "/" + file + ".safetensors");
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  /// Nothing recorded may go unlooked at.
  ~Recording() {
    for (const auto& [name, tensor] : tensors_) {
      EXPECT_EQ(used_.count(name), 1) << file_ << ": '" << name << "' was never compared";
    }
  }

  const torch::Tensor& Raw(const std::string& name) {
    used_.insert(name);
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw std::runtime_error(file_ + " has no '" + name + "'");
    return found->second;
  }

  double Number(const std::string& name) { return Raw(name).item<double>(); }
  std::int64_t Whole(const std::string& name) { return Raw(name).item<std::int64_t>(); }

  /// An input: numbers in the tested dtype, with gradient; indices and labels as they are.
  torch::Tensor Input(const std::string& name) {
    auto& input = inputs_[name];
    if (!input.defined()) {
      input = Raw(name).to(numbers_.device).clone();
      if (input.is_floating_point()) {
        input = input.to(numbers_.dtype).detach().requires_grad_(true);
      }
    }
    return input;
  }

  torch::Tensor Mask(const std::string& name) { return Input(name).to(torch::kBool); }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }

  /// Float64 to `tolerance` of the recorded tensor's largest entry, float32 to 1e-5 of the larger
  /// of 1 and that: both leave a few roundings of the sums within. Whole numbers exactly.
  void Expect(const std::string& name, const torch::Tensor& ours, double tolerance = 1e-12) {
    const auto& recorded = Raw(name);
    ASSERT_EQ(ours.sizes(), recorded.sizes()) << file_ << " " << name;
    if (!recorded.is_floating_point()) {
      EXPECT_TRUE(ours.detach().cpu().to(recorded.dtype()).equal(recorded)) << file_ << " " << name;
      return;
    }
    EXPECT_EQ(ours.scalar_type(), numbers_.dtype) << file_ << " " << name;
    const auto difference = ours.detach().cpu().to(torch::kFloat64) - recorded;
    double scale = recorded.abs().max().item<double>();
    if (numbers_.dtype == torch::kFloat32) {
      scale = std::max(1.0, scale);
      tolerance = 1e-5;
    }
    EXPECT_LE(difference.abs().max().item<double>(), tolerance * scale) << file_ << " " << name;
  }

  /// Every gradient recorded under `prefix` ("" or "part."): prefix + "grad.<input>".
  void ExpectGradients(const std::string& prefix, const torch::Tensor& loss) {
    const std::string start = prefix + "grad.";
    int found = 0;
    for (const auto& [name, recorded] : tensors_) {
      if (name.compare(0, start.size(), start) != 0) continue;
      const auto gradient =
          torch::autograd::grad({loss}, {Input(name.substr(start.size()))}, {}, true);
      Expect(name, gradient.at(0));
      ++found;
    }
    EXPECT_GT(found, 0) << file_ << ": no gradient under '" << start << "'";
  }

  void ExpectLoss(const std::string& prefix, const torch::Tensor& loss) {
    Expect(prefix + "loss", loss);
    ExpectGradients(prefix, loss);
  }

  /// The loss and what else of it is recorded: per_row, logits, accuracy, gradients.
  void ExpectSoftmax(const std::string& prefix, const SoftmaxLoss& ours) {
    ExpectLoss(prefix, ours.loss);
    if (tensors_.count(prefix + "per_row") == 1) Expect(prefix + "per_row", ours.per_row);
    if (tensors_.count(prefix + "logits") == 1) Expect(prefix + "logits", ours.logits);
    if (tensors_.count(prefix + "accuracy") == 1) Expect(prefix + "accuracy", ours.accuracy);
  }

 private:
  std::string file_;
  Numbers numbers_;
  std::map<std::string, torch::Tensor> tensors_;
  std::map<std::string, torch::Tensor> inputs_;
  std::set<std::string> used_;
};

/// A golden test runs once in each dtype and on each device there is.
class Golden : public testing::TestWithParam<Numbers> {
 protected:
  torch::TensorOptions Whole() const {
    return torch::TensorOptions(torch::kInt64).device(GetParam().device);
  }
};

inline std::string NumbersName(const testing::TestParamInfo<Numbers>& info) {
  return info.param.name;
}

}  // namespace curl_rl::encoders
