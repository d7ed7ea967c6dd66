// Who plays in the viewer. No LibTorch header is needed to watch an agent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envs/environment.h"
#include "envs/registry.h"
#include "experiments/video/image.h"

namespace curl_rl::viewer {

/// What an agent makes of the moment it decides in.
struct Opinion {
  double q1 = 0.0;  // of the action it chose
  double q2 = 0.0;
  double policy_entropy = 0.0;  // nats, before squashing
  // What it sees, oldest first: the frames it acts on, cropped; or the newest state vector's parts.
  std::vector<video::Image> frames = {};
  std::vector<std::pair<std::string, std::vector<double>>> state = {};
};

/// One decision.
struct Decision {
  std::vector<double> action;
  std::optional<Opinion> opinion = std::nullopt;  // nullopt: nobody thinks
};

/// Called by one thread, which need not be the one that made it.
class WatchedPolicy {
 public:
  virtual ~WatchedPolicy() = default;

  /// Looks at `environment` and decides; `first`: right after a reset.
  virtual Decision Decide(envs::Environment& environment, bool first) = 0;

  /// Control steps that an action is held.
  virtual std::int64_t action_repeat() const { return 1; }

  /// "random", "checkpoint 50000": what plays now, in a few words.
  virtual std::string Describe() const = 0;
};

/// Random (uniform, from a stream of its own) or zero actions.
std::unique_ptr<WatchedPolicy> MakeRandomPolicy(std::uint32_t seed);
std::unique_ptr<WatchedPolicy> MakeZeroPolicy();

/// A run's agent, and the task as it knows it.
struct WatchedRun {
  std::string task;
  envs::EnvironmentOptions environment;   // its seed is 1
  std::unique_ptr<WatchedPolicy> policy;  // the mean of the agent's policy
};

/// Loads the agent of `run_dir` at `checkpoint` (latest | best | ENV_STEP). With `follow` the
/// newest checkpoint is taken over as soon as the training writes it, and a run that has none yet
/// shows its untrained agent. Throws UsageError for a folder that is no run, std::runtime_error for
/// a damaged checkpoint. Defined only where the program is built with LibTorch.
WatchedRun LoadWatchedRun(const std::string& run_dir, const std::string& checkpoint, bool follow,
                          const std::vector<std::string>& plugins);

}  // namespace curl_rl::viewer
