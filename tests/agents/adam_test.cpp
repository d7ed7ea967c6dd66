#include "agents/adam.h"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

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
