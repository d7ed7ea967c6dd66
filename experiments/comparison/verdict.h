// The answer in a sentence.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/analysis.h"

namespace curl_rl::comparison {

struct Verdict {
  std::string task;      // empty: across tasks
  std::string standing;  // "Leads", "Tie", "Not established", "One method"
  std::string headline;  // a sentence that names the best method
  std::string detail;    // the numbers behind it
};

/// First, with two common tasks or more, the verdict across tasks; then one a task. A difference is
/// established if both methods have at least 5 seeds and their 95 % intervals do not overlap;
/// overlapping intervals are a tie.
std::vector<Verdict> Verdicts(const Dataset& dataset, const Analysis& analysis);

}  // namespace curl_rl::comparison
