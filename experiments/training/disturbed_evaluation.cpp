// Plays the run's task as often as there are disturbances, in environments of their own.
#include "experiments/training/disturbed_evaluation.h"

#include "envs/disturbances.h"
#include "experiments/training/evaluation.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {

DisturbedEvaluations::DisturbedEvaluations(const ExperimentConfig& config) {
  for (const std::string& text : config.eval_disturbances) {
    Task task{"episode_return_" + envs::NameOf(envs::ParseDisturbances(text)), config, nullptr};
    task.config.environment.disturb = {text};
    const auto options = EnvironmentOptionsOf(task.config, /*seed=*/1);
    task.backdrop = options.backdrop;
    envs::Make(config.task, options);
    tasks_.push_back(std::move(task));
  }
}

std::optional<ReturnColumns> DisturbedEvaluations::Play(agents::Agent& agent, std::int64_t env_step,
                                                        const std::function<bool()>& stop) const {
  ReturnColumns columns;
  for (const Task& task : tasks_) {
    const auto stream =
        replay::StreamSeed(static_cast<std::uint64_t>(task.config.seed), "eval_disturbances");
    const auto seed =
        static_cast<std::uint32_t>(envs::Mixed(stream + static_cast<std::uint64_t>(env_step)));
    auto lanes = MakeEvaluationLanes(task.config, seed, task.config.eval_environments);
    auto returns = Evaluate(agent, lanes, task.config.eval_episodes, nullptr, stop);
    if (returns.empty()) return std::nullopt;
    columns.emplace(task.column, std::move(returns));
  }
  return columns;
}

}  // namespace curl_rl::experiments
