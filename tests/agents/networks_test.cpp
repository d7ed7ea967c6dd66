// The networks of actor and critic: layers, names, precision.
#include "agents/networks.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <string>
#include <vector>

#include "replay/random_stream.h"

namespace curl_rl::agents {
namespace {

constexpr std::int64_t kIn = 10, kHidden = 256, kOut = 3, kRows = 64;

Mlp MakeMlp(torch::ScalarType precision) {
  Mlp mlp(kIn, kHidden, kOut, precision,
          replay::MakeStream(1, replay::StreamPurpose::kInitialization));
  torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  for (auto& parameter : mlp->parameters()) {
    if (parameter.dim() == 1) parameter.normal_();  // biases, which start at 0
  }
  return mlp;
}

struct Result {
  torch::Tensor output;
  std::vector<torch::Tensor> gradients;
};

Result Evaluate(Mlp& mlp) {
  torch::manual_seed(3);
  const auto output = mlp(torch::randn({kRows, kIn}));
  return {output.detach(), torch::autograd::grad({output.pow(2).sum()}, mlp->parameters())};
}

double RelativeError(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST(Mlp, IsThreeLinearLayersUnderTheReferencesNames) {
  auto mlp = MakeMlp(torch::kFloat32);
  std::vector<std::string> names;
  for (const auto& item : mlp->named_parameters()) names.push_back(item.key());
  const std::vector<std::string> expected = {"0.weight", "0.bias",   "2.weight",
                                             "2.bias",   "4.weight", "4.bias"};
  ASSERT_EQ(names, expected);
  const auto p = mlp->parameters();
  torch::manual_seed(3);
  auto exact = torch::randn({kRows, kIn}).to(torch::kFloat64);
  for (int layer = 0; layer < 3; ++layer) {
    exact = torch::linear(exact, p[2 * layer].to(torch::kFloat64),
                          p[2 * layer + 1].to(torch::kFloat64));
    if (layer < 2) exact = exact.relu();
  }
  EXPECT_LT(RelativeError(Evaluate(mlp).output, exact), 1e-5);
}

// Only the hidden product is in bfloat16: what goes in and comes out of it is rounded by at most
// 2^-9 each, and its gradients likewise; here and there a ReLU falls on the other side of zero.
// Seen: 0.003 for the output, 0.01 for gradients but 0.05 for the first, whose terms nearly cancel.
TEST(Mlp, Bfloat16IsNearFloat32) {
  auto exact = MakeMlp(torch::kFloat32), rounded = MakeMlp(torch::kBFloat16);
  const auto a = Evaluate(rounded), b = Evaluate(exact);
  EXPECT_EQ(a.output.scalar_type(), torch::kFloat32);
  EXPECT_GT(RelativeError(a.output, b.output), 1e-4);  // it is not float32 after all
  EXPECT_LT(RelativeError(a.output, b.output), 0.01);
  for (std::size_t i = 0; i < a.gradients.size(); ++i) {
    EXPECT_EQ(a.gradients[i].scalar_type(), torch::kFloat32) << i;
    EXPECT_LT(RelativeError(a.gradients[i], b.gradients[i]), 0.1) << i;
  }
}

}  // namespace
}  // namespace curl_rl::agents
