// The training loop: act, update, step, store, log, evaluate, checkpoint.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agents/curl_agent.h"
#include "experiments/agent_view.h"
#include "experiments/config.h"
#include "experiments/evaluation.h"
#include "experiments/progress.h"
#include "experiments/training_logs.h"
#include "replay/replay_buffer.h"

namespace curl_rl::experiments {

/// The agent that `config` describes, for a task that `view` shows.
std::unique_ptr<agents::CurlAgent> MakeAgent(const ExperimentConfig& config, const AgentView& view,
                                             const torch::Device& device);

/// What one evaluation gave.
struct EvaluationRecord {
  std::int64_t env_step = 0;
  MeanAndDeviation episode_return;
};

/// One run, from its first decision to its last.
class Trainer {
 public:
  /// Makes everything the run needs, the replay's memory included; writes nothing. Throws
  /// std::runtime_error or std::invalid_argument that says what cannot be had.
  Trainer(const ExperimentConfig& config, const torch::Device& device);

  /// Trains to config.env_steps, writing to `run_dir`. Returns all evaluations in order. Throws
  /// std::runtime_error if a loss is not finite or a file cannot be written.
  std::vector<EvaluationRecord> Run(const std::string& run_dir, Progress& progress);

  const replay::ReplayBuffer& replay() const { return *replay_; }

 private:
  std::vector<double> ChooseAction();
  void UpdateAgent();
  void PlayDecision(const std::vector<double>& action, Progress& progress);
  void EvaluateNow(const std::string& run_dir, Progress& progress);
  void SaveCheckpoint(const std::string& run_dir);

  ExperimentConfig config_;
  AgentView view_;       // trains
  AgentView eval_view_;  // evaluates: an environment and a random stream of its own
  std::unique_ptr<replay::ReplayBuffer> replay_;
  std::unique_ptr<agents::CurlAgent> agent_;
  at::Generator warm_up_stream_;  // random actions before the first update

  std::int64_t agent_step_ = 0;
  std::int64_t episode_ = 0;     // finished ones
  double episode_return_ = 0.0;  // of the running episode, so far
  double last_return_;           // of the last finished one; NaN: none
  bool episode_over_ = true;     // the next decision begins an episode
  MetricMeans metrics_;
  std::vector<EvaluationRecord> evaluations_;
  std::unique_ptr<TrainingLogs> logs_;
};

}  // namespace curl_rl::experiments
