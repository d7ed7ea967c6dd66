// Evaluations of a training agent on its task disturbed, beside those on the task as it is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// Returns of episodes by the column of eval.csv that they belong in.
using ReturnColumns = std::map<std::string, std::vector<double>>;

/// What `eval_disturbances` asks for. Its environments are made for each evaluation and seeded by
/// the run's seed and the env step: there is nothing to save, and a run that is taken up goes on
/// bit for bit. All disturbances of an env step have the same starts of episodes.
class DisturbedEvaluations {
 public:
  /// Makes every task once, so that what cannot be disturbed is told before the run begins: throws
  /// std::invalid_argument or std::runtime_error.
  explicit DisturbedEvaluations(const ExperimentConfig& config);

  /// eval_episodes of each; nothing as soon as `stop` says so. See Evaluate.
  std::optional<ReturnColumns> Play(agents::Agent& agent, std::int64_t env_step,
                                    const std::function<bool()>& stop) const;

 private:
  struct Task {
    std::string column;
    ExperimentConfig config;
    std::shared_ptr<const envs::Backdrop> backdrop;  // held, or it would be read every time
  };
  std::vector<Task> tasks_;
};

}  // namespace curl_rl::experiments
