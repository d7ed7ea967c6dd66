// What a run writes down while it trains: train.csv, eval.csv and TensorBoard's event file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "experiments/run/csv_log.h"
#include "experiments/run/tensorboard.h"
#include "experiments/training/disturbed_evaluation.h"
#include "replay/named_tensors.h"

namespace curl_rl::experiments {

/// Means of metrics since the last row. Sums stay on the learner's device: adding reads nothing
/// back, and is one addition however many metrics there are.
class MetricMeans {
 public:
  void Add(const agents::Metrics& metrics);

  /// The means, and starts anew. Waits for the device.
  std::map<std::string, double> Take();

  /// The sums and counts so far, as <name> float64 [2], and back.
  replay::NamedTensors Save() const;
  void Load(const replay::NamedTensors& tensors);

 private:
  struct Sum {
    double value = 0.0;
    std::int64_t count = 0;
  };
  std::map<std::string, Sum> Sums() const;

  std::map<std::string, Sum> sums_;  // on the host
  // On a GPU: those of updates that measured the same things, until somebody asks.
  struct DeviceSum {
    torch::Tensor value;  // float64 [names]
    std::int64_t count = 0;
  };
  std::map<std::vector<std::string>, DeviceSum> on_device_;
};

class TrainingLogs {
 public:
  /// The rows that a checkpoint promises: the env step of the last one (train.csv: 0, eval.csv: -1
  /// without one), and how many there are, which those of earlier versions do not tell.
  struct Promised {
    std::int64_t train_step = 0;
    std::int64_t eval_step = -1;
    std::optional<std::int64_t> train_rows = std::nullopt;
    std::optional<std::int64_t> eval_rows = std::nullopt;
  };

  /// New files in `run_dir`.
  explicit TrainingLogs(const std::string& run_dir);

  /// The files of a run that is taken up at `env_step`, after `wall_time` seconds: rows of later
  /// steps than the last `promised` one are cut off, also one of `env_step` itself, which the run
  /// makes again.
  TrainingLogs(const std::string& run_dir, std::int64_t env_step, double wall_time,
               const Promised& promised);

  /// Says on stderr if the files of a run that is taken up lack rows that its checkpoint promises.
  /// `log_every`: less than that at the end of train.csv is no gap where rows were not counted.
  void WarnOfGaps(const Promised& promised, std::int64_t log_every) const;

  std::int64_t train_rows() const { return train_.row_count(); }
  std::int64_t eval_rows() const { return eval_.row_count(); }

  /// One row of train.csv: the means of `metrics`, and the run's counters.
  struct Counters {
    std::int64_t env_step = 0;
    std::int64_t agent_step = 0;
    std::int64_t gradient_step = 0;
    std::int64_t episode = 0;     // finished ones
    double episode_return = 0.0;  // of the last finished one; NaN: none yet
  };
  void WriteTrain(const Counters& counters, const std::map<std::string, double>& metrics);

  /// One row of eval.csv for each evaluation episode, at `env_step`; `more` are the columns of as
  /// many episodes of the task disturbed.
  void WriteEvaluation(std::int64_t env_step, const std::vector<double>& episode_returns,
                       const ReturnColumns& more = {});

  /// Returns when all rows are on the disk. Throws FileError for want of space, std::runtime_error
  /// if the disk failed: what it holds is then not certain.
  void Sync();

  /// The file that has rows waiting for space on the disk; "": none.
  std::string Waiting();

  /// Seconds that the run has been at work, on a monotone clock; pauses between stop and resume do
  /// not count.
  double wall_time() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double earlier_wall_time_ = 0.0;  // of the run before it was taken up
  CsvLog train_;
  CsvLog eval_;
  TensorBoardLog events_;
  double last_wall_time_ = 0.0;
  std::int64_t last_env_step_ = 0;
};

}  // namespace curl_rl::experiments
