// The training loop: act, update, step, store, log, evaluate, checkpoint.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "experiments/checkpoints/frame_archive.h"
#include "experiments/config/config.h"
#include "experiments/machine/signals.h"
#include "experiments/play/lanes.h"
#include "experiments/play/make_agent.h"
#include "experiments/run/progress.h"
#include "experiments/training/disturbed_evaluation.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/training_logs.h"
#include "replay/replay_buffer.h"

namespace curl_rl::experiments {

/// What one evaluation gave.
struct EvaluationRecord {
  std::int64_t env_step = 0;
  MeanAndDeviation episode_return;
};

/// One run, from its first decision, or from a checkpoint, to its last.
class Trainer {
 public:
  /// Makes everything the run needs, the replay's memory included; writes nothing. `run_dir` is
  /// where its files will be. Throws std::runtime_error or std::invalid_argument that says what
  /// cannot be had.
  Trainer(const ExperimentConfig& config, const torch::Device& device, std::string run_dir);

  /// Takes up the run at its checkpoint of `env_step`; Run then goes on bit for bit. Returns why it
  /// will not, in words; empty: it will. `other_task`: the task is not what it was, so that no
  /// snapshot of it is taken up and a new episode begins. Throws std::runtime_error for a damaged
  /// one, UsageError for one of another config.
  std::string Restore(std::int64_t env_step, bool other_task = false);

  /// Gives the agent `weights` (see ReadWeights); to be called before Run. Throws
  /// std::runtime_error that says which do not fit it.
  void LoadWeights(const replay::NamedTensors& weights);

  /// Trains until config.env_steps, or until `requests` ask to stop, or until the env step `pause`;
  /// a checkpoint is written either way. Returns true if the run is at its end. A request to stop
  /// is heard in the middle of an evaluation too, which is then played anew when the run is taken
  /// up. A disk that is full does not stop it: rows wait in
  /// memory, checkpoints are tried again. Throws std::runtime_error if a loss or a parameter is not
  /// finite (batch and agent are then in <run>/failure, and no checkpoint is written), if the last
  /// checkpoint cannot be written, or if the disk fails under a log; replay::OutOfMemory before a
  /// replay's compressed frames take the last memory.
  bool Run(Progress& progress, SignalRequests& requests,
           std::int64_t pause = std::numeric_limits<std::int64_t>::max());

  const std::vector<EvaluationRecord>& evaluations() const { return evaluations_; }
  const replay::ReplayBuffer& replay() const { return *replay_; }
  /// What draws the observations, in one line; "none" for state vectors.
  std::string DrawnBy() const;
  /// What decides the task besides this program: see envs::Environment::Versions.
  envs::PackageVersions EnvironmentVersions() const { return lanes_[0].environment().Versions(); }
  std::int64_t env_step() const { return agent_step_ * config_.action_repeat; }

 private:
  void OpenLogs();
  // Before each decision. Something if the run stops here: whether it is at its end.
  std::optional<bool> DoWhatIsDue(Progress& progress, SignalRequests& requests, std::int64_t pause);
  void BeginEpisodes();
  std::vector<std::vector<double>> ChooseActions();  // one a lane
  void Play(const std::vector<std::vector<double>>& actions);
  void UpdateAgent();
  void StoreDecisions(const std::vector<std::vector<double>>& actions, Progress& progress);
  std::optional<bool> EvaluateNow(Progress& progress, const SignalRequests& requests);
  void WarnOfWaitingRows(Progress& progress);
  void WarnOfMemory(Progress& progress);
  void ArchiveFrames(Progress& progress);
  void Save(bool best, bool last_chance, Progress& progress);
  void SaveCheckpoint(bool best, Progress& progress);
  void PruneFrames(const std::vector<FrameSegment>& own, Progress& progress);
  void GrowReplay(std::int64_t capacity);
  void NoteUnsaved(const std::string& reason, Progress& progress);
  void WriteTrainRow();
  void FilmNow(const SignalRequests& requests) const;
  void CheckFinite(const agents::Metrics& metrics) const;
  // `with_batch`: the last update's batch is at fault, and kept.
  [[noreturn]] void StopForNotFinite(const std::string& what, bool with_batch) const;

  ExperimentConfig config_;
  std::string run_dir_;
  Lanes lanes_;       // train
  Lanes eval_lanes_;  // evaluate: environments and a random stream of their own
  DisturbedEvaluations disturbed_;
  std::unique_ptr<replay::ReplayBuffer> replay_;
  std::unique_ptr<agents::Agent> agent_;
  at::Generator warm_up_stream_;  // random actions before the first update

  // The running episode of a lane.
  struct Running {
    double episode_return = 0.0;  // so far
    bool over = true;             // the next decision begins another
  };

  std::int64_t agent_step_ = 0;   // decisions, of all lanes
  std::int64_t episode_ = 0;      // finished ones, of all lanes
  std::vector<Running> running_;  // by lane
  double last_return_;            // of the last finished one; NaN: none
  MetricMeans metrics_;
  std::vector<EvaluationRecord> evaluations_;
  std::int64_t row_step_ = 0;  // env step of the last row of train.csv; the first has none

  bool unsaved_ = false;             // the last checkpoint could not be written
  std::string rows_wait_in_;         // a log, for space on the disk; "": none
  bool memory_short_ = false;        // for the replay's frames; it has been said
  bool resumed_ = false;             // at agent_step_, whose checkpoint is there already
  bool resumed_best_ = false;        // that checkpoint has the best evaluation
  double wall_time_ = 0.0;           // until then
  TrainingLogs::Promised promised_;  // by that checkpoint
  std::unique_ptr<TrainingLogs> logs_;
  std::unique_ptr<FrameArchive> archive_;
};

}  // namespace curl_rl::experiments
