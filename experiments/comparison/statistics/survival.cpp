// First passages of a threshold, their Kaplan-Meier estimate, its median and restricted mean.
#include "experiments/comparison/statistics/survival.h"

#include <algorithm>
#include <limits>

namespace curl_rl::comparison {

// The time is that of the first evaluation of those that held the threshold; that it was held is
// known only later.
Passage FirstPassage(const Series& series, double threshold, int hold) {
  int streak = 0;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    streak = series.y[i] >= threshold ? streak + 1 : 0;
    if (streak == hold) return {series.x[i + 1 - static_cast<std::size_t>(hold)], true};
  }
  return {series.x.back(), false};  // censored: watched that long, and not seen to get there
}

std::vector<SurvivalStep> KaplanMeier(std::vector<Passage> passages) {
  std::sort(passages.begin(), passages.end(),
            [](const Passage& a, const Passage& b) { return a.time < b.time; });
  std::vector<SurvivalStep> steps;
  double remaining = 1;
  std::size_t i = 0;
  while (i < passages.size()) {
    // Runs censored at a time at which others reach were still at risk there.
    const auto at_risk = static_cast<double>(passages.size() - i);
    const double time = passages[i].time;
    int reached = 0;
    for (; i < passages.size() && passages[i].time == time; ++i) reached += passages[i].reached;
    if (reached == 0) continue;
    remaining *= 1 - reached / at_risk;
    steps.push_back({time, remaining});
  }
  return steps;
}

double SurvivalMedian(const std::vector<Passage>& passages) {
  for (const SurvivalStep& step : KaplanMeier(passages)) {
    if (step.remaining <= 0.5 + 1e-12) return step.time;  // 1 - 1/3 * ... rounds above 1/2
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// The area under the estimate up to the horizon, step by step.
double RestrictedMean(const std::vector<Passage>& passages, double horizon) {
  double area = 0;
  double time = 0;
  double remaining = 1;
  for (const SurvivalStep& step : KaplanMeier(passages)) {
    if (step.time >= horizon) break;
    area += (step.time - time) * remaining;
    time = step.time;
    remaining = step.remaining;
  }
  return area + (horizon - time) * remaining;
}

}  // namespace curl_rl::comparison
