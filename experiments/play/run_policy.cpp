// The agent of a run as a rollout's policy: loaded from a checkpoint, it acts by the mean.
#include "experiments/play/run_policy.h"

#include <memory>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "experiments/play/agent_view.h"
#include "experiments/play/make_agent.h"
#include "experiments/run/run_identity.h"
#include "replay/frame_stack.h"

namespace curl_rl::experiments {
namespace {

// What the policy keeps between two control steps. The agent is made at the first one, when the
// environment tells its shapes.
struct Player {
  ExperimentConfig config;
  torch::Device device;
  replay::NamedTensors parameters;
  std::unique_ptr<Observer> observer;
  std::unique_ptr<agents::Agent> agent;
  replay::FrameStack stack;
  std::vector<double> action = {};

  void Decide(envs::Environment& environment, bool first) {
    if (!agent) {
      observer = std::make_unique<Observer>(config.observation, environment.observation_spec());
      agent = MakeAgent(config, observer->shape(), environment.action_spec().size, device);
      agent->Load(parameters);
    }
    const auto& observation = observer->Read(environment);
    first ? stack.Reset(observation) : stack.Push(observation);
    action = FirstAction(agent->Act(stack.Get(), agents::ActMode::kMean));
  }
};

}  // namespace

PlayableRun LoadRun(const std::string& run_dir, const std::string& checkpoint, std::uint32_t seed,
                    const std::vector<std::string>& plugins) {
  const auto config = ReadConfig(run_dir + "/config.yaml", {}, plugins);
  WarnOfTaskChange(run_dir, config);
  SetUpProcess(config);
  const auto device = ResolveDevice(config.device);
  auto parameters = ReadAgent(run_dir, checkpoint).tensors;
  // Shared, since a std::function must be copyable.
  const auto player =
      std::make_shared<Player>(Player{config, device, std::move(parameters), nullptr, nullptr,
                                      replay::FrameStack(config.frame_stack)});
  const auto policy = [player](envs::Environment& environment, std::int64_t step,
                               std::vector<double>* action) {
    if (step % player->config.action_repeat == 0) player->Decide(environment, step == 0);
    *action = player->action;
    return true;
  };
  return {config.task, EnvironmentOptionsOf(config, seed), policy};
}

}  // namespace curl_rl::experiments
