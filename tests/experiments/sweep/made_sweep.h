// A small sweep for tests that run the program: 2 tasks x 3 seeds of state-vector runs that take
// seconds, and what to look at when they have been run.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {

/// One decision is 5 env steps: 10 decisions an episode of toy_reach, 200 of cartpole_swingup.
inline std::string SmallConfig() {
  return "method: m\nobservation: state\nthreads: 1\nenv_steps: 3000\naction_repeat: 5\n"
         "frame_stack: 1\ninit_steps: 50\nreplay_capacity: 1000\neval_every: 1000\n"
         "eval_episodes: 1\nlog_every: 100\ncheckpoint_every: 250\n"
         "agent: {contrastive: none, batch_size: 32, hidden_dim: 32}\n";
}

/// Every run directory of the small sweep in `output`.
inline std::vector<std::string> SmallRuns(const std::string& output) {
  std::vector<std::string> runs;
  for (const char* task : {"toy_reach", "cartpole_swingup"}) {
    for (const char* seed : {"0", "1", "2"}) {
      runs.push_back(output + "/" + task + "/m/seed_" + seed);
    }
  }
  return runs;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// A run's CSV without the columns that are times: the rest must not depend on interruptions.
inline std::string WithoutTimes(const std::string& path) {
  std::istringstream file(ReadFile(path));
  std::vector<bool> kept;
  std::string text;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string cell;
    const bool header = kept.empty();
    for (std::size_t c = 0; std::getline(cells, cell, ','); ++c) {
      if (header) kept.push_back(cell != "wall_time_s" && cell != "env_steps_per_s");
      if (kept.at(c)) text += cell + ",";
    }
    text += "\n";
  }
  return text;
}

inline bool HasState(const std::string& run, const std::string& state) {
  return ReadFile(run + "/run.json").find("\"state\": \"" + state + "\"") != std::string::npos;
}

inline bool HasCheckpoint(const std::string& run) {
  const std::string folder = run + "/checkpoints";
  if (!std::filesystem::exists(folder)) return false;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (std::filesystem::exists(entry.path() / "manifest.json")) return true;
  }
  return false;
}

/// Some run is finished, and some other is amid its work with a checkpoint.
inline bool IsInTheMiddle(const std::string& output) {
  bool finished = false;
  bool amid = false;
  for (const std::string& run : SmallRuns(output)) {
    finished = finished || HasState(run, "finished");
    amid = amid || (HasState(run, "running") && HasCheckpoint(run));
  }
  return finished && amid;
}

}  // namespace curl_rl::experiments
