// Environments of one task side by side, each in its lane: training and evaluation play in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/play/agent_view.h"
#include "experiments/play/lane_threads.h"

namespace curl_rl::experiments {

/// Lanes are made, played and ended in threads that own them (LaneThreads), so that each GL context
/// stays with its thread: config.threads of them (0: as many as LibTorch's), no more than lanes,
/// and one alone for a task whose environments must not be called by several (`one_thread`). Their
/// number changes no result.
class Lanes {
 public:
  /// One lane for each of `seeds` (at least one), whose random stream is the lane's. Throws what
  /// making an environment throws.
  Lanes(const ExperimentConfig& config, const std::vector<std::uint32_t>& seeds);
  ~Lanes();
  Lanes(Lanes&&) = default;
  Lanes& operator=(Lanes&&) = delete;

  std::size_t size() const { return views_.size(); }
  std::size_t threads() const { return threads_.threads(); }

  /// The lane's environment. Not to be touched between what begins something and Finish.
  AgentView& operator[](std::size_t lane) { return *views_[lane]; }
  const AgentView& operator[](std::size_t lane) const { return *views_[lane]; }

  /// Begin the lane's next episode, and its next decision; both return at once.
  void Reset(std::size_t lane);
  void Step(std::size_t lane, std::vector<double> action);

  /// Waits for all that was begun; throws what the first lane threw that did.
  void Finish() { threads_.Finish(); }

  /// What the lane's last Step gave, after Finish.
  const Decision& decision(std::size_t lane) const { return decisions_[lane]; }

  /// Does `work` to the lane in its thread, and waits for it.
  void Do(std::size_t lane, const std::function<void(AgentView&)>& work);

 private:
  void End();

  LaneThreads threads_;
  std::vector<std::unique_ptr<AgentView>> views_;
  std::vector<Decision> decisions_;
};

/// `count` lanes that play one sequence of episodes together (see Evaluate): all have the random
/// stream of `seed`. Throws UsageError if there are to be several and they keep no snapshots.
Lanes MakeEvaluationLanes(const ExperimentConfig& config, std::uint32_t seed, std::int64_t count);

}  // namespace curl_rl::experiments
