// The squashed Gaussian policy and the losses of soft actor-critic, against their formulas.
#include <gtest/gtest.h>

#include <cmath>

#include "agents/sac_losses.h"
#include "agents/squashed_gaussian.h"

namespace curl_rl::agents {
namespace {

GaussianParameters Gaussian(double mean, double raw_log_std) {
  return {torch::full({1, 1}, mean), torch::full({1, 1}, raw_log_std)};
}

SquashedGaussianOptions Exact() {
  SquashedGaussianOptions options;
  options.log_prob = LogProb::kExact;
  return options;
}

TEST(SquashedGaussian, TheDensityIntegratesToOne) {
  // Over the action by the trapezoid rule, through the noise that gives each action.
  double total = 0.0, previous_action = 0.0, previous_density = 0.0;
  for (int i = -800; i <= 800; ++i) {
    const double noise = 0.01 * i;
    const auto sample =
        SampleSquashedGaussian(Gaussian(0.3, -0.2), torch::full({1, 1}, noise), Exact());
    const double action = sample.action.item<double>();
    const double density = std::exp(sample.log_pi.item<double>());
    if (i > -800) total += 0.5 * (density + previous_density) * (action - previous_action);
    previous_action = action;
    previous_density = density;
  }
  EXPECT_NEAR(total, 1.0, 2e-3);  // the rule's step, and float32 near the ends
}

TEST(SquashedGaussian, BothFormsAgreeAwayFromSaturation) {
  const auto noise = torch::linspace(-1, 1, 21).unsqueeze(1);
  const GaussianParameters gaussian{torch::zeros({21, 1}), torch::full({21, 1}, -0.3)};
  SquashedGaussianOptions reference;
  const auto a = SampleSquashedGaussian(gaussian, noise, reference);
  const auto b = SampleSquashedGaussian(gaussian, noise, Exact());
  EXPECT_TRUE(torch::equal(a.action, b.action));
  // 1e-6 in the logarithm weighs 1e-6 / (1 - a^2): below 1e-4 for |a| < 0.99.
  EXPECT_LT((a.log_pi - b.log_pi).abs().max().item<double>(), 1e-4);
}

TEST(SquashedGaussian, LogStdIsSqueezedIntoItsRange) {
  SquashedGaussianOptions options;
  const auto noise = torch::zeros({1, 1});
  const auto log_std = [&](double raw) {
    return SampleSquashedGaussian(Gaussian(0, raw), noise, options).log_std.item<double>();
  };
  EXPECT_NEAR(log_std(-100.0), -10.0, 1e-5);
  EXPECT_NEAR(log_std(0.0), -4.0, 1e-5);
  EXPECT_NEAR(log_std(100.0), 2.0, 1e-5);
}

TEST(SquashedGaussian, ASaturatedActionHasAFiniteDensity) {
  for (const auto form : {LogProb::kReference, LogProb::kExact}) {
    SquashedGaussianOptions options;
    options.log_prob = form;
    const auto sample =
        SampleSquashedGaussian(Gaussian(50.0, 0.0), torch::full({1, 1}, 3.0), options);
    EXPECT_TRUE(std::isfinite(sample.log_pi.item<double>())) << envs::NameOf(form);
  }
}

TEST(SacLosses, AreTheFormulasOnNumbers) {
  const auto column = [](double a, double b) { return torch::tensor({{a}, {b}}, torch::kFloat64); };
  const TwinQ q{column(1, 2), column(3, -1)};
  const auto alpha = torch::tensor(0.5, torch::kFloat64);
  const auto target = TargetQ(column(10, 20), column(0.9, 0), q, alpha, column(-2, 7));
  EXPECT_DOUBLE_EQ(target[0].item<double>(), 10 + 0.9 * (1 + 0.5 * 2));
  EXPECT_DOUBLE_EQ(target[1].item<double>(), 20);  // the task ended: nothing is bootstrapped
  EXPECT_DOUBLE_EQ(CriticLoss(q, column(0, 0)).item<double>(), (1.0 + 4) / 2 + (9.0 + 1) / 2);
  EXPECT_DOUBLE_EQ(ActorLoss(alpha, column(2, 4), q).item<double>(), ((1.0 - 1) + (2 + 1)) / 2);
}

TEST(SacLosses, TheTemperatureRisesWhenEntropyIsBelowItsTarget) {
  const auto log_alpha = torch::tensor(0.0, torch::kFloat64).set_requires_grad(true);
  const auto log_pi = torch::full({4, 1}, 3.0);  // entropy -3, target -1: too little
  TemperatureLoss(log_alpha, log_pi, -1.0).backward();
  EXPECT_DOUBLE_EQ(log_alpha.grad().item<double>(), -2.0);  // exp(0) * (-3 + 1)
}

}  // namespace
}  // namespace curl_rl::agents
