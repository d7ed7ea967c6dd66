// A campaign: the runs that shall answer a question, declared in a file before the first of them
// starts.
#pragma once

#include <optional>
#include <string>

#include "experiments/sweep/grid.h"

namespace curl_rl::experiments {

/// A file with the keys
///
///     campaign: NAME              letters, digits, _ and -; names the folder and the result files
///     question: TEXT              what the runs are to tell
///     configs: [FILE, ...]        configs for every run; shipped ones by "hardware/cpu.yaml"
///     tasks: [TASK, ...]          as --tasks of a sweep
///     methods: [METHOD, ...]      as --methods
///     seeds: 1-5                  as --seeds
///     settings: {key: value, ...} overrides for every run; a list of values is an axis, as --set
///
/// A config or method of the campaign's own is a file named relative to the campaign's.
/// Of the keys campaign, question, seeds and one of tasks, methods and configs are needed.
struct Campaign {
  std::string path;
  std::string text;  // of the file
  std::string name;
  std::string question;
  GridOptions grid;  // output: runs/<name>
};

/// The campaign in the file at `path`; nullopt if it is no readable YAML file with the key
/// `campaign`: then it is a config, or nothing. Throws UsageError "file:line:column: ..." for a
/// campaign with a wrong, missing or unknown key.
std::optional<Campaign> ReadCampaign(const std::string& path);

}  // namespace curl_rl::experiments
