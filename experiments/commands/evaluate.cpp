// The command `evaluate`: returns of a run's agent over new episodes, and films of them.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/commands/film_arguments.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/process_setup.h"
#include "experiments/run/run_identity.h"
#include "experiments/training/trainer.h"

namespace curl_rl::experiments {
namespace {

// The run's task, as it is or disturbed.
struct Play {
  ExperimentConfig config;
  std::string disturbances;  // empty: as the run has it
};

std::vector<Play> PlaysOf(const ExperimentConfig& config,
                          const std::vector<envs::Disturbances>& disturbances) {
  std::vector<Play> plays = {{config, ""}};
  for (const auto& each : disturbances) {
    if (config.observation != Observation::kPixels) {
      throw UsageError("--disturb changes pictures, and the run's observation is state");
    }
    plays.push_back({config, envs::TextOf(each)});
    plays.back().config.environment.disturb = {plays.back().disturbances};
    EnvironmentOptionsOf(plays.back().config, /*seed=*/1);  // files that are missing are told first
  }
  return plays;
}

// In portions, so that returns are seen as they come, and no more is recorded than filmed: the
// first `filmed` episodes.
std::vector<double> PrintReturns(agents::Agent& agent, Lanes& lanes, std::int64_t episodes,
                                 std::int64_t filmed, video::Recordings* recordings) {
  std::vector<double> returns;
  for (std::int64_t begin = 0; begin < episodes;) {
    const bool record = begin < filmed;
    const auto end = record ? filmed : episodes;
    const auto portion = std::min(static_cast<std::int64_t>(lanes.size()), end - begin);
    for (const double episode_return :
         Evaluate(agent, lanes, portion, record ? &recordings->episodes : nullptr)) {
      std::printf("  episode %3lld   %7.1f\n", static_cast<long long>(begin++), episode_return);
      returns.push_back(episode_return);
    }
    std::fflush(stdout);
  }
  return returns;
}

}  // namespace

int EvaluateCommand(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ArgumentSpec spec{
      "evaluate RUN_DIR [options]",
      "Plays episodes of a trained agent without exploration and prints the return of "
      "each."};
  spec.words = {"RUN_DIR"};
  spec.required_words = 1;
  auto add = spec.options.add_options();
  add("checkpoint", po::value<std::string>()->default_value("latest"), "latest | best | ENV_STEP");
  add("episodes", po::value<std::int64_t>()->default_value(10), "how many");
  add("environments", po::value<std::int64_t>(),
      "that play side by side; default: the run's eval_environments");
  add("seed", po::value<std::int64_t>()->default_value(1), "of the environment");
  AddDisturbOption(&spec,
                   "each is played after the task as it is, with the same starts; a film "
                   "shows the last");
  video::AddFilmOptions(&spec);
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  const auto& run_dir = parsed->words.front();
  const auto episodes = IntegerOption(*parsed, "episodes", 1, 1000000);
  const auto seed = static_cast<std::uint32_t>(IntegerOption(*parsed, "seed", 0, 4294967295));
  const auto film = video::ReadFilmOptions(*parsed);
  if (film.episodes > episodes) {
    throw UsageError("--video-episodes: got " + std::to_string(film.episodes) +
                     ", allowed: up to the " + std::to_string(episodes) + " of --episodes");
  }

  const auto config = ReadConfig(run_dir + "/config.yaml", {}, PluginOption(*parsed));
  WarnOfTaskChange(run_dir, config);
  SetUpProcess(config);
  const auto device = ResolveDevice(config.device);
  const auto saved = ReadAgent(run_dir, parsed->options["checkpoint"].as<std::string>());
  const auto environments = parsed->options.count("environments") > 0
                                ? IntegerOption(*parsed, "environments", 1, 1024)
                                : config.eval_environments;
  const auto side_by_side = std::min(environments, episodes);
  auto plays = PlaysOf(config, DisturbOption(*parsed));
  std::optional<Lanes> lanes(MakeEvaluationLanes(config, seed, side_by_side));
  const auto agent =
      MakeAgent(config, (*lanes)[0].observation_shape(), (*lanes)[0].action_size(), device);
  agent->Load(saved.tensors);

  std::printf("%s, checkpoint of env step %lld, seed %u\n", config.task.c_str(),
              static_cast<long long>(saved.env_step), seed);
  video::Recordings recordings;
  for (const Play& play : plays) {
    if (!play.disturbances.empty()) {
      std::printf("disturbed by %s\n", play.disturbances.c_str());
      lanes.reset();  // its threads end before others begin
      lanes.emplace(MakeEvaluationLanes(play.config, seed, side_by_side));
    }
    const bool filmed = &play == &plays.back();
    recordings = {play.config.task, EnvironmentOptionsOf(play.config, seed),
                  play.config.action_repeat};
    const auto summary =
        Summarize(PrintReturns(*agent, *lanes, episodes, filmed ? film.episodes : 0, &recordings));
    std::printf("mean ± std over %lld episodes: %.1f ± %.1f\n", static_cast<long long>(episodes),
                summary.mean, summary.deviation);
    std::fflush(stdout);
  }
  if (film.episodes > 0) video::Film(recordings, film, std::cout);
  return 0;
}

}  // namespace curl_rl::experiments
