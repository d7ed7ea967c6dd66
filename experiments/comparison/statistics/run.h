// What a comparison is made of: the evaluations of one run, plain data.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/curves.h"
#include "experiments/files/csv.h"

namespace curl_rl::comparison {

using experiments::InputError;

/// One evaluation: the mean over its episodes.
struct Evaluation {
  std::int64_t env_step = 0;
  double score = 0;  // mean episode_return
  int episodes = 0;
  double wall_time_s = 0;  // NaN: not recorded
};

/// What `curl-rl probe` measured of a run's frozen encoder (docs/probe.md). NaN: not defined.
struct Probe {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::int64_t env_step = 0;  // of the checkpoint
  double r2 = kNone;          // mean over the state's entries
  double untrained_r2 = kNone;
  double pixels_r2 = kNone;
  double accuracy = kNone;
  double alignment = kNone;
  double uniformity = kNone;
  double participation_ratio = kNone;
  double effective_rank = kNone;
  double neighbour_distance = kNone;
};

struct Run {
  std::string task;
  std::string method;
  std::int64_t seed = 0;
  std::vector<Evaluation> evaluations;  // by env_step, upwards; never empty
  std::map<std::string, std::string>
      settings;        // resolved config, keys dotted; or extra CSV columns
  std::string source;  // where it was read, for messages
  std::string state;   // of run.json; empty: not known
  std::string host;    // of run.json; empty: not known
  std::map<std::string, std::string> task_files;  // content of what decides the task, of run.json
  std::string task_change;  // of run.json: what was changed of them in mid-run; empty: nothing
  std::int64_t budget = 0;  // env steps asked for; 0: not known
  std::optional<Probe> probe;
  std::map<std::string, Series> metrics;  // of the representation while it trained, by env step

  std::int64_t last_step() const { return evaluations.back().env_step; }
  bool has_wall_time() const;  // at every evaluation

  /// "curl on cartpole_swingup, seed 3".
  std::string name() const;

  Series by_env_step() const;
  Series by_wall_time() const;  // seconds
};

/// A file that was read, for the manifest.
struct InputFile {
  std::string path;
  std::uint32_t crc32;  // of its bytes
};

}  // namespace curl_rl::comparison
