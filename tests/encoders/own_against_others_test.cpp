// The pass over each anchor's rows on the CPU against the formula, in values and gradients, with
// unknown labels, none of a kind, and similarities that no exponential of float64 holds.
#include "encoders/losses/own_against_others.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>

namespace curl_rl::encoders {
namespace {

using torch::Tensor;
using Terms = OwnTerms (*)(const Tensor&, const Tensor&, const Tensor&, bool);

constexpr std::int64_t kAnchors = 37, kRows = 90;

struct Given {
  Tensor logits, anchor_labels, row_labels;
};

// Labels -1 .. 3, of which one class has anchors only and one rows only.
Given Draw(double size) {
  const auto stream = at::detail::createCPUGenerator(5);
  const auto logits = size * torch::randn({kAnchors, kRows}, stream, torch::kFloat64);
  auto row_labels = torch::randint(-1, 3, {kRows}, stream, torch::kInt64);
  row_labels.masked_fill_(row_labels.eq(2), 4);
  auto anchor_labels = row_labels.narrow(0, 0, kAnchors).clone();
  anchor_labels[0] = 3;
  return {logits, anchor_labels, row_labels};
}

struct Result {
  OwnTerms terms;
  Tensor gradient;  // of a sum with a weight of its own for each anchor
};

Result Of(Terms terms, const Given& given, bool among_themselves) {
  const auto logits = given.logits.detach().clone().requires_grad_(true);
  Result result;
  result.terms = terms(logits, given.anchor_labels, given.row_labels, among_themselves);
  const auto weights = torch::linspace(-1.0, 2.0, kAnchors, logits.options());
  const auto sum = result.terms.per_anchor.dot(weights.to(result.terms.per_anchor.dtype()));
  result.gradient = torch::autograd::grad({sum}, {logits}).at(0);
  return result;
}

TEST(OwnAgainstOthers, IsTheFormula) {
  for (const double size : {1.0, 100.0, 5000.0}) {
    for (const bool among_themselves : {false, true}) {
      const auto given = Draw(size);
      const auto ours = Of(&OwnAgainstOthers, given, among_themselves);
      const auto formula = Of(&OwnAgainstOthersByFormula, given, among_themselves);
      EXPECT_TRUE(ours.terms.positives.equal(formula.terms.positives));
      EXPECT_GT(ours.terms.positives.eq(0).sum().item<std::int64_t>(), 0);
      EXPECT_TRUE(ours.terms.per_anchor.allclose(formula.terms.per_anchor, 1e-13, 1e-13)) << size;
      EXPECT_TRUE(ours.gradient.isfinite().all().item<bool>()) << size;
      EXPECT_TRUE(ours.gradient.allclose(formula.gradient, 1e-12, 1e-14)) << size;
      EXPECT_GT(ours.gradient.abs().max().item<double>(), 0.0);
    }
  }
}

TEST(OwnAgainstOthers, WithoutOthersALossIsNothing) {
  auto given = Draw(3.0);
  given.row_labels.fill_(1);
  given.anchor_labels.fill_(1);
  const auto ours = Of(&OwnAgainstOthers, given, true);
  EXPECT_EQ(ours.terms.per_anchor.abs().max().item<double>(), 0.0);
  EXPECT_EQ(ours.gradient.abs().max().item<double>(), 0.0);
  EXPECT_TRUE(ours.terms.positives.eq(kRows - 1).all().item<bool>());
}

TEST(OwnAgainstOthers, KnowsFloat32AndAnyNumberOfThreads) {
  auto given = Draw(2.0);
  const auto exact = Of(&OwnAgainstOthers, given, true);
  given.logits = given.logits.to(torch::kFloat32).t().contiguous().t();  // columns one by one
  const int threads = at::get_num_threads();
  const auto ours = Of(&OwnAgainstOthers, given, true);
  at::set_num_threads(threads == 1 ? 2 : 1);
  const auto again = Of(&OwnAgainstOthers, given, true);
  at::set_num_threads(threads);
  EXPECT_TRUE(ours.terms.per_anchor.to(torch::kFloat64).allclose(exact.terms.per_anchor, 1e-5));
  EXPECT_TRUE(ours.gradient.to(torch::kFloat64).allclose(exact.gradient, 1e-4, 1e-7));
  EXPECT_TRUE(ours.terms.per_anchor.equal(again.terms.per_anchor));
  EXPECT_TRUE(ours.gradient.equal(again.gradient));
}

}  // namespace
}  // namespace curl_rl::encoders
