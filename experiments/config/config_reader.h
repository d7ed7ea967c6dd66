// From a YAML file and command-line overrides to a checked ExperimentConfig.
#pragma once

#include <string>
#include <vector>

#include "experiments/config/config.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {

/// A config that cannot be run, and the key at fault.
class ConfigError : public UsageError {
 public:
  ConfigError(std::string key, const std::string& message)
      : UsageError(key + ": " + message), key_(std::move(key)) {}

  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// The defaults, changed by the file at `path` (empty: no file), then by each override
/// "dotted.key=value" in order, then validated. `plugins` that are not empty take the place of the
/// config's. Throws UsageError that says file:line:column (or the override), what was wrong, what
/// it got and what is allowed.
///
/// The plug-ins are loaded. A task file (task: FILE.yaml) is one of them: the result has its name
/// as `task` and the file among `plugins`. Their paths, in a file relative to its folder and
/// elsewhere to the working directory, become absolute, so that a run's config.yaml finds them
/// again.
ExperimentConfig ReadConfig(const std::string& path, const std::vector<std::string>& overrides,
                            const std::vector<std::string>& plugins = {});

/// The same for the text of the file at `path`.
ExperimentConfig ParseConfig(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides = {},
                             const std::vector<std::string>& plugins = {});

/// The conditions that tie several keys, or a key and the registry, together. Throws ConfigError.
void Validate(const ExperimentConfig& config);

/// config.run_dir, or runs/<task>/<method>/seed_<seed> if that is empty.
std::string RunDirectoryOf(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
