// Episodes of an agent that does not explore.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "agents/agent.h"
#include "experiments/play/lanes.h"
#include "experiments/video/film.h"

namespace curl_rl::experiments {

/// The returns (sums of rewards) of `episodes` episodes under the policy's mean, in their order.
/// What is needed to film the episodes is appended to `recordings` unless it is null.
///
/// The episodes are played in `lanes` (see MakeEvaluationLanes) side by side: one Act for all, then
/// all step and draw in their threads. The random stream, that of lanes[0], runs on, so that every
/// evaluation starts from other states; it goes from environment to environment with a snapshot of
/// each start. So the k-th episode begins alike in any number of them, unless the task draws from
/// the stream while it is played. What an environment throws is thrown here.
///
/// `stop` is asked before every decision; once it says so, nothing is returned or recorded, and the
/// lanes are left in the middle of their episodes.
std::vector<double> Evaluate(agents::Agent& agent, Lanes& lanes, std::int64_t episodes,
                             std::vector<video::Recording>* recordings = nullptr,
                             const std::function<bool()>& stop = {});

/// Mean and sample standard deviation (0 for fewer than two values).
struct MeanAndDeviation {
  double mean = 0.0;
  double deviation = 0.0;
};
MeanAndDeviation Summarize(const std::vector<double>& values);

}  // namespace curl_rl::experiments
