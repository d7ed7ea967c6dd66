// When two configs are the same: of one run, of one method, in one folder. Roles decide it
// (envs/setting.h), and nothing else.
#pragma once

#include <map>
#include <string>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// The questions, and the roles whose settings must agree.
enum class Same {
  kRun,     // task, outcome: one may go on where the other stopped (`resume`, `train --continue`)
  kMethod,  // outcome: they are seeds or tasks of one method (`compare`)
  kFolder,  // task, outcome, budget: what stands in the folder is what is asked for (`sweep`)
};

bool Counts(Same question, envs::Role role);

/// Key to value, as YAML.
using SettingTexts = std::map<std::string, std::string>;

/// The settings that count.
SettingTexts SettingsThatCount(const ExperimentConfig& config, Same question);

/// "seed is 3 there, asked for is 4": the first setting that counts and differs; "": they are the
/// same.
std::string Difference(const ExperimentConfig& there, const ExperimentConfig& asked, Same question);

/// Gives `config` the settings of `role` that `other` has, where both are of the same parts.
void TakeSettings(envs::Role role, const ExperimentConfig& other, ExperimentConfig& config);

/// The role of a key; of one that this program does not know (an objective of a user's own, a
/// column of a CSV file) kOutcome.
envs::Role RoleOf(const std::string& key);

}  // namespace curl_rl::experiments
