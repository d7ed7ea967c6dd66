// The command `rollout`: episodes, or given states, as JSON lines.
#include "experiments/play/rollout.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>

#include "envs/registry.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/commands/film_arguments.h"
#include "experiments/config/plugins.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"
#include "experiments/play/run_policy.h"
#include "experiments/video/backdrops.h"

namespace curl_rl::experiments {
namespace {

// Writes to stdout, or (if `path` is not empty) to a file that appears when it is complete.
void WriteTo(const std::string& path, const std::function<void(std::ostream&)>& write) {
  if (path.empty()) {
    write(std::cout);
    return;
  }
  PendingFile pending(path);
  pending.Create();
  std::ofstream file(pending.write_path());
  if (!file) ThrowErrno(path, "cannot create");
  write(file);
  file.close();
  if (!file) ThrowErrno(path, "cannot write");
  pending.Commit();
}

std::unique_ptr<Policy> MakePolicy(const std::string& name, std::uint32_t seed) {
  if (name == "random") return MakeRandomPolicy(seed);
  if (name == "zero") return MakeZeroPolicy();
  if (name.size() > 4 && name.substr(name.size() - 4) == ".csv") return MakeCsvPolicy(name);
  throw UsageError("unknown policy '" + name + "'; allowed: random | zero | FILE.csv");
}

PlayableRun LoadRunOrRefuse(const Arguments& arguments) {
#ifdef CURL_RL_WITH_TORCH
  const auto& options = arguments.options;
  if (!options["policy"].defaulted()) throw UsageError("--run and --policy exclude each other");
  RunPolicyOptions play;
  play.checkpoint = options["checkpoint"].as<std::string>();
  play.plugins = PluginOption(arguments);
  return LoadRun(options["run"].as<std::string>(), play);
#else
  (void)arguments;
  throw std::runtime_error("--run: this program was built without LibTorch and has no agent");
#endif
}

}  // namespace

int RolloutCommand(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ArgumentSpec spec{
      "rollout ENV [options]",
      "Plays episodes of an environment and writes one JSON object a control step, \"step\":0 for "
      "the\nreset. One action a control step: there is no action repeat."};
  spec.words = {"ENV"};
  spec.required_words = 1;
  auto add = spec.options.add_options();
  add("policy", po::value<std::string>()->default_value("random"),
      "random | zero | FILE.csv (a row an action, on through all episodes)");
  add("run", po::value<std::string>(),
      "RUN_DIR: what its agent does, each action held for the run's action_repeat steps");
  add("checkpoint", po::value<std::string>()->default_value("latest"),
      "of the run: latest | best | ENV_STEP");
  add("seed", po::value<std::int64_t>()->default_value(1), "of the environment, and of random");
  add("episodes", po::value<std::int64_t>(),
      "how many; default 1, or with FILE.csv as many as its rows reach");
  add("state", po::value<std::string>(),
      "FILE.jsonl: instead, reward and observation at each {\"qpos\",\"qvel\",\"ctrl\"}");
  add("output", po::value<std::string>()->default_value(""), "FILE.jsonl instead of stdout");
  AddDisturbOption(&spec, "all of them");
  video::AddFilmOptions(&spec);
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  for (const std::string& plugin : PluginOption(*parsed)) LoadPlugin(plugin);
  const auto& options = parsed->options;
  auto film = video::ReadFilmOptions(*parsed);
  if (film.episodes > 0 && options.count("state") > 0) {
    throw UsageError("--state plays no episode: there is nothing to film");
  }

  const bool from_run = options.count("run") > 0;
  const std::string name = from_run ? "run" : options["policy"].as<std::string>();
  const std::uint32_t seed =
      static_cast<std::uint32_t>(IntegerOption(*parsed, "seed", 0, 4294967295));
  std::int64_t episodes = name == "random" || name == "zero" || from_run ? 1 : 0;
  if (options.count("episodes") > 0) {
    episodes = IntegerOption(*parsed, "episodes", 1, 1000000000);
  }
  PlayableRun run;
  run.environment.pixels = false;
  if (from_run) run = LoadRunOrRefuse(*parsed);
  run.environment.seed = seed;
  const auto& info = FindEnvironment(parsed->words.front());
  if (from_run && info.name != run.task) {
    throw UsageError("--run: the run is of " + run.task + ", not of " + info.name);
  }
  if (const auto disturbances = DisturbOptionTogether(*parsed); disturbances.any()) {
    if (!run.environment.pixels && film.episodes == 0) {
      throw UsageError(
          "--disturb changes pictures, and nobody sees one; allowed with --video, --stills or the "
          "--run of an agent that learned from pixels");
    }
    video::SetDisturbances(disturbances, &run.environment);
  }
  const auto environment = envs::Make(info.name, run.environment);
  video::Recordings recordings{info.name, run.environment};
  WriteTo(options["output"].as<std::string>(), [&](std::ostream& out) {
    if (options.count("state") > 0) {
      WriteStates(*environment, options["state"].as<std::string>(), out);
      return;
    }
    if (!from_run) run.policy = MakePolicy(name, seed);
    WriteRollout(*environment, *run.policy, episodes, out,
                 film.episodes > 0 ? &recordings.episodes : nullptr);
  });
  if (film.episodes > 0) {
    const auto played = static_cast<std::int64_t>(recordings.episodes.size());
    recordings.episodes.resize(static_cast<std::size_t>(std::min(film.episodes, played)));
    const bool rows_on_stdout = options["output"].as<std::string>().empty();
    video::Film(recordings, film, rows_on_stdout ? std::cerr : std::cout);
  }
  return 0;
}

}  // namespace curl_rl::experiments
