// Configs that are refused: the place and the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/experiments/config/complaint.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

struct BadConfig {
  const char* yaml;
  std::vector<std::string> words;
};

// For the name that GoogleTest prints.
void PrintTo(const BadConfig& bad, std::ostream* out) { *out << bad.yaml; }

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, AreRefusedWithPlaceAndReason) {
  const std::string complaint = Complaint(GetParam().yaml);
  EXPECT_NE(complaint, "") << GetParam().yaml;
  for (const std::string& word : GetParam().words) EXPECT_THAT(complaint, HasSubstr(word));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadConfigs,
    testing::Values(
        // Shape of the file.
        BadConfig{"- seed", {"bad.yaml:1:1", "must be a map of keys, got a list"}},
        BadConfig{"seed", {"bad.yaml:1:1", "got 'seed'"}},
        BadConfig{"agent: 3", {"bad.yaml:1:8", "agent must be a map of keys, got '3'"}},
        BadConfig{"agent:", {"bad.yaml:1:", "agent must be a map of keys, got nothing"}},
        BadConfig{"seed: [1", {"bad.yaml:", "not valid YAML"}},
        BadConfig{"seed: 1\nseed: 2", {"bad.yaml:2:1", "duplicate key 'seed'", "bad.yaml:1:1"}},
        BadConfig{"agent:\n  discount: 0.9\n  discount: 0.9", {"bad.yaml:3:3", "duplicate"}},
        BadConfig{"? [1, 2]\n: 3", {"bad.yaml:1:3", "a key must be a word"}},
        BadConfig{"seed: 1\n---\nseed: 2", {"bad.yaml:2:", "one YAML document"}},
        BadConfig{"seed: &a 1\nthreads: *a", {"bad.yaml:1:", "anchors"}},
        BadConfig{"plugins: [[[[[[[[]]]]]]]]", {"bad.yaml:1:", "nested too deeply"}},
        BadConfig{"run_dir: \"a\\qb\"", {"bad.yaml:1:", "not valid YAML"}},
        // Unknown keys.
        BadConfig{"sed: 1", {"bad.yaml:1:1", "unknown key 'sed'", "did you mean 'seed'?"}},
        BadConfig{"batch_size: 1", {"bad.yaml:1:1", "did you mean 'agent.batch_size'?"}},
        BadConfig{"agent:\n  batchsize: 1", {"bad.yaml:2:3", "'agent.batch_size'"}},
        BadConfig{"agent:\n  seed: 1", {"bad.yaml:2:3", "'agent.seed'", "'seed'"}},
        BadConfig{"agent.batch_size: 1", {"bad.yaml:1:1", "nested maps"}},
        // Types.
        BadConfig{"seed: one", {"bad.yaml:1:7", "seed: expected integer", "got 'one'"}},
        BadConfig{"seed: \"1\"", {"bad.yaml:1:7", "got text \"1\""}},
        BadConfig{"seed: 1.5", {"seed: expected integer", "got '1.5'"}},
        BadConfig{"seed: 0x10", {"seed: expected integer"}},
        BadConfig{"seed: 1_000", {"seed: expected integer"}},
        BadConfig{"seed: 99999999999999999999", {"seed: expected integer"}},
        BadConfig{"seed: [1]", {"seed: expected integer", "got a list"}},
        BadConfig{"seed:", {"seed: expected integer", "got nothing"}},
        BadConfig{"agent: {discount: nan}", {"agent.discount: expected number", "got 'nan'"}},
        BadConfig{"agent: {sac: {actor_lr: .inf}}", {"agent.sac.actor_lr: expected number"}},
        BadConfig{"agent: {sac: {actor_lr: 1e999}}", {"agent.sac.actor_lr: expected number"}},
        BadConfig{"agent: {actor_lr: 1e-3x}", {"agent.sac.actor_lr: expected number"}},
        BadConfig{"agent: {encoder_tanh: yes}", {"true or false", "got 'yes'"}},
        BadConfig{"agent: {encoder_tanh: 1}", {"true or false", "got '1'"}},
        BadConfig{"task: {a: 1}", {"bad.yaml:1:", "task: expected text, got a map"}},
        BadConfig{"plugins: a.so", {"list of texts"}},
        // Ranges and choices.
        BadConfig{"seed: -1", {"bad.yaml:1:7", "out of range", "got -1", "0 .. 4294967295"}},
        BadConfig{"agent: {discount: 1.01}", {"out of range", "got 1.01", "0 .. 1"}},
        BadConfig{"env_steps: 0", {"out of range", "1 .. 1e+12 env steps"}},
        BadConfig{"agent: {contrastive: infonse}",
                  {"bad.yaml:1:22", "infonce | none", "did you mean 'infonce'?"}},
        BadConfig{"agent: {schedule: jiont}",
                  {"bad.yaml:1:19", "reference | joint", "did you mean 'joint'?"}},
        // Objectives.
        BadConfig{"agent: {objectives: [crul]}",
                  {"bad.yaml:1:22", "agent.objectives cannot be 'crul'", "did you mean 'curl'?"}},
        BadConfig{"agent: {objectives: [curl, curl]}",
                  {"bad.yaml:1:28", "agent.objectives: 'curl' is there twice"}},
        BadConfig{"agent: {objectives: curl}",
                  {"bad.yaml:1:21", "agent.objectives: expected list of names (curl", "'curl'"}},
        BadConfig{"agent: {objectives: [], curl: {lr: 0.1}}",
                  {"bad.yaml:1:32", "agent.curl.lr is a setting of 'curl', which is not chosen",
                   "(agent.objectives: [])"}},
        BadConfig{"agent: {curl: {lr: 2}}", {"bad.yaml:1:20", "agent.curl.lr is out of range"}},
        BadConfig{"agent: {lr: 2}", {"bad.yaml:1:9", "lr'?"}},
        BadConfig{"agent:\n  hidden_dim: 3\n  sac: {hidden_dim: 4}",
                  {"bad.yaml:3:9", "duplicate key 'agent.sac.hidden_dim'", "bad.yaml:2:3"}},
        // What is for one task only.
        BadConfig{"tasks: [a]", {"bad.yaml:1:8", "tasks must be a map of keys, got a list"}},
        BadConfig{"tasks: {walker_walk: 3}", {"bad.yaml:1:22", "tasks.walker_walk must be a map"}},
        BadConfig{"tasks: {walker_walk: {sed: 3}}", {"bad.yaml:1:23", "did you mean 'seed'?"}},
        BadConfig{"tasks: {walker_walk: {seed: x}}", {"bad.yaml:1:29", "seed: expected integer"}},
        BadConfig{"tasks: {walker_walk: {task: x}}",
                  {"bad.yaml:1:23", "task cannot be set for one task only"}},
        BadConfig{"tasks: {walker_wakl: {seed: 3}}", {"bad.yaml:1:23", "'walker_walk'"}},
        // Arithmetic that the device does not have.
        BadConfig{"device: cpu\nagent: {precision: tf32}",
                  {"bad.yaml:2:9", "agent.precision: 'tf32'", "float32 | bfloat16"}},
        BadConfig{"observation: pixel", {"pixels | state"}},
        BadConfig{"replay_frames: packed", {"replay_frames", "raw | compressed | auto"}},
        BadConfig{"device: cuda:1\nreplay_frames: compressed",
                  {"bad.yaml:2:1", "replay_frames", "is cuda:1; allowed: raw | auto"}},
        BadConfig{"observation: state\nagent: {objectives: []}\nreplay_frames: compressed",
                  {"bad.yaml:3:1", "replay_frames", "got state; allowed: raw | auto"}},
        // What ties keys together.
        BadConfig{"task: cartpole_swingpu", {"bad.yaml:1:1", "task", "cartpole_swingup"}},
        BadConfig{"device: gpu", {"bad.yaml:1:1", "'gpu'", "auto | cpu | cuda | cuda:N"}},
        BadConfig{"method: ../up", {"method", "'../up'"}},
        BadConfig{"run_dir: \"a\\0b\"", {"bad.yaml:1:1", "run_dir", "a control character"}},
        BadConfig{"agent: {crop_size: 101}", {"bad.yaml:1:9", "crop of 101", "frames of 100"}},
        BadConfig{"environment: {image_size: 64}",
                  {"bad.yaml:1:15", "agent.crop_size", "crop of 84", "frames of 64"}},
        BadConfig{"agent: {crop_size: 100, crop_range: reference}", {"crop_range", "smaller"}},
        BadConfig{"agent: {crop_size: 8}", {"too small for 4 convolutions"}},
        BadConfig{"agent: {batch_size: 1001}", {"got 1001", "only 1000 transitions", "init_steps"}},
        BadConfig{"replay_capacity: 500", {"got 512", "only 500 transitions"}},
        BadConfig{"env_steps: 8000", {"init_steps", "leaves none of the 8000 env_steps"}},
        BadConfig{"env_steps: 100001",
                  {"bad.yaml:1:1", "multiple of action_repeat (8)", "100000 or 100008"}},
        BadConfig{"action_repeat: 3", {"multiple of action_repeat (3)"}},
        BadConfig{"eval_every: 3", {"eval_every", "nearest: 8"}},
        BadConfig{"observation: state",
                  {"bad.yaml:1:1", "agent.objectives", "needs observation: pixels"}},
        BadConfig{"agent: {schedule: joint, objectives: []}",
                  {"bad.yaml:1:9", "'joint'", "agent.objectives, got []"}},
        BadConfig{"agent: {schedule: joint, curl: {update_freq: 2}}",
                  {"bad.yaml:1:9", "agent.curl.update_freq 1, got 2"}},
        BadConfig{"agent: {sac: {log_std_min: 3}}", {"agent.sac.log_std_min", "less than"}},
        BadConfig{"eval_environments: 0", {"eval_environments", "got 0", "1 .. 1024"}},
        BadConfig{"eval_environments: 11", {"eval_environments", "eval_episodes (10), got 11"}},
        BadConfig{"environments: 0", {"bad.yaml:1:1", "environments", "got 0", "1 .. 1024"}},
        BadConfig{"environments: 1025", {"environments", "got 1025", "1 .. 1024"}},
        BadConfig{"environments: 3",
                  {"bad.yaml:1:1", "action_repeat x environments (24)", "499992 or 500016"}},
        BadConfig{"environments: 4\neval_every: 50016",
                  {"log_every", "action_repeat x environments (32), got 1000", "992 or 1024"}},
        BadConfig{"environments: 50\nreplay_capacity: 40\nagent: {batch_size: 32}\n"
                  "env_steps: 40000\neval_every: 0\nlog_every: 400\ncheckpoint_every: 0",
                  {"bad.yaml:2:1", "must not be less than environments (50), got 40"}},
        BadConfig{"environments: 10\nagent: {n_step: 101}\nlog_every: 800",
                  {"bad.yaml:2:9", "got 101 agent steps", "100 of each environment"}},
        BadConfig{"updates_per_step: 0", {"updates_per_step", "got 0"}},
        BadConfig{"agent: {batch_size: 1}", {"at least 2, got 1"}}));

