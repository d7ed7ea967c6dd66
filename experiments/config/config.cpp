// The settings of an experiment, one by one; those of its agent are described beside the agent.
#include "experiments/config/config.h"

namespace curl_rl::experiments {

using envs::Anything, envs::Between, envs::ChoiceOf, envs::Role, envs::Settings;

Settings EnvironmentConfig::Describe() {
  return {
      {"camera_id", &camera_id, Between(-1, 1000), "", "camera of the model; -1: free",
       Role::kTask},
      // Methods draw frames of other sizes and cut other pictures out of them.
      {"image_size", &image_size, Between(1, 4096), "pixels",
       "height and width of a rendered frame", Role::kOutcome},
      {"samples", &samples, Between(0, 64), "", "of multisampling; 0: off", Role::kTask},
      {"slices", &slices, Between(3, 1024), "", "tessellation of round shapes", Role::kTask},
      {"stacks", &stacks, Between(2, 1024), "", "tessellation of round shapes", Role::kTask},
      {"shadow_size", &shadow_size, Between(0, 16384), "texels", "side of the shadow map",
       Role::kTask},
      {"shadows", &shadows, Anything(), "", "draw shadows", Role::kTask},
      {"reflections", &reflections, Anything(), "", "draw reflections", Role::kTask},
      {"python", &python, Anything(), "",
       "interpreter for environments of Python; empty: python3 of PATH", Role::kMachine},
      {"python_time_limit", &python_time_limit, Between(0.1, 86400), "s",
       "for any one answer of such an environment, its start too", Role::kMachine},
      {"resize", &resize, Anything(), "",
       "its frames to image_size, by areas; false: frames of another size are refused",
       Role::kOutcome},
      {"disturb", &disturb, Anything(), "",
       "of how the task looks, drawn anew each episode: colors, camera, light, noise=easy | medium "
       "| hard, pictures=STRENGTH:FOLDER, video=STRENGTH:FILE",
       Role::kTask},
  };
}

Settings ExperimentConfig::Describe() {
  constexpr double kMaxSteps = 1e12;
  Settings settings = {
      {"task", &task, Anything(), "",
       "environment (`curl-rl envs` lists them), task file FILE.yaml, or Python's: gymnasium:ID, "
       "dm_env:MODULE:FUNCTION, python:FILE.py:FUNCTION",
       Role::kTask},
      {"method", &method, Anything(), "", "label of the run directory and of comparisons",
       Role::kLabel},
      // Which of the task's random starts, and of the learner's: another sample of the same.
      {"seed", &seed, Between(0, 4294967295.0), "", "of every random stream", Role::kTask},
      {"device", &device, Anything(), "", "of the learner: auto, cpu, cuda or cuda:N",
       Role::kMachine},
      {"observation", ChoiceOf(observation), Anything(), "", "what the agent sees", Role::kOutcome},
      {"run_dir", &run_dir, Anything(), "", "empty: runs/<task>/<method>/seed_<seed>",
       Role::kLabel},
      {"threads", &threads, Between(0, 4096), "",
       "of the learner and of the environments; 0: all cores", Role::kMachine},
      {"overlap", &overlap, Anything(), "",
       "the environments step and draw in other threads while the agent learns; same results",
       Role::kMachine},
      {"deterministic", &deterministic, Anything(), "",
       "on CUDA: only kernels that repeat bit for bit", Role::kMachine},
      {"env_steps", &env_steps, Between(1, kMaxSteps), "env steps", "budget of the run",
       Role::kBudget},
      {"environments", &environments, Between(1, 1024), "environments",
       "that train side by side, in as many lanes of the replay: one decision of each at a time",
       Role::kOutcome},
      {"action_repeat", &action_repeat, Between(1, 1000), "env steps", "per agent step",
       Role::kOutcome},
      {"frame_stack", &frame_stack, Between(1, 64), "frames", "the agent sees at once",
       Role::kOutcome},
      {"init_steps", &init_steps, Between(1, kMaxSteps), "agent steps",
       "with uniform random actions before the first update", Role::kOutcome},
      {"update_every", &update_every, Between(1, 1e6), "agent steps", "between updates",
       Role::kOutcome},
      {"updates_per_step", &updates_per_step, Between(1, 1e6), "updates",
       "at an agent step that has any", Role::kOutcome},
      {"initial_updates", &initial_updates, Between(1, 1e6), "updates",
       "at the first agent step that has any, if more than updates_per_step", Role::kOutcome},
      {"replay_capacity", &replay_capacity, Between(1, 1e9), "transitions",
       "kept, the oldest overwritten", Role::kOutcome},
      {"replay_frames", ChoiceOf(replay_frames), Anything(), "",
       "kept raw, compressed in the host's memory, or so where they do not fit raw (auto); same "
       "results",
       Role::kMachine},
      {"eval_every", &eval_every, Between(0, kMaxSteps), "env steps",
       "between evaluations; 0: only at the end", Role::kBudget},
      {"eval_episodes", &eval_episodes, Between(1, 10000), "episodes", "in one evaluation",
       Role::kBudget},
      {"eval_environments", &eval_environments, Between(1, 1024), "environments",
       "that play these episodes side by side: one pass of the agent for all", Role::kMachine},
      {"eval_disturbances", &eval_disturbances, Anything(), "",
       "evaluated beside the task as it is, each with as many episodes: "
       "\"colors=hard,camera=easy\" "
       "or none",
       Role::kBudget},
      {"log_every", &log_every, Between(1, kMaxSteps), "env steps", "between rows of train.csv",
       Role::kBudget},
      {"checkpoint_every", &checkpoint_every, Between(0, kMaxSteps), "env steps",
       "between checkpoints; 0: only at the end", Role::kBudget},
      {"keep_checkpoints", &keep_checkpoints, Between(1, 1e6), "checkpoints",
       "the newest kept; the best one besides", Role::kBudget},
      {"video_every", &video_every, Between(0, kMaxSteps), "env steps",
       "between videos of the agent; 0: none", Role::kBudget},
      {"video_episodes", &video_episodes, Between(1, 36), "episodes", "side by side in a video",
       Role::kBudget},
      {"video_size", &video_size, Between(0, 1280), "pixels",
       "side of an episode's picture; 0: by their number", Role::kBudget},
      {"plugins", &plugins, Anything(), "",
       "shared libraries with environments or objectives, task files", Role::kLabel},
  };
  AddSection(settings, "environment", environment.Describe());
  AddSection(settings, "agent", agent.Describe());
  return settings;
}

}  // namespace curl_rl::experiments
