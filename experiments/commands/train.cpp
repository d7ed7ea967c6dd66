// train, resume, import: runs from their beginning or from where they stopped.
#include <mujoco/mujoco.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/gpu_memory.h"
#include "experiments/machine/least_memory.h"
#include "experiments/machine/process_setup.h"
#include "experiments/machine/signals.h"
#include "experiments/machine/torch_info.h"
#include "experiments/run/progress.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_identity.h"
#include "experiments/run/run_state.h"
#include "experiments/sweep/child_process.h"
#include "experiments/training/trainer.h"
#include "replay/memory.h"
#include "replay/process_limits.h"

namespace curl_rl::experiments {
namespace {

RunInfo DescribeRun(const ExperimentConfig& config, const Trainer& trainer, int threads,
                    const torch::Device& device, const char* command,
                    const std::vector<std::string>& arguments) {
  RunInfo info;
  info.task_files = FilesOfTask(config);
  info.threads = threads;
  info.device = device.str();
  info.torch_version = QueryTorch().version;
  info.mujoco_version = mj_versionString();
  info.gl = trainer.DrawnBy();
  info.environment = trainer.EnvironmentVersions();
  info.command = {command};
  info.command.insert(info.command.end(), arguments.begin(), arguments.end());
  return info;
}

void PrintStart(const ExperimentConfig& config, const RunInfo& info, const Trainer& trainer,
                const std::string& memory, const std::string& run_dir) {
  const auto& replay = trainer.replay().options();
  std::string objectives;
  for (const auto& objective : config.agent.objectives) {
    objectives += (objectives.empty() ? "" : ", ") + objective->info().name;
  }
  std::printf("task      %s from %s, action repeat %lld, seed %lld\n", config.task.c_str(),
              envs::NameOf(config.observation), static_cast<long long>(config.action_repeat),
              static_cast<long long>(config.seed));
  std::printf("agent     %s, objectives [%s], batch %lld, schedule %s, %s\n",
              envs::NameOf(config.agent.actor_critic), objectives.c_str(),
              static_cast<long long>(config.agent.batch_size), envs::NameOf(config.agent.schedule),
              envs::NameOf(config.agent.precision));
  std::printf("device    %s, threads %lld, LibTorch %s\n", info.device.c_str(),
              static_cast<long long>(info.threads), info.torch_version.c_str());
  if (config.observation == Observation::kPixels) std::printf("drawing   %s\n", info.gl.c_str());
  const bool compressed = replay.frames == replay::FrameStorage::kCompressed;
  std::printf("replay    %lld transitions, %s%s on %s%s\n", static_cast<long long>(replay.capacity),
              compressed ? "about " : "",
              replay::FormatBytes(trainer.replay().bytes_when_full()).c_str(),
              replay.device.str().c_str(),
              !compressed ? ""
              : trainer.replay().next_id() == 0
                  ? ", frames compressed (assumed: to a third)"
                  : ", frames compressed (if further ones are like those there are)");
  std::printf("memory    %s\n", memory.c_str());
  std::printf("run       %s\n\n", run_dir.c_str());
  std::fflush(stdout);
}

void PrintEnd(const std::vector<EvaluationRecord>& evaluations, const std::string& run_dir) {
  if (!evaluations.empty()) {  // none: eval_every is 0 or longer than the run
    const auto& first = evaluations.front();
    const auto& last = evaluations.back();
    std::printf("\nevaluation return, mean ± std over episodes\n");
    std::vector<const EvaluationRecord*> records = {&first};
    if (&last != &first) records.push_back(&last);
    for (const auto* record : records) {
      std::printf("  at env step %8lld   %7.1f ± %.1f\n", static_cast<long long>(record->env_step),
                  record->episode_return.mean, record->episode_return.deviation);
    }
  }
  const std::string shown = ShellWord(run_dir);
  std::printf(
      "\nThe run is in %s\n"
      "  eval.csv, train.csv and a TensorBoard event file: the curves\n"
      "  curl-rl evaluate %s --episodes 20\n"
      "  curl-rl compare %s\n",
      run_dir.c_str(), shown.c_str(), shown.c_str());
}

// What the run takes at least, in a line; refused if it cannot be had. To be asked first of all:
// making the run's parts may be what the machine cannot do, and the heap's reserve is not yet
// taken.
std::string AskForMemory(const ExperimentConfig& config, const torch::Device& device) {
  TakeThreads(config);  // their buffers count
  const auto left = replay::MemoryOfProcess();
  const auto least = LeastMemory(config, device.is_cpu(), left);
  CheckMemory(least, left);
  return MemoryLine(least, left);
}

Trainer MakeTrainer(const ExperimentConfig& config, const torch::Device& device,
                    const std::string& run_dir) {
  return WithMemoryAdvice(config, device, [&] { return Trainer(config, device, run_dir); });
}

// From the first decision, or where the trainer was restored, to the end or a request to stop, or
// to the env step `pause`.
int Train(const ExperimentConfig& config, Trainer& trainer, RunDirectory& run,
          SignalRequests& requests, std::int64_t pause = std::numeric_limits<std::int64_t>::max()) {
  bool finished = false;
  {
    Progress progress(std::cout, IsTerminal(1), config.env_steps, trainer.env_step());
    finished = WithMemoryAdvice(config, trainer.replay().options().device,
                                [&] { return trainer.Run(progress, requests, pause); });
  }
  run.Finish(finished ? "finished" : "interrupted");
  if (finished) {
    PrintEnd(trainer.evaluations(), run.path());
  } else {
    std::printf(
        "\nStopped at env step %lld of %lld, with a checkpoint. To go on:\n"
        "  curl-rl resume %s\n",
        static_cast<long long>(trainer.env_step()), static_cast<long long>(config.env_steps),
        ShellWord(run.path()).c_str());
  }
  return 0;
}

// c10::Error tells its stack behind the first line.
std::string FirstLine(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

// The newest checkpoint that can be read; damaged ones are named, passed over and set aside.
// Nothing if the run was killed before its first one.
std::optional<std::int64_t> RestoreNewest(Trainer& trainer, const std::string& run_dir,
                                          bool other_task) {
  RemoveHalfCheckpoints(run_dir);
  const auto steps = ListCheckpoints(run_dir);
  if (steps.empty()) return std::nullopt;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    try {
      const auto lost = trainer.Restore(*step, other_task);
      if (!lost.empty()) {
        std::fprintf(stderr, "curl-rl: warning: not continued bit for bit: %s\n", lost.c_str());
      }
      for (const auto& path : SetAsideCheckpointsAfter(run_dir, *step)) {
        std::fprintf(stderr, "curl-rl: warning: the damaged checkpoint is kept as %s\n",
                     path.c_str());
      }
      return *step;
    } catch (const UsageError&) {
      throw;
    } catch (const std::exception& error) {
      if (!IsDamage(error)) throw;
      std::fprintf(stderr, "curl-rl: warning: %s; looking for an older checkpoint\n",
                   FirstLine(error).c_str());
    }
  }
  throw std::runtime_error(run_dir + ": no checkpoint can be read; start anew in another run_dir");
}

// The config, checked on the device that `auto` stands for here.
ExperimentConfig ReadConfigHere(ConfigSources sources) {
  auto config = ReadConfig(sources);
  if (config.device == "auto") {
    sources.overrides.emplace_back("device=" + ResolveDevice(config.device).str());
    ReadConfig(sources);
  }
  return config;
}

// `arguments` are those of the command, for run.json.
int Start(const ExperimentConfig& config, const std::vector<std::string>& arguments) {
  RunDirectory::Check(config);
  const auto device = ResolveDevice(config.device);
  const auto memory = AskForMemory(config, device);
  const int threads = SetUpProcess(config);
  // What can fail for want of memory or GL fails before anything is written.
  auto trainer = MakeTrainer(config, device, RunDirectoryOf(config));
  const auto info = DescribeRun(config, trainer, threads, device, "train", arguments);
  SignalRequests requests;
  auto run = RunDirectory::Create(config, info);
  PrintStart(config, info, trainer, memory, run.path());
  WarnOfPrecision(config, device);
  return Train(config, trainer, run, requests);
}

constexpr char kAcceptChange[] = "accept-changed-task";

void AddAcceptChange(ArgumentSpec* spec) {
  spec->options.add_options()(kAcceptChange, boost::program_options::bool_switch(),
                              "go on although task file, model or plug-in changed since the run "
                              "stopped; noted in run.json");
}

// What changed of the task since the run stopped: refused, unless the user goes on with it.
std::string CheckTask(const std::string& run_dir, const ExperimentConfig& config, bool accept) {
  const auto without = TaskFilesWithoutRecord(run_dir, config);
  if (!without.empty()) {
    std::fprintf(stderr,
                 "curl-rl: warning: %s: run.json does not say what the task's files were when the "
                 "run began (%s%s); it goes on with them as they are\n",
                 run_dir.c_str(), without.begin()->first.c_str(), without.size() > 1 ? ", …" : "");
  }
  const auto change = TaskChange(run_dir, config);
  if (change.empty() || accept) return change;
  throw UsageError(run_dir + ": the task is not what it was when this run stopped: " + change +
                   "; set the files back, or go on with them as they are with --" + kAcceptChange);
}

// `asked`, if there is one, is the same run with another budget, perhaps. `accept`: a change of the
// task too.
int Resume(const std::string& run_dir, const std::vector<std::string>& arguments, bool accept,
           const std::vector<std::string>& plugins = {}, const ExperimentConfig* asked = nullptr) {
  auto lock =
      LockRun(run_dir);  // before anything is looked at: nobody else changes it from here on
  auto config = ReadConfigHere({{run_dir + "/config.yaml"}, {}, plugins});
  if (asked != nullptr) TakeSettings(envs::Role::kBudget, *asked, config);
  const auto change = CheckTask(run_dir, config, accept);
  const auto device = ResolveDevice(config.device);
  const auto memory = AskForMemory(config, device);
  const int threads = SetUpProcess(config);
  auto trainer = MakeTrainer(config, device, run_dir);
  auto info = DescribeRun(config, trainer, threads, device, "resume", arguments);
  info.task_change = change;
  SignalRequests requests;
  auto run = RunDirectory::Open(run_dir, std::move(lock), info, config.seed);
  const auto env_step = RestoreNewest(trainer, run.path(), !change.empty());
  if (!env_step) {
    for (const auto& path : run.SetAsideLogs()) {
      std::fprintf(stderr,
                   "curl-rl: warning: what the run without a checkpoint wrote is kept as %s\n",
                   path.c_str());
    }
  }
  if (asked != nullptr) run.WriteConfig(config);
  PrintStart(config, info, trainer, memory, run.path());
  WarnOfPrecision(config, device);
  if (env_step) {
    std::printf("resumed at env step %lld\n", static_cast<long long>(*env_step));
    std::fflush(stdout);  // whoever reads along learns it now, not with the next line
  } else {
    std::printf("there is no checkpoint yet: it starts anew\n");
  }
  return Train(config, trainer, run, requests);
}

// Whatever stage the run is in, the same call brings it to its end: what a batch system repeats.
int Continue(const ExperimentConfig& config, const std::vector<std::string>& arguments,
             bool accept) {
  const std::string run_dir = RunDirectoryOf(config);
  switch (StageOfRun(config, Same::kRun)) {
    case RunStage::kFinished:
      std::printf("The run is finished already: %s\n", run_dir.c_str());
      return 0;
    case RunStage::kStarted:  // from its beginning, in its place
    case RunStage::kResumable:
      return Resume(run_dir, {run_dir}, accept, {}, &config);
    case RunStage::kAbsent:
      return Start(config, arguments);
  }
  throw std::logic_error("no such stage");
}

}  // namespace

int TrainCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{"train CONFIG.yaml ... [key=value ...]",
                    "Trains an agent. Of several configs the later wins: tasks/walker_walk.yaml "
                    "methods/curl.yaml.\n"
                    "Every key can be overridden: agent.batch_size=128 seed=3 run_dir=DIR. "
                    "`curl-rl config` lists\n"
                    "the keys, `curl-rl methods` the methods. Ctrl-C or SIGTERM stops with a "
                    "checkpoint, SIGUSR1\n"
                    "writes one and goes on; `curl-rl resume RUN_DIR` takes a run up again."};
  spec.words = {"CONFIG.yaml", "key=value"};
  spec.required_words = 1;
  spec.more_words = true;
  spec.options.add_options()("continue", boost::program_options::bool_switch(),
                             "if the run is there, go on with it, to the budget asked for; nothing "
                             "to do if it is finished");
  AddAcceptChange(&spec);
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  const auto sources = ConfigArguments(parsed->words, PluginOption(*parsed));
  if (sources.files.empty()) throw UsageError("CONFIG.yaml is missing: every word has a '='");
  const auto config = ReadConfigHere(sources);
  if (parsed->options["continue"].as<bool>()) {
    return Continue(config, arguments, parsed->options[kAcceptChange].as<bool>());
  }
  return Start(config, arguments);
}

int ResumeCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{
      "resume RUN_DIR [options]",
      "Takes up a run at its newest checkpoint and goes on as if it had never stopped; from its\n"
      "beginning if it was killed before the first one. In RUN_DIR/config.yaml one may change\n"
      "keys with the role budget, machine or label (`curl-rl config` tells), nothing else."};
  spec.words = {"RUN_DIR"};
  spec.required_words = 1;
  AddAcceptChange(&spec);
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  return Resume(parsed->words.front(), arguments, parsed->options[kAcceptChange].as<bool>(),
                PluginOption(*parsed));
}

int ImportCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{
      "import CONFIG.yaml WEIGHTS ... [key=value ...]",
      "Makes a run at env step 0 whose agent has given weights: a file of `curl-rl export`, or\n"
      "the reference implementation's actor_*.pt and critic_*.pt (and curl_*.pt). The run can then "
      "be\n"
      "evaluated, rolled out, exported, and taken up with `curl-rl resume`."};
  spec.words = {"CONFIG.yaml", "WEIGHTS"};
  spec.required_words = 2;
  spec.more_words = true;
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  std::vector<std::string> files, overrides;
  for (auto word = parsed->words.begin() + 1; word != parsed->words.end(); ++word) {
    (IsOverride(*word) ? overrides : files).push_back(*word);
  }
  const auto config = ReadConfigHere({{parsed->words.front()}, overrides, PluginOption(*parsed)});
  for (const auto& file : files) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) throw UsageError(file + ": no such file");
  }
  const auto weights = ReadWeights(files);
  RunDirectory::Check(config);
  const auto device = ResolveDevice(config.device);
  AskForMemory(config, device);
  const int threads = SetUpProcess(config);
  auto trainer = MakeTrainer(config, device, RunDirectoryOf(config));
  trainer.LoadWeights(weights);
  const auto info = DescribeRun(config, trainer, threads, device, "import", arguments);
  SignalRequests requests;
  auto run = RunDirectory::Create(config, info);
  // Before the first decision, after the evaluation at env step 0.
  return Train(config, trainer, run, requests, /*pause=*/0);
}

}  // namespace curl_rl::experiments
