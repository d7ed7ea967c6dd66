// Runs of a few seconds on the toy task, and what they wrote down.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "experiments/config/config_reader.h"

namespace curl_rl::experiments {

inline ExperimentConfig SmallConfig(const std::vector<std::string>& overrides) {
  std::vector<std::string> all = {"env_steps=240", "eval_every=80",        "eval_episodes=1",
                                  "log_every=80",  "checkpoint_every=120", "action_repeat=2",
                                  "init_steps=40", "agent.batch_size=8",   "threads=1",
                                  "device=cpu"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  return ReadConfig(CURL_RL_SOURCE_DIR "/experiments/configs/smoke.yaml", all);
}

using Table = std::vector<std::map<std::string, std::string>>;

inline Table ReadTable(const std::string& path) {
  std::ifstream file(path);
  std::string line, cell;
  std::vector<std::string> columns;
  Table table;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::vector<std::string> values;
    while (std::getline(cells, cell, ',')) values.push_back(cell);
    if (columns.empty()) {
      columns = values;
      continue;
    }
    table.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) table.back()[columns[i]] = values[i];
  }
  return table;
}

// A table without what the clock decides.
inline Table WithoutTimes(Table table) {
  for (auto& row : table) {
    row.erase("wall_time_s");
    row.erase("env_steps_per_s");
  }
  return table;
}

}  // namespace curl_rl::experiments
