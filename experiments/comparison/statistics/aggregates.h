// Point estimates over run scores: the definitions of Agarwal et al. 2021 ("Deep RL at the Edge of
// the Statistical Precipice"), equal to the rliable package's on rectangular scores.
#pragma once

#include <cstddef>
#include <vector>

namespace curl_rl::comparison {

/// Scores of one method: strata[task][run]. Every task has at least one run; tasks may differ in
/// their number of runs, and then each task weighs the same.
using Strata = std::vector<std::vector<double>>;

enum class IqmKind {
  kRliable,  // drops floor(n / 4) scores from each end
  kExact,    // drops exactly a quarter of the weight from each end, in fractions of a score
};

double Mean(const std::vector<double>& values);
double Median(std::vector<double> values);

/// Sample standard deviation (n - 1); NaN for fewer than two values.
double StandardDeviation(const std::vector<double>& values);

/// The q-quantile, q in [0, 1], linear between order statistics as numpy's; NaN of no values. Puts
/// `values`, none of them NaN, in another order: far faster than a sort.
double Quantile(std::vector<double>* values, double q);

/// Mean over tasks of the task means.
double AggregateMean(const Strata& scores);

/// Median over tasks of the task means.
double AggregateMedian(const Strata& scores);

/// Interquartile mean of all runs of all tasks. With unequal numbers of runs the rliable form is
/// not defined (it would weigh tasks by their runs); then the exact form is taken, each run of task
/// m weighing 1 / (M N_m).
double AggregateIqm(const Strata& scores, IqmKind kind);

/// gamma - mean(min(score, gamma)): how far from gamma on average, without credit for exceeding it.
double OptimalityGap(const Strata& scores, double gamma);

/// P(X > Y): the mean over tasks of the Mann-Whitney U / (N_X N_Y); a tie counts one half.
/// x and y list the same tasks in the same order. Throws std::invalid_argument if they do not
/// match.
double ProbabilityOfImprovement(const Strata& x, const Strata& y);

}  // namespace curl_rl::comparison
