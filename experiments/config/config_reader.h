// From YAML files and command-line overrides to a checked ExperimentConfig.
#pragma once

#include <string>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {

/// A config that cannot be run, and the keys at fault; the first is the one that is named.
class ConfigError : public UsageError {
 public:
  ConfigError(std::vector<std::string> keys, const std::string& message)
      : UsageError(keys.front() + ": " + message), keys_(std::move(keys)) {}

  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
};

/// What a config is read from.
struct ConfigSources {
  std::vector<std::string> files = {};      // YAML; the later wins
  std::vector<std::string> overrides = {};  // "dotted.key=value"; after the files, in order
  std::vector<std::string> plugins = {};    // if any, instead of the config's
};

/// The defaults, changed by what the sources say, then validated. Throws UsageError that says
/// file:line:column (or the override), what was wrong, what it got and what is allowed: for unknown
/// keys, wrong values, and settings of a part that is not chosen (unless a later source left that
/// part out: then they are overridden with it).
///
/// What a file has under `tasks: NAME:` holds for the task NAME and comes after the file's other
/// keys. A file that is not there is looked for among the shipped configs (config_files.h).
///
/// The plug-ins are loaded. A task file (task: FILE.yaml) or an environment of Python
/// (gymnasium:ID) is one of them: the result has its name
/// as `task` and what brings it among `plugins`. Their paths, and that of a Python, in a file
/// relative to its folder and elsewhere to the working directory, become absolute, so that a run's
/// config.yaml finds them again.
ExperimentConfig ReadConfig(const ConfigSources& sources);

/// The same of one file; `path` empty: of none.
ExperimentConfig ReadConfig(const std::string& path, const std::vector<std::string>& overrides,
                            const std::vector<std::string>& plugins = {});

/// The same for the text of the file at `path`.
ExperimentConfig ParseConfig(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides = {});

/// The conditions that tie several keys, or a key and the registry, together. Throws ConfigError.
void Validate(const ExperimentConfig& config);

/// config.run_dir, or runs/<task>/<method>/seed_<seed> if that is empty.
std::string RunDirectoryOf(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
