// The agent of a run at play: loaded from a checkpoint, it acts by the mean and, if somebody
// watches, tells what it thinks.
#include "experiments/play/run_policy.h"

#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/config/config_reader.h"
#include "experiments/machine/process_setup.h"
#include "experiments/play/agent_view.h"
#include "experiments/play/make_agent.h"
#include "experiments/play/observer.h"
#include "experiments/run/run_identity.h"

namespace curl_rl::experiments {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLookEvery(2);  // for a newer checkpoint

class RunPolicy final : public Policy {
 public:
  RunPolicy(ExperimentConfig config, std::string run_dir, std::optional<SavedAgent> saved,
            const RunPolicyOptions& options)
      : config_(std::move(config)),
        run_dir_(std::move(run_dir)),
        saved_(std::move(saved)),
        watched_(options.watched),
        follow_(options.follow) {}

  std::optional<Choice> Decide(envs::Environment& environment, bool first) override;
  std::int64_t action_repeat() const override { return config_.action_repeat; }
  std::string Describe() const override {
    return saved_ ? "checkpoint " + std::to_string(saved_->env_step) : "untrained";
  }

 private:
  void Begin(const envs::Environment& environment);
  void TakeNewest();

  ExperimentConfig config_;
  std::string run_dir_;
  std::optional<SavedAgent> saved_;  // nothing: as initialised
  bool watched_;
  bool follow_;
  // Made at the first decision, when the environment tells its shapes.
  std::optional<Observer> observer_;
  std::unique_ptr<agents::Agent> agent_;
  std::future<SavedAgent> newer_;  // being read
  steady_clock::time_point looked_at_ = {};
};

void RunPolicy::Begin(const envs::Environment& environment) {
  if (watched_) at::set_num_threads(1);  // of this thread: one observation is not worth more
  observer_.emplace(config_, environment.observation_spec());
  agent_ = MakeAgent(config_, observer_->shape(), environment.action_spec().size,
                     ResolveDevice(config_.device));
  if (saved_) agent_->Load(saved_->tensors);
}

// Reads in another thread: the play stops for the copying only.
void RunPolicy::TakeNewest() {
  if (newer_.valid()) {
    if (newer_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    try {
      saved_ = newer_.get();
      agent_->Load(saved_->tensors);
    } catch (const std::exception&) {  // of whichever library reads
      // Damaged: the play goes on with what it has, and `resume` will say so.
    }
    return;
  }
  if (steady_clock::now() - looked_at_ < kLookEvery) return;
  looked_at_ = steady_clock::now();
  const auto steps = ListCheckpoints(run_dir_);
  if (steps.empty() || (saved_ && steps.back() == saved_->env_step)) return;
  newer_ = std::async(std::launch::async, ReadAgent, run_dir_, "latest");
}

// Frames of a stack uint8 [1, K*C, h, w] as K pictures, oldest first.
std::vector<video::Image> Pictures(const torch::Tensor& stack, std::int64_t count) {
  std::vector<video::Image> pictures;
  const auto frames = stack[0].chunk(count, 0);
  for (const auto& frame : frames) {
    const auto pixels = frame.permute({1, 2, 0}).contiguous();  // [h, w, C]
    pictures.push_back(
        video::ToRgb(pixels.data_ptr<std::uint8_t>(), static_cast<int>(pixels.size(0)),
                     static_cast<int>(pixels.size(1)), static_cast<int>(pixels.size(2))));
  }
  return pictures;
}

// The newest of the stacked state vectors in float32 [K*D], by its names.
std::vector<std::pair<std::string, std::vector<double>>> NamedState(
    const torch::Tensor& stack, const envs::ObservationSpec& spec) {
  const auto newest = stack.slice(0, stack.size(0) - spec.state_size()).to(torch::kFloat64);
  const auto* value = newest.data_ptr<double>();
  std::vector<std::pair<std::string, std::vector<double>>> state;
  for (const envs::StateEntry& entry : spec.state) {
    state.emplace_back(entry.name, std::vector<double>(value, value + entry.size));
    value += entry.size;
  }
  return state;
}

// What the agent tells of the moment; `frames`: stacked ones that it sees.
Opinion OpinionOf(const agents::Insight& insight, std::int64_t frames,
                  const envs::ObservationSpec& spec) {
  Opinion opinion;
  opinion.q1 = insight.q1[0].item<double>();
  opinion.q2 = insight.q2[0].item<double>();
  opinion.policy_entropy = insight.policy_entropy[0].item<double>();
  if (insight.seen.dim() == 4) {
    opinion.frames = Pictures(insight.seen, frames);
  } else {
    opinion.state = NamedState(insight.seen[0], spec);
  }
  return opinion;
}

std::optional<Choice> RunPolicy::Decide(envs::Environment& environment, bool first) {
  if (!agent_) Begin(environment);
  if (follow_) TakeNewest();
  observer_->Look(environment, first);
  const auto stack = observer_->Stack();
  if (!watched_) return Choice{FirstAction(agent_->Act(stack, agents::ActMode::kMean))};
  const auto insight = agent_->Inspect(stack);
  return Choice{FirstAction(insight.action),
                OpinionOf(insight, config_.frame_stack, environment.observation_spec())};
}

}  // namespace

PlayableRun LoadRun(const std::string& run_dir, const RunPolicyOptions& options) {
  const auto config = ReadConfig(run_dir + "/config.yaml", {}, options.plugins);
  WarnOfTaskChange(run_dir, config);
  SetUpProcess(config);
  ResolveDevice(config.device);  // before anything is played or drawn
  std::optional<SavedAgent> saved;
  if (!options.follow || !ListCheckpoints(run_dir).empty()) {
    saved = ReadAgent(run_dir, options.checkpoint);
  }
  return {config.task, EnvironmentOptionsOf(config, /*seed=*/1),
          std::make_unique<RunPolicy>(config, run_dir, std::move(saved), options)};
}

}  // namespace curl_rl::experiments
