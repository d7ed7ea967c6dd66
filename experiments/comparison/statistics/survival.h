// Steps to a threshold. A run that never reaches it is right-censored at its last evaluation: it
// stays in the sample, and says "longer than this".
#pragma once

#include <vector>

#include "experiments/comparison/statistics/curves.h"

namespace curl_rl::comparison {

struct Passage {
  double time = 0;  // env step (or second) of the first evaluation of the streak, or of the end
  bool reached = false;  // false: censored at `time`
};

/// The first evaluation from which the score stays >= threshold for `hold` evaluations on end.
/// hold = 1 is biased early: evaluations are noisy and the first lucky one counts.
Passage FirstPassage(const Series& series, double threshold, int hold);

/// The Kaplan-Meier estimate after each time at which a run reached: share not yet there.
struct SurvivalStep {
  double time = 0;
  double remaining = 1;
};
std::vector<SurvivalStep> KaplanMeier(std::vector<Passage> passages);

/// The first time at which half the runs are there; NaN if the estimate never falls to 1/2.
double SurvivalMedian(const std::vector<Passage>& passages);

/// The mean of min(time, horizon) under the Kaplan-Meier estimate: its area from 0 to the horizon.
double RestrictedMean(const std::vector<Passage>& passages, double horizon);

}  // namespace curl_rl::comparison
