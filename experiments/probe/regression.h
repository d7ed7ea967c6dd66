// How much of the state a representation tells: R² of each entry on episodes that the regression
// never saw, with intervals.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/bootstrap.h"
#include "experiments/probe/episodes.h"

namespace curl_rl::probe {

/// Which rows of the frames fit the regression and which judge it; whole episodes either way.
struct Split {
  torch::Tensor fit;    // int64 [n]
  torch::Tensor test;   // int64 [m]
  torch::Tensor folds;  // int64 [n] of cross-validation, episodes whole
  std::int64_t fit_episodes = 0;
  std::int64_t test_episodes = 0;
};

/// Of each kind of episodes every fourth judges, the others fit, in five folds (or as many as there
/// are fitting episodes of a kind).
Split SplitEpisodes(const Frames& frames);

/// One entry of the state.
struct EntryScore {
  std::string name;
  double strength = 0.0;     // of the ridge, by cross-validation
  comparison::Estimate all;  // R² over all test frames, with a 95 % interval; NaN: constant
  double policy = 0.0;       // over those of the policy's episodes alone
  double random = 0.0;       // over those of the episodes with random actions
};

struct Regression {
  std::vector<EntryScore> entries;
  EntryScore mean;  // of the entries that are no constants; `strength` means nothing
};

/// Fits on `split.fit`, judges on `split.test`. `features` float64 [N, F] of all frames. Intervals:
/// test episodes are drawn with replacement, of each kind, `replicates` times (`seed`).
Regression Regress(const Frames& frames, const Split& split, const torch::Tensor& features,
                   int replicates, std::uint64_t seed);

/// Names of the entries that do not change within an episode: what is told of them rests on so many
/// values as there are episodes.
std::vector<std::string> ConstantInEpisodes(const Frames& frames);

}  // namespace curl_rl::probe
