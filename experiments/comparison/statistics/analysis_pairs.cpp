// Two methods at a time. The runs of the two are resampled independently of each other.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "experiments/comparison/statistics/analysis.h"

namespace curl_rl::comparison {
namespace {

// The first half of the strata is a's, the second b's.
Strata Half(const Strata& both, bool second) {
  const auto middle = both.begin() + static_cast<std::ptrdiff_t>(both.size() / 2);
  return second ? Strata(middle, both.end()) : Strata(both.begin(), middle);
}

Estimate StepRatio(const Analysis& analysis, const std::string& task, const std::string& a,
                   const std::string& b, const Options& options) {
  const ThresholdCell* of_a = nullptr;
  const ThresholdCell* of_b = nullptr;
  for (const ThresholdCell& cell : analysis.step_thresholds) {
    if (cell.task != task || cell.threshold != options.thresholds.front()) continue;
    if (cell.method == a) of_a = &cell;
    if (cell.method == b) of_b = &cell;
  }
  // Where nobody reached the threshold the ratio of two horizons says nothing.
  if (of_a == nullptr || of_b == nullptr || of_a->reached + of_b->reached == 0) {
    return {NAN, NAN, NAN};
  }
  const auto restricted = [](const ThresholdCell& cell, const std::vector<double>& indices) {
    std::vector<Passage> passages;
    passages.reserve(indices.size());
    for (double i : indices) passages.push_back(cell.passages[static_cast<std::size_t>(i)]);
    return RestrictedMean(passages, cell.horizon);
  };
  return BootstrapEstimate(
      {RunIndices(of_a->passages.size()), RunIndices(of_b->passages.size())},
      [&](const Strata& s) { return restricted(*of_b, s[1]) / restricted(*of_a, s[0]); },
      options.bootstrap, "ratio/" + task + "/" + a + "/" + b);
}

PairCell MakePair(const std::vector<const ScoreCell*>& of_a,
                  const std::vector<const ScoreCell*>& of_b, const std::string& task,
                  const std::string& a, const std::string& b, const Options& options) {
  // One bootstrap over the strata of both, so that a replicate holds a draw of each.
  Strata both;
  for (const ScoreCell* cell : of_a) both.push_back(cell->scores);
  for (const ScoreCell* cell : of_b) both.push_back(cell->scores);
  PairCell pair{task, a, b, {}, {}, {NAN, NAN, NAN}};
  const bool across = task.empty();
  const auto level = [&](const Strata& s) {
    return across ? AggregateIqm(s, options.iqm) / options.max_score : AggregateMean(s);
  };
  const auto estimates = BootstrapEstimates(
      both, 2,
      [&](const Strata& drawn, double* out) {
        const Strata first = Half(drawn, false);
        const Strata second = Half(drawn, true);
        out[0] = level(first) - level(second);
        out[1] = ProbabilityOfImprovement(first, second);
      },
      options.bootstrap, "pair/" + task + "/" + a + "/" + b);
  pair.difference = estimates[0];
  pair.improvement = estimates[1];
  return pair;
}

// The methods of one task, or across tasks ("": by the sum of their means where every task has
// them), that are compared in pairs: all of them, or where there are many those with the highest
// means. The verdict is about the first two.
std::set<std::string> Paired(const Dataset& dataset, const Analysis& analysis,
                             const std::string& task, std::size_t most) {
  std::vector<std::pair<double, std::string>> ranked;
  for (const std::string& method : dataset.methods) {
    double level = 0;
    for (const TaskSpan& span : analysis.spans) {
      const ScoreCell* cell = analysis.score(span.task, method, span.headline);
      const bool counts = task.empty() || span.task == task;
      if (counts && cell != nullptr && !cell->scores.empty()) level -= cell->mean.value;
    }
    ranked.emplace_back(level, method);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (ranked.size() > most) ranked.resize(most);
  std::set<std::string> methods;
  for (const auto& [level, method] : ranked) methods.insert(method);
  return methods;
}

}  // namespace

void AnalysePairs(const Dataset& dataset, const Options& options, Analysis* analysis) {
  std::map<std::string, std::set<std::string>> paired;
  for (const TaskSpan& span : analysis->spans) {
    paired[span.task] = Paired(dataset, *analysis, span.task, options.most_paired);
  }
  paired[""] = Paired(dataset, *analysis, "", options.most_paired);
  const auto both = [&](const std::string& task, const std::string& a, const std::string& b) {
    return paired[task].count(a) > 0 && paired[task].count(b) > 0;
  };
  for (std::size_t i = 0; i < dataset.methods.size(); ++i) {
    for (std::size_t j = i + 1; j < dataset.methods.size(); ++j) {
      const std::string& a = dataset.methods[i];
      const std::string& b = dataset.methods[j];
      std::vector<const ScoreCell*> all_a;
      std::vector<const ScoreCell*> all_b;
      for (const TaskSpan& span : analysis->spans) {
        const ScoreCell* of_a = analysis->score(span.task, a, span.headline);
        const ScoreCell* of_b = analysis->score(span.task, b, span.headline);
        if (of_a == nullptr || of_b == nullptr || of_a->scores.empty() || of_b->scores.empty()) {
          continue;
        }
        all_a.push_back(of_a);
        all_b.push_back(of_b);
        if (!both(span.task, a, b)) continue;
        PairCell pair = MakePair({of_a}, {of_b}, span.task, a, b, options);
        if (!options.thresholds.empty()) {
          pair.step_ratio = StepRatio(*analysis, span.task, a, b, options);
        }
        analysis->pairs.push_back(pair);
      }
      // Across tasks each task has the same weight, however many runs it has.
      if (all_a.size() > 1 && both("", a, b))
        analysis->pairs.push_back(MakePair(all_a, all_b, "", a, b, options));
    }
  }
}

}  // namespace curl_rl::comparison