// What cannot work is refused in words that name the key.
TEST(ConfigReader, RefusesSettingsOfBaselinesThatCannotWork) {
  const auto message = [](const std::vector<std::string>& files,
                          const std::vector<std::string>& overrides) -> std::string {
    try {
      ReadConfig(ConfigSources{files, overrides});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::vector<std::string> drqv2 = {"methods/drqv2.yaml"};
  EXPECT_THAT(message(drqv2, {"agent.ddpg.stddev_schedule=fast"}),
              HasSubstr("got 'fast', allowed: NUMBER, linear(FROM,TO,DECISIONS)"));
  EXPECT_THAT(message(drqv2, {"agent.sac.actor_lr=1"}), HasSubstr("'sac', which is not chosen"));
  EXPECT_THAT(message(drqv2, {"agent.n_step=900", "init_steps=300", "agent.batch_size=8"}),
              HasSubstr("more than there are transitions at the first update"));
  EXPECT_THAT(message({}, {"agent.augment.views=critic"}), HasSubstr("agent.augment.kinds is []"));
  EXPECT_THAT(message({}, {"agent.augment.kinds=[flop]"}), HasSubstr("did you mean 'flip'?"));
  EXPECT_THAT(message({}, {"agent.augment.kinds=[flip, flip]"}), HasSubstr("is there twice"));
  EXPECT_THAT(message({}, {"agent.augment.kinds=[window]", "agent.augment.window.size=90"}),
              HasSubstr("augmentation window: size: got 90 for pictures of 84 pixels"));
  EXPECT_THAT(message({}, {"agent.augment.kinds=[rotate]", "agent.augment.rotate.degrees_min=95"}),
              HasSubstr("degrees_max: got 90, allowed at least the range's start, 95"));
  EXPECT_THAT(message({}, {"agent.augment.kinds=[flip]", "agent.augment.flip.probability=2"}),
              HasSubstr("agent.augment.flip.probability is out of range"));
  EXPECT_THAT(message({"methods/none.yaml"}, {"agent.augment.kinds=[flip]"}),
              HasSubstr("got 'key', allowed without an objective: critic | all"));
  EXPECT_THAT(message({"methods/sac_state.yaml"}, {"agent.augment.kinds=[flip]"}),
              HasSubstr("needs observation: pixels"));
  EXPECT_THAT(message({"methods/sac_state.yaml"}, {"agent.sac.next_views=2"}),
              HasSubstr("several pictures of an observation need observation: pixels"));
}

}  // namespace
}  // namespace curl_rl::experiments
