// The columns of the logs, and the same numbers into each of the files.
#include "experiments/training/training_logs.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "experiments/files/set_aside.h"
#include "experiments/training/evaluation.h"

namespace curl_rl::experiments {
namespace {

// Counters that every run has; behind them come the metrics, as they appear.
std::vector<std::string> TrainColumns() {
  return {"env_step",       "agent_step",  "gradient_step",  "episode",
          "episode_return", "wall_time_s", "env_steps_per_s"};
}

std::vector<std::string> EvalColumns() {
  return {"env_step", "episode", "episode_return", "wall_time_s"};
}

// The log of a run that is taken up. One that cannot be continued (gone, or changed by a
// spreadsheet) steps aside: the run's checkpoints are whole, and its next rows have a place.
CsvLog Continue(const std::string& path, const std::vector<std::string>& columns,
                std::int64_t env_step) {
  std::string why;
  try {
    return CsvLog::Continue(path, columns, env_step);
  } catch (const FileError& error) {
    if (error.code() != ENOENT) throw;
    why = error.what();
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  const std::string kept = SetAside(path);
  std::fprintf(stderr, "curl-rl: warning: %s; a new one begins%s\n", why.c_str(),
               kept.empty() ? "" : (", the old one is kept as " + kept).c_str());
  return CsvLog(path, columns);
}

}  // namespace

void MetricMeans::Add(const agents::Metrics& metrics) {
  if (metrics.values.device().is_cpu()) {
    const auto* value = metrics.values.data_ptr<double>();
    for (const auto& name : metrics.names) {
      auto& sum = sums_[name];
      sum.value += *value++;
      ++sum.count;
    }
    return;
  }
  auto& sum = on_device_[metrics.names];
  sum.value = sum.count == 0 ? metrics.values.clone() : sum.value.add_(metrics.values);
  ++sum.count;
}

std::map<std::string, MetricMeans::Sum> MetricMeans::Sums() const {
  auto sums = sums_;
  for (const auto& [names, on_device] : on_device_) {
    const auto values = on_device.value.to(torch::kCPU);
    const auto* value = values.data_ptr<double>();
    for (const auto& name : names) {
      sums[name].value += *value++;
      sums[name].count += on_device.count;
    }
  }
  return sums;
}

std::map<std::string, double> MetricMeans::Take() {
  std::map<std::string, double> means;
  for (const auto& [name, sum] : Sums()) means[name] = sum.value / static_cast<double>(sum.count);
  sums_.clear();
  on_device_.clear();
  return means;
}

replay::NamedTensors MetricMeans::Save() const {
  replay::NamedTensors tensors;
  for (const auto& [name, sum] : Sums()) {
    tensors[name] = torch::tensor({sum.value, static_cast<double>(sum.count)}, torch::kFloat64);
  }
  return tensors;
}

void MetricMeans::Load(const replay::NamedTensors& tensors) {
  sums_.clear();
  on_device_.clear();
  for (const auto& [name, pair] : tensors) {
    sums_[name] = {pair[0].item<double>(), static_cast<std::int64_t>(pair[1].item<double>())};
  }
}

TrainingLogs::TrainingLogs(const std::string& run_dir)
    : start_(std::chrono::steady_clock::now()),
      train_(run_dir + "/train.csv", TrainColumns()),
      eval_(run_dir + "/eval.csv", EvalColumns()),
      events_(run_dir, std::nullopt) {}

TrainingLogs::TrainingLogs(const std::string& run_dir, std::int64_t env_step, double wall_time,
                           const Promised& promised)
    : start_(std::chrono::steady_clock::now()),
      earlier_wall_time_(wall_time),
      train_(Continue(run_dir + "/train.csv", TrainColumns(), promised.train_step)),
      eval_(Continue(run_dir + "/eval.csv", EvalColumns(), promised.eval_step)),
      events_(run_dir, ResumedEvents{env_step, promised.train_step, promised.eval_step}),
      last_wall_time_(wall_time),
      last_env_step_(env_step) {}

void TrainingLogs::WarnOfGaps(const Promised& promised, std::int64_t log_every) const {
  const auto warn = [](const CsvLog& log, std::int64_t step, std::int64_t cadence,
                       const std::optional<std::int64_t>& rows) {
    const auto last = log.continued_at();
    if (!last) return;  // a new file, which has been said
    std::string lacks;
    if (step - *last >= cadence) {
      lacks = "its last row is of env step " + std::to_string(*last) +
              ", and the checkpoint was written after one of " + std::to_string(step);
    } else if (rows && log.row_count() < *rows) {
      lacks = "it has " + std::to_string(log.row_count()) + " rows up to env step " +
              std::to_string(step) + ", and the checkpoint was written after " +
              std::to_string(*rows);
    } else {
      return;
    }
    std::fprintf(stderr,
                 "curl-rl: warning: %s: %s: rows are missing, and the run cannot make them again\n",
                 log.path().c_str(), lacks.c_str());
  };
  // Checkpoints of earlier versions do not tell their last row: then less than a cadence is no gap.
  if (promised.train_step > 0) warn(train_, promised.train_step, log_every, promised.train_rows);
  if (promised.eval_step >= 0) warn(eval_, promised.eval_step, 1, promised.eval_rows);
}

double TrainingLogs::wall_time() const {
  return earlier_wall_time_ +
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void TrainingLogs::WriteTrain(const Counters& counters,
                              const std::map<std::string, double>& metrics) {
  const double now = wall_time();
  const auto new_steps = static_cast<double>(counters.env_step - last_env_step_);
  CsvRow row(metrics);
  row["env_step"] = static_cast<double>(counters.env_step);
  row["agent_step"] = static_cast<double>(counters.agent_step);
  row["gradient_step"] = static_cast<double>(counters.gradient_step);
  row["episode"] = static_cast<double>(counters.episode);
  row["wall_time_s"] = now;
  row["env_steps_per_s"] = new_steps / std::max(now - last_wall_time_, 1e-9);
  if (!std::isnan(counters.episode_return)) row["episode_return"] = counters.episode_return;
  train_.Write(row);

  std::map<std::string, double> scalars;
  for (const auto& [name, value] : row) {
    if (name != "env_step") scalars["train/" + name] = value;
  }
  events_.Write(counters.env_step, scalars);
  last_wall_time_ = now;
  last_env_step_ = counters.env_step;
}

void TrainingLogs::WriteEvaluation(std::int64_t env_step,
                                   const std::vector<double>& episode_returns,
                                   const ReturnColumns& more) {
  const double now = wall_time();
  for (std::size_t episode = 0; episode < episode_returns.size(); ++episode) {
    CsvRow row{{"env_step", static_cast<double>(env_step)},
               {"episode", static_cast<double>(episode)},
               {"episode_return", episode_returns[episode]},
               {"wall_time_s", now}};
    for (const auto& [column, returns] : more) row[column] = returns.at(episode);
    eval_.Write(row);
  }
  std::map<std::string, double> scalars;
  const auto add = [&scalars](const std::string& column, const std::vector<double>& returns) {
    const auto summary = Summarize(returns);
    scalars["eval/" + column] = summary.mean;
    scalars["eval/" + column + "_std"] = summary.deviation;
  };
  add("episode_return", episode_returns);
  for (const auto& [column, returns] : more) add(column, returns);
  events_.Write(env_step, scalars);
}

void TrainingLogs::Sync() {
  train_.Sync();
  eval_.Sync();
  events_.file().Sync();
}

std::string TrainingLogs::Waiting() {
  if (train_.waiting()) return train_.path();
  if (eval_.waiting()) return eval_.path();
  return events_.file().waiting() ? events_.file().path() : "";
}

}  // namespace curl_rl::experiments
