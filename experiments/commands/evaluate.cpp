// The command `evaluate`: returns of a run's agent over new episodes, and films of them.
#include <algorithm>
#include <cstdio>
#include <iostream>
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
  auto views = MakeViews(config, seed, std::min(environments, episodes));
  const auto agent =
      MakeAgent(config, views.front().observation_shape(), views.front().action_size(), device);
  agent->Load(saved.tensors);

  std::printf("%s, checkpoint of env step %lld, seed %u\n", config.task.c_str(),
              static_cast<long long>(saved.env_step), seed);
  std::vector<double> returns;
  video::Recordings recordings{config.task, EnvironmentOptionsOf(config, seed),
                               config.action_repeat};
  // In portions, so that returns are seen as they come, and no more is recorded than filmed.
  for (std::int64_t begin = 0; begin < episodes;) {
    const bool filmed = begin < film.episodes;
    const auto end = filmed ? film.episodes : episodes;
    const auto portion = std::min(static_cast<std::int64_t>(views.size()), end - begin);
    for (const double episode_return :
         Evaluate(*agent, views, portion, filmed ? &recordings.episodes : nullptr)) {
      std::printf("  episode %3lld   %7.1f\n", static_cast<long long>(begin++), episode_return);
      returns.push_back(episode_return);
    }
    std::fflush(stdout);
  }
  const auto summary = Summarize(returns);
  std::printf("mean ± std over %lld episodes: %.1f ± %.1f\n", static_cast<long long>(episodes),
              summary.mean, summary.deviation);
  std::fflush(stdout);
  if (film.episodes > 0) video::Film(recordings, film, std::cout);
  return 0;
}

}  // namespace curl_rl::experiments
