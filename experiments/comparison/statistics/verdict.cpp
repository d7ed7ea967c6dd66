// Says which method is ahead, and whether the intervals and the number of seeds carry it.
#include "experiments/comparison/statistics/verdict.h"

#include <algorithm>
#include <limits>

#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

// With fewer a percentile interval covers far less than it says (docs/comparison.md).
constexpr int kEnoughSeeds = 5;
// Methods whose numbers stand under a verdict; the table has all.
constexpr std::size_t kListedInVerdict = 4;

struct Standing {
  std::string method;
  Estimate score;
  int seeds = 0;  // of the task with the fewest
};

// P(a run of `a` beats one of `b`) on `task` (empty: across tasks). Pairs are kept one way round.
Estimate Improvement(const Analysis& analysis, const std::string& task, const std::string& a,
                     const std::string& b) {
  for (const PairCell& pair : analysis.pairs) {
    if (pair.task != task) continue;
    const Estimate& p = pair.improvement;
    if (pair.a == a && pair.b == b) return p;
    if (pair.a == b && pair.b == a) return {1 - p.value, 1 - p.high, 1 - p.low};
  }
  return {};
}

bool Overlap(const Estimate& a, const Estimate& b) { return a.low <= b.high && b.low <= a.high; }

std::string Named(const Standing& standing, int decimals) {
  return standing.method + " " + WithInterval(standing.score, decimals);
}

// `what` is "on cartpole_swingup at 500k env steps"; `unit` is what the score is; `task` is empty
// across tasks.
Verdict Judge(const Analysis& analysis, const std::string& task, std::vector<Standing> standings,
              const std::string& what, const std::string& unit, int decimals) {
  std::stable_sort(standings.begin(), standings.end(), [](const Standing& a, const Standing& b) {
    return a.score.value > b.score.value;
  });
  Verdict verdict;
  verdict.task = task;
  const Standing& best = standings.front();
  for (std::size_t i = 0; i < standings.size(); ++i) {
    if (i == kListedInVerdict) {
      verdict.detail += " · and " + std::to_string(standings.size() - i) + " more";
      break;
    }
    verdict.detail += (i == 0 ? unit + " " : " · ") + Named(standings[i], decimals) +
                      ", n\u00a0=\u00a0" + std::to_string(standings[i].seeds);
  }
  if (standings.size() == 1) {
    verdict.standing = "One method";
    verdict.headline =
        best.method + " reaches " + Fixed(best.score.value, decimals) + " " + what + ".";
    return verdict;
  }
  const Standing& second = standings[1];
  if (best.score.value == second.score.value) {
    verdict.standing = "Tie";
    verdict.headline = best.method + " and " + second.method + " score the same " + what + ".";
    return verdict;
  }
  const std::string scores[] = {Fixed(best.score.value, decimals),
                                Fixed(second.score.value, decimals)};
  const std::string ahead =
      best.method + " (" + scores[0] + ") ahead of " + second.method + " (" + scores[1] + ") ";
  const bool apart = best.score.has_interval() && second.score.has_interval() &&
                     !Overlap(best.score, second.score);
  if (std::min(best.seeds, second.seeds) < kEnoughSeeds) {
    verdict.standing = "Not established";
    verdict.headline = ahead + what + ", but not established: fewer than 5 seeds" +
                       (best.score.has_interval() && second.score.has_interval() && !apart
                            ? ", and the intervals overlap."
                            : ".");
    return verdict;
  }
  if (!apart) {
    verdict.standing = "Tie";
    verdict.headline = "A tie between " + best.method + " (" + scores[0] + ") and " +
                       second.method + " (" + scores[1] + ") " + what +
                       ": their 95 % intervals overlap.";
    return verdict;
  }
  const Estimate better = Improvement(analysis, task, best.method, second.method);
  const std::string odds =
      "a run of " + best.method + " beats one of " + second.method + " with probability ";
  if (better.low > 0.5) {
    verdict.standing = "Leads";
    verdict.headline = best.method + " leads " + second.method + " " + what + ": " + scores[0] +
                       " against " + scores[1] + ", and the 95 % intervals are apart.";
    verdict.detail += " · " + odds + WithInterval(better, 2);
  } else {
    verdict.standing = "Not established";
    verdict.headline =
        ahead + what + ", but not established: " + odds + "only " + WithInterval(better, 2) + ".";
  }
  return verdict;
}

}  // namespace

std::vector<Verdict> Verdicts(const Dataset& dataset, const Analysis& analysis) {
  std::vector<Verdict> verdicts;
  if (analysis.common_tasks.size() > 1) {
    std::vector<Standing> standings;
    for (const std::string& method : dataset.methods) {
      const AggregateCell* cell = analysis.headline_aggregate(method);
      if (cell == nullptr) continue;
      int fewest = std::numeric_limits<int>::max();
      for (const std::string& task : cell->tasks) {
        const ScoreCell* score = analysis.score(task, method, analysis.span(task).headline);
        fewest = std::min(fewest, static_cast<int>(score->scores.size()));
      }
      standings.push_back({method, cell->iqm, fewest});
    }
    if (!standings.empty()) {
      verdicts.push_back(Judge(analysis, "", standings,
                               "across " + std::to_string(analysis.common_tasks.size()) + " tasks",
                               "IQM of normalised scores:", 2));
    }
  }
  for (const TaskSpan& span : analysis.spans) {
    std::vector<Standing> standings;
    for (const std::string& method : dataset.methods) {
      const ScoreCell* cell = analysis.score(span.task, method, span.headline);
      if (cell == nullptr || cell->scores.empty()) continue;
      standings.push_back({method, cell->mean, static_cast<int>(cell->scores.size())});
    }
    if (standings.empty()) continue;
    verdicts.push_back(Judge(analysis, span.task, standings,
                             "on " + span.task + " at " + Steps(span.headline) + " env steps",
                             "Mean score:", 0));
  }
  // Tasks with something to compare come before those of one method.
  std::stable_partition(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
    return verdict.task.empty() || verdict.standing != "One method";
  });
  return verdicts;
}

}  // namespace curl_rl::comparison
