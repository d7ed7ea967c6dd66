// The same numbers as rliable, arch, scipy and statsmodels give, recorded by rliable_golden.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "experiments/comparison/statistics/bootstrap.h"
#include "experiments/comparison/statistics/profiles.h"
#include "experiments/comparison/statistics/survival.h"

namespace curl_rl::comparison {
namespace {

// Rounding of sums in another order.
constexpr double kPoint = 1e-9;

// An endpoint of a percentile interval is a quantile of B draws: its standard error is
// sqrt(q (1 - q) / B) / f. For a bell-shaped bootstrap distribution of standard deviation s,
// f = 0.0584 / s at q = 0.025, so 0.0120 s = 0.0030 widths with B = 50000 (width = 3.92 s). Theirs
// and ours, 5 standard errors: 0.022 widths; the distributions are lumpier than a bell, hence 0.03.
constexpr double kNoise = 0.03;
// The same with B = 2000 is sqrt(25) times as much.
constexpr double kProfileNoise = 0.15;

const nlohmann::json& Golden() {
  static const nlohmann::json golden = [] {
    std::ifstream file(CURL_RL_SOURCE_DIR "/tests/golden/comparison/rliable.json");
    return nlohmann::json::parse(file);
  }();
  return golden;
}

std::vector<double> Aggregates(const Strata& s) {
  return {AggregateIqm(s, IqmKind::kRliable), AggregateMean(s), AggregateMedian(s),
          OptimalityGap(s, 1.0)};
}

void ExpectInterval(const Estimate& ours, double low, double high, double noise, double atom,
                    const std::string& what) {
  const double tolerance = noise * (high - low) + atom;
  EXPECT_NEAR(ours.low, low, tolerance) << what;
  EXPECT_NEAR(ours.high, high, tolerance) << what;
}

TEST(RliableGolden, AggregatesAndTheirIntervals) {
  BootstrapOptions options;
  options.replicates = Golden().at("replicates");
  int compared = 0;
  for (const auto& [name, one_case] : Golden().at("cases").items()) {
    for (const auto& [method, golden] : one_case.at("methods").items()) {
      const Strata scores = golden.at("scores");
      const std::vector<double> ours = Aggregates(scores);
      const Replicates replicates = StratifiedBootstrap(
          scores, ours.size(),
          [](const Strata& s, double* out) {
            const std::vector<double> drawn = Aggregates(s);
            std::copy(drawn.begin(), drawn.end(), out);
          },
          options, name + method);
      for (std::size_t i = 0; i < ours.size(); ++i) {
        const std::string what =
            name + " " + method + " " + golden.at("names")[i].get<std::string>();
        EXPECT_NEAR(ours[i], golden.at("points")[i].get<double>(), kPoint) << what;
        ExpectInterval(PercentileEstimate(ours[i], replicates, i, 0.95), golden.at("low")[i],
                       golden.at("high")[i], kNoise, 0, what);
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 6 * 2 * 4);
}

TEST(RliableGolden, ProbabilityOfImprovement) {
  BootstrapOptions options;
  options.replicates = Golden().at("replicates");
  for (const auto& [name, one_case] : Golden().at("cases").items()) {
    const Strata x = one_case.at("methods").at("x").at("scores");
    const Strata y = one_case.at("methods").at("y").at("scores");
    EXPECT_NEAR(ProbabilityOfImprovement(x, y),
                one_case.at("probability_of_improvement").get<double>(), kPoint)
        << name;
    Strata both = x;
    both.insert(both.end(), y.begin(), y.end());
    const auto middle = static_cast<std::ptrdiff_t>(x.size());
    const Estimate ours = BootstrapEstimate(
        both,
        [&](const Strata& s) {
          return ProbabilityOfImprovement({s.begin(), s.begin() + middle},
                                          {s.begin() + middle, s.end()});
        },
        options, name);
    // U moves in steps of one half: a quantile may land on the next atom.
    const double atom = 0.5 / static_cast<double>(x.size() * x[0].size() * y[0].size());
    ExpectInterval(ours, one_case.at("probability_interval")[0],
                   one_case.at("probability_interval")[1], kNoise, atom + kPoint, name);
  }
}

TEST(RliableGolden, PerformanceProfiles) {
  BootstrapOptions options;
  options.replicates = Golden().at("profile_replicates");
  const std::vector<double> thresholds = Golden().at("thresholds");
  for (const auto& [name, one_case] : Golden().at("cases").items()) {
    for (const auto& [method, golden] : one_case.at("methods").items()) {
      const Strata scores = golden.at("scores");
      const Profile profile = PerformanceProfile(scores, thresholds, options, name + method);
      const double atom = 1.0 / static_cast<double>(scores.size() * scores[0].size());
      for (std::size_t t = 0; t < thresholds.size(); ++t) {
        const std::string what = name + " " + method + " at " + std::to_string(thresholds[t]);
        EXPECT_NEAR(profile.share[t], golden.at("profile")[t].get<double>(), kPoint) << what;
        ExpectInterval({profile.share[t], profile.point_low[t], profile.point_high[t]},
                       golden.at("profile_low")[t], golden.at("profile_high")[t], kProfileNoise,
                       atom + kPoint, what);
      }
    }
  }
}

TEST(ScipyGolden, ExactIqmOfUnequalRuns) {
  const nlohmann::json& golden = Golden().at("ragged_iqm");
  const Strata scores = golden.at("scores");
  EXPECT_NEAR(AggregateIqm(scores, IqmKind::kExact), golden.at("exact_iqm").get<double>(), kPoint);
  EXPECT_NEAR(AggregateIqm(scores, IqmKind::kRliable), golden.at("exact_iqm").get<double>(),
              kPoint);
}

TEST(StatsmodelsGolden, KaplanMeier) {
  const nlohmann::json& golden = Golden().at("survival");
  std::vector<Passage> passages;
  for (std::size_t i = 0; i < golden.at("time").size(); ++i) {
    passages.push_back({golden.at("time")[i], golden.at("reached")[i]});
  }
  const std::vector<SurvivalStep> steps = KaplanMeier(passages);
  ASSERT_EQ(steps.size(), golden.at("event_time").size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].time, golden.at("event_time")[i].get<double>());
    EXPECT_NEAR(steps[i].remaining, golden.at("remaining")[i].get<double>(), kPoint);
  }
  EXPECT_EQ(SurvivalMedian(passages), golden.at("median").get<double>());
}

}  // namespace
}  // namespace curl_rl::comparison
