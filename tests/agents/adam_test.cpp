// Adam's steps beside LibTorch's, and the body of their CUDA kernel run on the CPU.
#include "agents/adam.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include <vector>

#include "encoders/parameter_passes_kernel.h"

namespace curl_rl::agents {
namespace {

// Ten steps beside torch::optim::Adam. Both compute in the parameter's type; the order of the few
// operations differs: some ulps (2^-23, 2^-52) a step.
void ExpectTheStepsOfTorch(torch::ScalarType dtype, double beta1, double tolerance) {
  torch::manual_seed(1);
  auto ours = torch::randn({40, 1000}, dtype);
  auto theirs = ours.clone().set_requires_grad(true);
  Adam adam({{"p", ours, 1e-2}}, beta1);
  torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(1e-2).betas({beta1, 0.999}));
  for (int step = 0; step < 10; ++step) {
    const auto gradient = torch::randn_like(ours);
    theirs.mutable_grad() = gradient;
    reference.step();
    adam.Step({gradient});
  }
  EXPECT_LT((ours - theirs).abs().max().item<double>(), tolerance);
}

TEST(Adam, TakesTheStepsOfTorchInFloat32) { ExpectTheStepsOfTorch(torch::kFloat32, 0.9, 2e-6); }
TEST(Adam, TakesTheStepsOfTorchInFloat64) { ExpectTheStepsOfTorch(torch::kFloat64, 0.5, 1e-14); }

// Tensors of several sizes, rates and decays in one pass, three steps, beside Adam on the CPU.
TEST(AdamPass, TakesTheStepsOfAdam) {
  const std::vector<std::int64_t> sizes = {5, encoders::kPassChunk + 3};
  const std::vector<double> rates = {1e-2, 1e-3}, decays = {0.0, 1e-2};
  torch::manual_seed(3);
  std::vector<AdamParameter> parameters;
  std::vector<torch::Tensor> values, exp_avg, exp_avg_sq, steps;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    values.push_back(torch::randn({sizes[i]}));
    parameters.push_back({"p", values.back().clone(), rates[i], decays[i]});
    exp_avg.push_back(torch::zeros({sizes[i]}));
    exp_avg_sq.push_back(torch::zeros({sizes[i]}));
    steps.push_back(torch::zeros({}));
  }
  Adam adam(parameters, 0.9);
  for (int step = 0; step < 3; ++step) {
    const std::vector<torch::Tensor> gradients = {torch::randn({sizes[0]}),
                                                  torch::randn({sizes[1]})};
    adam.Step(gradients);
    encoders::AdamPass pass{{}, 0, 0.9, 0.999, 1e-8};
    int blocks = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      steps[i].add_(1);
      pass.tensors[pass.count++] = {values[i].data_ptr<float>(),
                                    gradients[i].data_ptr<float>(),
                                    exp_avg[i].data_ptr<float>(),
                                    exp_avg_sq[i].data_ptr<float>(),
                                    steps[i].data_ptr<float>(),
                                    sizes[i],
                                    static_cast<float>(rates[i]),
                                    static_cast<float>(decays[i]),
                                    blocks};
      blocks += encoders::PassBlocks(sizes[i]);
    }
    for (int block = 0; block < blocks; ++block) {
      const auto& tensor = pass.tensors[encoders::TensorOfBlock(pass, block)];
      const auto constants = encoders::ConstantsOf(pass, tensor);
      for (int thread = 0; thread < encoders::kPassThreads; ++thread) {
        encoders::AdamNumbers(pass, tensor, constants, block, thread);
      }
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_TRUE(torch::allclose(values[i], adam.values()[i], 1e-5, 1e-6)) << sizes[i];
    }
  }
}

TEST(Adam, TakesTheSameStepsOnTheGpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  torch::manual_seed(4);
  // More parameters than one launch takes, of two types.
  std::vector<AdamParameter> here, there;
  for (int i = 0; i < encoders::kPassTensors + 5; ++i) {
    const auto type = i == 7 ? torch::kFloat64 : torch::kFloat32;
    const auto value = torch::randn({100 + 997 * i}, type);
    const double lr = i % 2 == 0 ? 1e-2 : 1e-3;
    here.push_back({"p", value.clone(), lr, i % 3 == 0 ? 1e-2 : 0.0});
    there.push_back({"p", value.cuda(), lr, i % 3 == 0 ? 1e-2 : 0.0});
  }
  Adam on_cpu(here), on_gpu(there);
  for (int step = 0; step < 3; ++step) {
    std::vector<torch::Tensor> gradients, gradients_there;
    for (const auto& parameter : here) {
      gradients.push_back(torch::randn_like(parameter.value));
      gradients_there.push_back(gradients.back().cuda());
    }
    on_cpu.Step(gradients);
    on_gpu.Step(gradients_there);
  }
  for (std::size_t i = 0; i < here.size(); ++i) {
    EXPECT_TRUE(torch::allclose(on_gpu.values()[i].cpu(), on_cpu.values()[i], 1e-5, 1e-6)) << i;
  }
}

TEST(Adam, TwiceTheRateIsTwoEqualAdams) {
  torch::manual_seed(1);
  auto once = torch::randn({100}, torch::kFloat64);
  auto twice = once.clone();
  Adam doubled({{"p", once, 2e-3}});
  Adam first({{"p", twice, 1e-3}});
  Adam second({{"p", twice, 1e-3}});
  for (int step = 0; step < 20; ++step) {
    const auto gradient = torch::randn_like(once);
    doubled.Step({gradient});
    first.Step({gradient});
    second.Step({gradient});
  }
  EXPECT_LT((once - twice).abs().max().item<double>(), 1e-14);
}

TEST(Adam, LeavesAParameterWithoutGradientAlone) {
  auto used = torch::ones({3}).set_requires_grad(true);
  auto unused = torch::ones({3}).set_requires_grad(true);
  Adam adam({{"used", used, 0.1}, {"unused", unused, 0.1}});
  adam.Minimize(used.pow(2).sum());
  EXPECT_LT(used[0].item<double>(), 1.0);
  EXPECT_TRUE(torch::equal(unused, torch::ones({3})));
  replay::NamedTensors state;
  adam.Save("adam", state);
  EXPECT_EQ(state.at("adam.used.steps").item<std::int64_t>(), 1);
  EXPECT_EQ(state.at("adam.unused.steps").item<std::int64_t>(), 0);
}

TEST(Adam, TakesGradientsInChannelsLastMemory) {
  auto plain = torch::zeros({4, 3, 3, 3});
  auto strided = torch::zeros({4, 3, 3, 3});
  const auto gradient = torch::randn({4, 3, 3, 3});
  Adam({{"p", plain, 0.1}}).Step({gradient});
  Adam({{"p", strided, 0.1}}).Step({gradient.contiguous(torch::MemoryFormat::ChannelsLast)});
  EXPECT_TRUE(torch::equal(plain, strided));
}

TEST(Adam, RefusesAnotherNumberOfGradients) {
  Adam adam({{"p", torch::zeros({1}), 0.1}});
  EXPECT_THROW(adam.Step({}), c10::Error);
}

}  // namespace
}  // namespace curl_rl::agents
