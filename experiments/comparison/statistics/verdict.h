// The answer in a sentence.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/statistics/analysis.h"

namespace curl_rl::comparison {

struct Verdict {
  std::string task;      // empty: across tasks
  std::string standing;  // "Leads", "Tie", "Not established", "One method"
  std::string headline;  // a sentence that names the best method
  std::string detail;    // the numbers behind it
};

/// First, with two common tasks or more, the verdict across tasks; then one a task. Of the two best
/// methods one leads if both have at least 5 seeds, their 95 % intervals do not overlap, and the
/// interval of its probability of improvement lies above one half: a higher mean that half of the
/// runs do not share is nobody's lead. Overlapping intervals are a tie.
std::vector<Verdict> Verdicts(const Dataset& dataset, const Analysis& analysis);

}  // namespace curl_rl::comparison
