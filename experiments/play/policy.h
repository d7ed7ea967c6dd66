// Who chooses the actions of an environment. No LibTorch header is needed to play.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envs/environment.h"
#include "experiments/video/image.h"

namespace curl_rl::experiments {

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
struct Choice {
  std::vector<double> action;
  std::optional<Opinion> opinion = std::nullopt;  // nullopt: nobody thinks, or nobody asked
};

/// The one contract for whoever plays an environment: roll-outs and the viewer, which hold each
/// action by envs::Episode. Training and evaluation ask an agents::Agent itself, for many
/// environments at once; as a Policy it plays in one (run_policy.h), and both see through Observer.
///
/// Called by one thread, which need not be the one that made it; always of the same environment.
class Policy {
 public:
  virtual ~Policy() = default;

  /// Looks at `environment` and decides; `first`: right after a reset. Nothing if no action is
  /// left: the play ends there.
  virtual std::optional<Choice> Decide(envs::Environment& environment, bool first) = 0;

  /// Control steps that an action is to be held.
  virtual std::int64_t action_repeat() const { return 1; }

  /// "random", "checkpoint 50000": what plays now, in a few words.
  virtual std::string Describe() const = 0;
};

/// Uniform in [-1, 1), from a stream of its own: the environment's draws do not change it.
std::unique_ptr<Policy> MakeRandomPolicy(std::uint32_t seed);

std::unique_ptr<Policy> MakeZeroPolicy();

/// The rows of a CSV file of numbers, one action a row, once through. Empty lines and lines that
/// begin with '#' are skipped. Throws UsageError if the file cannot be read, and Decide throws it
/// with file:line for anything that is no action of the environment.
std::unique_ptr<Policy> MakeCsvPolicy(const std::string& path);

}  // namespace curl_rl::experiments
