#include <mujoco/mujoco.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "envs/gl_context.h"
#include "experiments/arguments.h"
#include "experiments/command.h"
#include "experiments/config_reader.h"
#include "experiments/process_setup.h"
#include "experiments/progress.h"
#include "experiments/run_directory.h"
#include "experiments/torch_info.h"
#include "experiments/trainer.h"
#include "replay/memory.h"

namespace curl_rl::experiments {
namespace {

void PrintStart(const ExperimentConfig& config, const RunInfo& info, const Trainer& trainer,
                const std::string& run_dir) {
  const auto& replay = trainer.replay().options();
  std::printf("task      %s from %s, action repeat %lld, seed %lld\n", config.task.c_str(),
              config.observation.c_str(), static_cast<long long>(config.action_repeat),
              static_cast<long long>(config.seed));
  std::printf("agent     contrastive %s, batch %lld, schedule %s, %s\n",
              config.agent.contrastive.c_str(), static_cast<long long>(config.agent.batch_size),
              config.agent.schedule.c_str(), config.agent.precision.c_str());
  std::printf("device    %s, %lld threads, LibTorch %s\n", info.device.c_str(),
              static_cast<long long>(info.threads), info.torch_version.c_str());
  if (config.observation == "pixels") std::printf("drawing   %s\n", info.gl.c_str());
  std::printf("replay    %lld transitions, %s on %s\n", static_cast<long long>(replay.capacity),
              replay::FormatBytes(replay::ReplayBytes(replay)).c_str(),
              replay.device.str().c_str());
  std::printf("run       %s\n\n", run_dir.c_str());
  std::fflush(stdout);
}

void PrintEnd(const std::vector<EvaluationRecord>& evaluations, const std::string& run_dir) {
  const auto& first = evaluations.front();
  const auto& last = evaluations.back();
  std::printf("\nevaluation return, mean ± std over episodes\n");
  for (const auto* record : {&first, &last}) {
    std::printf("  at env step %8lld   %7.1f ± %.1f\n", static_cast<long long>(record->env_step),
                record->episode_return.mean, record->episode_return.deviation);
  }
  std::printf(
      "\nThe run is in %s\n"
      "  eval.csv, train.csv and a TensorBoard event file: the curves\n"
      "  curl-rl evaluate %s --episodes 20\n"
      "  curl-rl compare %s\n",
      run_dir.c_str(), run_dir.c_str(), run_dir.c_str());
}

}  // namespace

int TrainCommand(const std::vector<std::string>& arguments) {
  ArgumentSpec spec{
      "train CONFIG.yaml [key=value ...]",
      "Trains an agent. Every key of the config can be overridden: agent.batch_size=128 seed=3\n"
      "run_dir=DIR. `curl-rl config` lists the keys."};
  spec.words = {"CONFIG.yaml", "key=value"};
  spec.required_words = 1;
  spec.more_words = true;
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  const std::vector<std::string> overrides(parsed->words.begin() + 1, parsed->words.end());
  const auto config = ReadConfig(parsed->words.front(), overrides);

  RunInfo info;
  info.threads = SetUpProcess(config.threads);
  const auto device = ResolveDevice(config.device);
  info.device = device.str();
  info.torch_version = QueryTorch().version;
  info.mujoco_version = mj_versionString();
  info.command = {"train"};
  info.command.insert(info.command.end(), arguments.begin(), arguments.end());

  // What can fail for want of memory or GL fails before anything is written.
  Trainer trainer(config, device);
  info.gl = config.observation == "pixels" ? envs::QueryGl().Describe() : "none";
  auto run = RunDirectory::Create(config, info);
  PrintStart(config, info, trainer, run.path());
  std::vector<EvaluationRecord> evaluations;
  {
    Progress progress(std::cout, IsTerminal(1), config.env_steps, 0);
    evaluations = trainer.Run(run.path(), progress);
  }
  run.Finish("finished");
  PrintEnd(evaluations, run.path());
  return 0;
}

}  // namespace curl_rl::experiments
