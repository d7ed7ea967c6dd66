#include "experiments/training/training_logs.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "experiments/training/evaluation.h"

namespace curl_rl::experiments {
namespace {

// The columns are fixed, so that every run's file can be read alike; what a run has no value for
// stays empty.
std::vector<std::string> TrainColumns() {
  return {"env_step",
          "agent_step",
          "gradient_step",
          "episode",
          "episode_return",
          "wall_time_s",
          "env_steps_per_s",
          "batch_reward",
          "critic_loss",
          "q1",
          "target_q",
          "actor_loss",
          "policy_entropy",
          "temperature",
          "temperature_loss",
          "contrastive_loss",
          "contrastive_accuracy"};
}

std::vector<std::string> EvalColumns() {
  return {"env_step", "episode", "episode_return", "wall_time_s"};
}

// The log of a run that is taken up. One that cannot be continued (gone, or changed by a
// spreadsheet) steps aside: the run's checkpoints are whole, and its next rows have a place.
CsvLog Continue(const std::string& path, const std::vector<std::string>& columns,
                std::int64_t env_step) {
  namespace fs = std::filesystem;
  std::string why;
  try {
    return CsvLog::Continue(path, columns, env_step);
  } catch (const FileError& error) {
    if (error.code() != ENOENT) throw;
    why = error.what();
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  std::string kept;
  if (fs::exists(fs::symlink_status(path))) {
    int number = 1;
    do {
      kept = path + ".old_" + std::to_string(number++);
    } while (fs::exists(fs::symlink_status(kept)));
    fs::rename(path, kept);
  }
  std::fprintf(stderr, "curl-rl: warning: %s; a new one begins%s\n", why.c_str(),
               kept.empty() ? "" : (", the old one is kept as " + kept).c_str());
  return CsvLog(path, columns);
}

}  // namespace

void MetricMeans::Add(const replay::NamedTensors& metrics) {
  for (const auto& [name, value] : metrics) {
    auto& sum = sums_[name];
    sum.value = sum.count == 0 ? value.to(torch::kFloat64, /*non_blocking=*/true, /*copy=*/true)
                               : sum.value.to(value.device()).add_(value);  // Load's is on the CPU
    ++sum.count;
  }
}

std::map<std::string, double> MetricMeans::Take() {
  std::map<std::string, double> means;
  for (const auto& [name, sum] : sums_) {
    means[name] = sum.value.item<double>() / static_cast<double>(sum.count);
  }
  sums_.clear();
  return means;
}

replay::NamedTensors MetricMeans::Save() const {
  replay::NamedTensors tensors;
  for (const auto& [name, sum] : sums_) {
    tensors[name] =
        torch::tensor({sum.value.item<double>(), static_cast<double>(sum.count)}, torch::kFloat64);
  }
  return tensors;
}

void MetricMeans::Load(const replay::NamedTensors& tensors) {
  sums_.clear();
  for (const auto& [name, pair] : tensors) {
    sums_[name] = {pair.select(0, 0).clone(), static_cast<std::int64_t>(pair[1].item<double>())};
  }
}

TrainingLogs::TrainingLogs(const std::string& run_dir)
    : start_(std::chrono::steady_clock::now()),
      train_(run_dir + "/train.csv", TrainColumns()),
      eval_(run_dir + "/eval.csv", EvalColumns()),
      events_(run_dir, std::nullopt) {}

TrainingLogs::TrainingLogs(const std::string& run_dir, std::int64_t env_step, double wall_time)
    : start_(std::chrono::steady_clock::now()),
      earlier_wall_time_(wall_time),
      train_(Continue(run_dir + "/train.csv", TrainColumns(), env_step)),
      eval_(Continue(run_dir + "/eval.csv", EvalColumns(), env_step)),
      events_(run_dir, env_step),
      last_wall_time_(wall_time),
      last_env_step_(env_step) {}

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
                                   const std::vector<double>& episode_returns) {
  const double now = wall_time();
  for (std::size_t episode = 0; episode < episode_returns.size(); ++episode) {
    eval_.Write({{"env_step", static_cast<double>(env_step)},
                 {"episode", static_cast<double>(episode)},
                 {"episode_return", episode_returns[episode]},
                 {"wall_time_s", now}});
  }
  const auto summary = Summarize(episode_returns);
  events_.Write(env_step, {{"eval/episode_return", summary.mean},
                           {"eval/episode_return_std", summary.deviation}});
}

void TrainingLogs::Sync() {
  for (auto* file : {&train_.file(), &eval_.file(), &events_.file()}) file->Sync();
}

std::string TrainingLogs::Waiting() {
  for (auto* file : {&train_.file(), &eval_.file(), &events_.file()}) {
    if (file->waiting()) return file->path();
  }
  return "";
}

}  // namespace curl_rl::experiments
