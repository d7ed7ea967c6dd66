#include "encoders/momentum.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

namespace curl_rl::encoders {
namespace {

TEST(MomentumUpdate, MovesTheSlowCopyByTau) {
  torch::nn::Linear online(3, 2);
  torch::nn::Linear slow(3, 2);
  StartAsCopy(*online, *slow);
  EXPECT_TRUE(torch::equal(online->weight, slow->weight));
  EXPECT_FALSE(slow->weight.requires_grad());
  {
    torch::NoGradGuard no_grad;
    online->weight.add_(1.0);
  }
  const auto expected = 0.05 * online->weight + 0.95 * slow->weight;
  MomentumUpdate(*online, *slow, 0.05);
  EXPECT_TRUE(torch::allclose(slow->weight, expected, 1e-6, 1e-7));
  MomentumUpdate(*online, *slow, 1.0);
  EXPECT_TRUE(torch::allclose(slow->weight, online->weight, 1e-6, 1e-7));
}

TEST(StartAsCopy, RefusesAnotherNumberOfParameters) {
  torch::nn::Linear online(3, 2);
  torch::nn::Linear without_bias(torch::nn::LinearOptions(3, 2).bias(false));
  EXPECT_THROW(StartAsCopy(*online, *without_bias), c10::Error);
}

}  // namespace
}  // namespace curl_rl::encoders
