// Plays held-out episodes and keeps frames, states and rewards.
#include "experiments/probe/episodes.h"

#include <algorithm>

#include "envs/mujoco_environment.h"
#include "experiments/config/usage_error.h"
#include "experiments/play/agent_view.h"
#include "replay/random_stream.h"

namespace curl_rl::probe {
namespace {

using experiments::AgentView, experiments::UsageError;

// Reads what the features are to tell: entry by entry, with names.
class StateReader {
 public:
  StateReader(const envs::Environment& environment, Target target, const std::string& task)
      : environment_(environment),
        mujoco_(dynamic_cast<const envs::MujocoEnvironment*>(&environment)) {
    const auto& entries = environment.observation_spec().state;
    physics_ = target == Target::kPhysics || entries.empty();
    if (physics_ && mujoco_ == nullptr) {
      throw UsageError(
          target == Target::kPhysics
              ? "--target physics: '" + task + "' is not simulated by MuJoCo; allowed: state"
              : "'" + task +
                    "' has no state vector and is not simulated by MuJoCo: there is nothing to "
                    "regress on");
    }
    if (physics_) {
      Name("qpos", mujoco_->model().nq);
      Name("qvel", mujoco_->model().nv);
    } else {
      for (const auto& entry : entries) Name(entry.name, entry.size);
    }
  }

  const std::vector<std::string>& names() const { return names_; }

  torch::Tensor Read() const {
    auto state = torch::empty({static_cast<std::int64_t>(names_.size())}, torch::kFloat64);
    auto* values = state.data_ptr<double>();
    if (physics_) {
      values = std::copy_n(mujoco_->data().qpos, mujoco_->model().nq, values);
      std::copy_n(mujoco_->data().qvel, mujoco_->model().nv, values);
    } else {
      environment_.ObserveState(values);
    }
    return state;
  }

 private:
  void Name(const std::string& entry, int size) {
    for (int i = 0; i < size; ++i) {
      names_.push_back(size == 1 ? entry : entry + "[" + std::to_string(i) + "]");
    }
  }

  const envs::Environment& environment_;
  const envs::MujocoEnvironment* mujoco_;  // null: not MuJoCo's
  bool physics_ = false;
  std::vector<std::string> names_;
};

// What is kept, a tensor a frame, until it is stacked.
struct Kept {
  std::vector<torch::Tensor> stacks, states;
  std::vector<double> rewards;
  std::vector<std::int64_t> episode, step;
  std::vector<std::uint8_t> random;
};

// Decisions between kept frames, so that no more than `frames` of `episodes` are kept.
std::int64_t Stride(const AgentView& view, std::int64_t action_repeat, std::int64_t episodes,
                    std::int64_t frames) {
  const std::int64_t limit = view.environment().step_limit();
  const std::int64_t decisions = (limit + action_repeat - 1) / action_repeat;  // 0: no limit
  return std::max<std::int64_t>(1, (episodes * decisions + frames - 1) / frames);
}

using Act = std::function<std::vector<double>(const AgentView& view)>;

void Play(AgentView& view, const StateReader& reader, const Act& act, bool random,
          std::int64_t action_repeat, const EpisodeOptions& options, Frames* frames, Kept* kept,
          const std::function<void(std::int64_t)>& progress) {
  const std::int64_t most = options.frames / 2;
  const std::int64_t stride = Stride(view, action_repeat, options.episodes, most);
  std::int64_t count = 0;
  for (std::int64_t episode = 0; episode < options.episodes; ++episode) {
    view.Reset();
    double sum = 0.0;
    experiments::Decision decision;
    for (std::int64_t step = 1; !decision.last(); ++step) {
      decision = view.Step(act(view));
      sum += decision.reward;
      if (step % stride != stride / 2 || count == most) continue;
      ++count;
      kept->stacks.push_back(view.Stack().squeeze(0).permute({1, 2, 0}).contiguous());
      kept->states.push_back(reader.Read());
      kept->rewards.push_back(decision.reward / static_cast<double>(action_repeat));
      kept->episode.push_back(frames->episodes());
      kept->step.push_back(step);
      kept->random.push_back(random);
    }
    frames->returns.push_back(sum);
    progress(frames->episodes());
  }
}

}  // namespace

Frames PlayHeldOut(const experiments::ExperimentConfig& config, agents::Agent& agent,
                   const EpisodeOptions& options,
                   const std::function<void(std::int64_t)>& progress) {
  const auto seed_of = [&](const std::string& purpose) {
    return static_cast<std::uint32_t>(replay::StreamSeed(options.seed, purpose));
  };
  if (options.episodes < 1 || options.frames < 2 * options.episodes) {
    throw UsageError("frames: got " + std::to_string(options.frames) +
                     ", allowed: at least two for each of the " + std::to_string(options.episodes) +
                     " episodes");
  }
  Frames frames;
  Kept kept;
  {
    AgentView view(config, seed_of("probe.policy"));
    const StateReader reader(view.environment(), options.target, config.task);
    frames.state_names = reader.names();
    const auto act = [&](const AgentView& now) {
      return experiments::FirstAction(agent.Act(now.Stack(), agents::ActMode::kMean));
    };
    Play(view, reader, act, false, config.action_repeat, options, &frames, &kept, progress);
    frames.policy_episodes = frames.episodes();
  }
  AgentView view(config, seed_of("probe.random"));
  const StateReader reader(view.environment(), options.target, config.task);
  auto stream = replay::MakeStream(options.seed, "probe.actions", torch::kCPU);
  const auto act = [&](const AgentView& now) {
    return experiments::FirstAction(
        torch::rand({1, now.action_size()}, stream, torch::kFloat64).mul(2.0).sub(1.0));
  };
  Play(view, reader, act, true, config.action_repeat, options, &frames, &kept, progress);

  if (kept.stacks.empty()) {
    throw UsageError(
        "too few frames for the regression: every episode ended before its first frame was to be "
        "kept; ask for more --frames, which then lie closer");
  }
  frames.stacks = torch::stack(kept.stacks);
  frames.states = torch::stack(kept.states);
  frames.rewards = torch::tensor(kept.rewards, torch::kFloat64);
  frames.episode = torch::tensor(kept.episode, torch::kInt64);
  frames.step = torch::tensor(kept.step, torch::kInt64);
  frames.random = torch::tensor(kept.random, torch::kUInt8).to(torch::kBool);
  return frames;
}

}  // namespace curl_rl::probe
