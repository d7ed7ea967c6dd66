// The grid of runs that a sweep makes: tasks x methods x settings x seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/config/usage_error.h"
#include "experiments/training/footprint.h"

namespace curl_rl::experiments {

/// One axis of the grid: a config key and the values it takes.
struct SweptSetting {
  std::string key;
  std::vector<std::string> values;
};

struct GridOptions {
  std::vector<std::string> configs;    // files for every run, the later wins
  std::vector<std::string> overrides;  // key=value, for every run
  std::vector<std::string> tasks;      // environments; empty: the configs' own
  std::vector<std::string> methods;    // shipped ones, or files; empty: the configs' own
  std::vector<std::int64_t> seeds;
  std::vector<SweptSetting> settings;
  std::vector<std::string> plugins;
  std::string output;  // folder of the sweep
};

/// One run of the grid.
struct Element {
  std::string method;  // config's method and the swept settings: "curl,batch_size=128"
  ExperimentConfig config;
  std::vector<std::string> arguments;  // of the program: "train", CONFIG ..., key=value ...
  Footprint footprint = {};            // for whoever shares out memory to fill in

  /// "cartpole_swingup curl seed 3".
  std::string name() const;
  /// <output>/logs/<task>,<method>,seed_<n>.log: beside the runs, since a run's folder must be
  /// empty when it starts.
  std::string log_path(const std::string& output) const;
};

/// "0-4" or "1,3,7-9", ascending or not, each once. Throws UsageError that shows what is allowed.
std::vector<std::int64_t> ParseSeeds(const std::string& text);

/// "a,b": words without empty or repeated ones. `option` is for the message of the UsageError.
std::vector<std::string> ParseList(const std::string& text, const std::string& option);

/// "agent.batch_size=128,512". Throws UsageError that shows the form.
SweptSetting ParseSetting(const std::string& text);

/// Every run of the grid, checked: seeds slowest of all, so that a grid cut off anywhere has as
/// many seeds of one method as of another; then tasks, methods and settings (the last one fastest).
/// A run is read from the task's config (tasks/<task>.yaml of the shipped ones, if there is one),
/// the configs, the method's file and the overrides, the later wins. Run directories are
/// <output>/<task>/<method>/seed_<n>. Throws UsageError for a config that cannot be run (unknown
/// keys, tasks and methods with the nearest one), a key given twice, and two runs that would share
/// a folder.
std::vector<Element> ExpandGrid(const GridOptions& options);

/// The run directories of those with at least one evaluation: what can be compared.
std::vector<std::string> Evaluated(const std::vector<Element>& elements);

}  // namespace curl_rl::experiments
