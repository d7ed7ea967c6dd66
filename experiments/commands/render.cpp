// The command `render`: a window on a run's agent, or on a task under random or zero actions.
#include <charconv>

#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/plugins.h"
#include "experiments/config/usage_error.h"
#include "experiments/play/run_policy.h"
#include "experiments/video/backdrops.h"
#include "experiments/viewer/viewer.h"

namespace curl_rl::experiments {
namespace {

// "1280x720" in pixels.
void ReadSize(const std::string& text, viewer::ViewerOptions* options) {
  const char* const end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, options->width);
  if (error == std::errc() && next != end && *next == 'x') {
    const auto second = std::from_chars(next + 1, end, options->height);
    const auto fits = [](int side) { return side >= 100 && side <= 16384; };
    if (second.ec == std::errc() && second.ptr == end && fits(options->width) &&
        fits(options->height)) {
      return;
    }
  }
  throw UsageError("--size: got '" + text +
                   "', allowed: WIDTHxHEIGHT in pixels, each 100 .. 16384");
}

PlayableRun LoadRunToShow(const Arguments& arguments) {
#ifdef CURL_RL_WITH_TORCH
  RunPolicyOptions play;
  play.checkpoint = arguments.options["checkpoint"].as<std::string>();
  play.plugins = PluginOption(arguments);
  play.watched = true;
  play.follow = arguments.options.count("follow") > 0;
  return LoadRun(arguments.words.front(), play);
#else
  (void)arguments;
  throw std::runtime_error(
      "this program was built without LibTorch and has no agent; --env NAME shows an environment");
#endif
}

PlayableRun MakeWithoutAgent(const Arguments& arguments, std::uint32_t seed) {
  for (const std::string& plugin : PluginOption(arguments)) LoadPlugin(plugin);
  PlayableRun run;
  run.task = FindEnvironment(arguments.options["env"].as<std::string>()).name;
  run.environment.python.resize = true;  // Python's frames may have any size
  const auto policy = arguments.options["policy"].as<std::string>();
  if (policy == "random") {
    run.policy = MakeRandomPolicy(seed);
  } else if (policy == "zero") {
    run.policy = MakeZeroPolicy();
  } else {
    throw UsageError("unknown policy '" + policy + "'; allowed: random | zero");
  }
  return run;
}

void RefuseMixtures(const Arguments& arguments) {
  const auto& options = arguments.options;
  const bool env = options.count("env") > 0;
  if (env == !arguments.words.empty()) {
    throw UsageError("name either a RUN_DIR or --env NAME, to see an agent or an environment");
  }
  if (env && (options.count("follow") > 0 || !options["checkpoint"].defaulted())) {
    throw UsageError("--follow and --checkpoint need a RUN_DIR");
  }
  if (!env && !options["policy"].defaulted()) throw UsageError("--policy needs --env NAME");
  if (options.count("follow") > 0 && !options["checkpoint"].defaulted()) {
    throw UsageError("--follow shows the newest checkpoint: it excludes --checkpoint");
  }
}

}  // namespace

int RenderCommand(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ArgumentSpec spec{
      "render RUN_DIR | --env NAME [options]",
      "Opens a window on an agent at play, at real-time speed, or on an environment. F1 shows the "
      "keys.\nWithout a display: curl-rl evaluate RUN_DIR --video FILE.mp4."};
  spec.words = {"RUN_DIR"};
  auto add = spec.options.add_options();
  add("env", po::value<std::string>(), "NAME of an environment, to be seen without an agent");
  add("policy", po::value<std::string>()->default_value("random"), "with --env: random | zero");
  add("checkpoint", po::value<std::string>()->default_value("latest"), "latest | best | ENV_STEP");
  add("follow", "take over every new checkpoint of a run that is still training");
  add("seed", po::value<std::int64_t>()->default_value(1), "of the environment, and of random");
  add("size", po::value<std::string>()->default_value("1280x720"), "of the window, in pixels");
  add("paused", "begin paused");
  AddDisturbOption(&spec, "all of them; seen in the agent's frames, the scene stays as it is");
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  RefuseMixtures(*parsed);
  const auto seed = static_cast<std::uint32_t>(IntegerOption(*parsed, "seed", 0, 4294967295));
  viewer::ViewerOptions options;
  ReadSize(parsed->options["size"].as<std::string>(), &options);
  options.paused = parsed->options.count("paused") > 0;

  const bool env = parsed->options.count("env") > 0;
  auto run = env ? MakeWithoutAgent(*parsed, seed) : LoadRunToShow(*parsed);
  options.task = run.task;
  options.environment = run.environment;
  options.environment.seed = seed;
  if (parsed->options.count("disturb") > 0) {
    video::SetDisturbances(DisturbOptionTogether(*parsed), &options.environment);
  }
  options.advice =
      env ? "for a video: curl-rl rollout " + run.task + " --video FILE.mp4"
          : "for a video: curl-rl evaluate " + parsed->words.front() + " --video FILE.mp4";
  viewer::View(options, std::move(run.policy));
  return 0;
}

}  // namespace curl_rl::experiments
