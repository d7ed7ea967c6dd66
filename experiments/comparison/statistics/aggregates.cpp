// Means, medians, interquartile means, optimality gaps and probabilities of improvement of scores.
#include "experiments/comparison/statistics/aggregates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace curl_rl::comparison {
namespace {

struct Weighted {
  double value;
  double weight;
};

// The mean of the middle half of the weight; the two scores that straddle a quartile count in part.
double ExactIqm(std::vector<Weighted> scores) {
  std::sort(scores.begin(), scores.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double total = 0;
  for (const Weighted& score : scores) total += score.weight;
  const double low = 0.25 * total;
  const double high = 0.75 * total;
  double before = 0;  // weight of the scores below the current one
  double sum = 0;
  for (const Weighted& score : scores) {
    const double inside = std::min(before + score.weight, high) - std::max(before, low);
    if (inside > 0) sum += inside * score.value;
    before += score.weight;
  }
  return sum / (high - low);
}

// Pooled runs weigh tasks alike only if every task has as many.
bool SameSizes(const Strata& scores) {
  return std::all_of(scores.begin(), scores.end(), [&](const std::vector<double>& runs) {
    return runs.size() == scores.front().size();
  });
}

std::vector<double> TaskMeans(const Strata& scores) {
  std::vector<double> means;
  means.reserve(scores.size());
  for (const std::vector<double>& runs : scores) means.push_back(Mean(runs));
  return means;
}

}  // namespace

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Median(std::vector<double> values) { return Quantile(&values, 0.5); }

double StandardDeviation(const std::vector<double>& values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean = Mean(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double Quantile(std::vector<double>* values, double q) {
  if (values->empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = q * static_cast<double>(values->size() - 1);
  const double share = position - std::floor(position);
  const auto at = values->begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(values->begin(), at, values->end());
  const double below = *at;
  const double above = at + 1 < values->end() ? *std::min_element(at + 1, values->end()) : below;
  return below + share * (above - below);
}

double AggregateMean(const Strata& scores) { return Mean(TaskMeans(scores)); }

double AggregateMedian(const Strata& scores) { return Median(TaskMeans(scores)); }

double AggregateIqm(const Strata& scores, IqmKind kind) {
  // 1. As rliable, by scipy.stats.trim_mean(scores, 0.25, axis=None): whole scores are dropped.
  if (kind == IqmKind::kRliable && SameSizes(scores)) {
    std::vector<double> pooled;
    for (const std::vector<double>& runs : scores) {
      pooled.insert(pooled.end(), runs.begin(), runs.end());
    }
    std::sort(pooled.begin(), pooled.end());
    const auto cut = static_cast<std::ptrdiff_t>(pooled.size() / 4);
    return Mean(std::vector<double>(pooled.begin() + cut, pooled.end() - cut));
  }
  // 2. In fractions of a score, every task with the weight of one whatever its number of runs.
  std::vector<Weighted> weighted;
  for (const std::vector<double>& runs : scores) {
    for (double score : runs) weighted.push_back({score, 1.0 / static_cast<double>(runs.size())});
  }
  return ExactIqm(std::move(weighted));
}

double OptimalityGap(const Strata& scores, double gamma) {
  // What is above gamma earns nothing: one task played perfectly must not hide another that is not.
  Strata capped = scores;
  for (std::vector<double>& runs : capped) {
    for (double& score : runs) score = std::min(score, gamma);
  }
  return gamma - AggregateMean(capped);
}

double ProbabilityOfImprovement(const Strata& x, const Strata& y) {
  if (x.size() != y.size() || x.empty()) {
    throw std::invalid_argument("probability of improvement: " + std::to_string(x.size()) +
                                " tasks against " + std::to_string(y.size()));
  }
  double sum = 0;
  for (std::size_t task = 0; task < x.size(); ++task) {
    double wins = 0;  // the Mann-Whitney U of this task
    for (double a : x[task]) {
      for (double b : y[task]) wins += a > b ? 1.0 : (a == b ? 0.5 : 0.0);
    }
    sum += wins / static_cast<double>(x[task].size() * y[task].size());
  }
  return sum / static_cast<double>(x.size());
}

}  // namespace curl_rl::comparison
