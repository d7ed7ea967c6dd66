// What is read from files and overrides, and what is said of those that cannot be.
#include "experiments/config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "experiments/config/config_files.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/earlier_keys.h"
#include "experiments/config/recorded.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

// What ReadConfig says of a file `bad.yaml` with this text and these overrides, "" if nothing.
std::string Complaint(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  const TemporaryDirectory directory;
  try {
    ReadConfig(directory.Write("bad.yaml", yaml), overrides);
  } catch (const UsageError& error) {
    std::string message = error.what();
    const std::size_t folder = message.find(directory.path() + "/");
    return folder == std::string::npos ? message
                                       : message.erase(folder, directory.path().size() + 1);
  }
  return "";
}

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

TEST(ReadConfig, TakesNumbersInAnyExactSpelling) {
  const ExperimentConfig config =
      ReadConfig("", {"env_steps=1e6", "replay_capacity=2.0e4", "agent.sac.actor_lr=3e-4"});
  EXPECT_EQ(config.env_steps, 1000000);
  EXPECT_EQ(config.replay_capacity, 20000);
  EXPECT_EQ(config.agent.sac.actor_lr, 3e-4);
}

TEST(ReadConfig, LaterOverridesWinOverEarlierAndFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("c.yaml", "seed: 1\nagent:\n  batch_size: 64\n");
  const ExperimentConfig config = ReadConfig(path, {"seed=2", "seed=3", "run_dir=a: b #c"});
  EXPECT_EQ(config.seed, 3);
  EXPECT_EQ(config.agent.batch_size, 64);
  EXPECT_EQ(config.run_dir, "a: b #c");  // an override's text needs no quoting
}

TEST(ReadConfig, EmptyFileIsTheDefaults) {
  const TemporaryDirectory directory;
  EXPECT_EQ(WriteConfig(ReadConfig(directory.Write("c.yaml", "# nothing\n"), {})),
            WriteConfig(ExperimentConfig()));
}

TEST(ReadConfig, MalformedOverridesAreRefused) {
  EXPECT_THAT(Complaint("", {"seed"}), HasSubstr("override 'seed': must have the form key=value"));
  EXPECT_THAT(Complaint("", {"=3"}), HasSubstr("must have the form key=value"));
  EXPECT_THAT(Complaint("", {"seed="}), HasSubstr("override 'seed=': seed: expected integer"));
  EXPECT_THAT(Complaint("", {"agent=3"}), HasSubstr("'agent' is a map of keys"));
  EXPECT_THAT(Complaint("", {"agent.seed=3"}), HasSubstr("unknown key 'agent.seed'"));
  EXPECT_THAT(Complaint("", {"agent.batch_size=2048"}),
              HasSubstr("override 'agent.batch_size=2048': agent.batch_size: got 2048, but"));
  EXPECT_THAT(Complaint("", {"task=carpole_swingup"}), HasSubstr("cartpole_swingup"));
  EXPECT_THAT(Complaint("", {"seed=*a"}), HasSubstr("override 'seed=*a'"));
}

TEST(ReadConfig, FilesThatAreNoConfigAreRefused) {
  const TemporaryDirectory directory;
  const auto complaint = [](const std::string& path) -> std::string {
    try {
      ReadConfig(path, {});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint(directory.File("none.yaml")), HasSubstr("No such file"));
  EXPECT_THAT(complaint(directory.path()), HasSubstr("is a directory"));
  EXPECT_THAT(complaint("/dev/zero"), HasSubstr("is a device or a pipe"));
  EXPECT_THAT(complaint(directory.Write("large.yaml", std::string(300000, ' '))),
              HasSubstr("larger than 262144 bytes"));
  EXPECT_THAT(complaint(directory.Write("z.yaml", std::string(100, '\0'))),
              HasSubstr("not a text file"));
  // Neither may take long or exhaust the stack.
  EXPECT_THAT(complaint(directory.Write("deep.yaml", std::string(200000, '['))),
              HasSubstr("nested too deeply"));
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  EXPECT_THAT(complaint(directory.Write("bomb.yaml", bomb)), HasSubstr("anchors"));
}

TEST(ReadConfig, OfSeveralFilesTheLaterWins) {
  const TemporaryDirectory directory;
  const std::string task =
      directory.Write("task.yaml", "task: walker_walk\naction_repeat: 2\nenv_steps: 500000\n");
  const std::string method = directory.Write(
      "method.yaml",
      "method: m\nagent: {batch_size: 256, sac: {actor_lr: 1e-4}}\n"
      "tasks: {walker_walk: {agent: {batch_size: 64}}, cheetah_run: {agent: {batch_size: 32}}}\n");
  const std::string machine = directory.Write("machine.yaml", "agent: {batch_size: 128}\n");

  EXPECT_EQ(ReadConfig({{task, method}}).agent.batch_size, 64);  // for this task
  EXPECT_EQ(ReadConfig({{method, task}}).agent.batch_size, 64);
  EXPECT_EQ(ReadConfig({{task, method}, {"task=cheetah_run"}}).agent.batch_size, 32);
  EXPECT_EQ(ReadConfig({{task, method}, {"task=finger_spin"}}).agent.batch_size, 256);
  const ExperimentConfig config = ReadConfig({{task, method, machine}, {"seed=3"}});
  EXPECT_EQ(config.agent.batch_size, 128);
  EXPECT_EQ(config.agent.sac.actor_lr, 1e-4);
  EXPECT_EQ(config.action_repeat, 2);
  EXPECT_EQ(config.method, "m");
  EXPECT_EQ(config.seed, 3);
}

TEST(ReadConfig, NamesTheFileAtFault) {
  const TemporaryDirectory directory;
  const std::string one = directory.Write("one.yaml", "seed: 1\ninit_steps: 300\n");
  const auto complaint = [&](const std::string& two) -> std::string {
    try {
      ReadConfig({{one, directory.Write("two.yaml", two)}});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint("sede: 1\n"), HasSubstr("two.yaml:1:1: unknown key 'sede'"));
  EXPECT_THAT(complaint("env_steps: 80003\n"), HasSubstr("two.yaml:1:1: env_steps: must be"));
  EXPECT_THAT(complaint("env_steps: 800000\n"),
              HasSubstr("one.yaml:2:1: agent.batch_size: got 512, but the first update"));
  EXPECT_THAT(complaint("agent: {objectives: []}\n"), HasSubstr("one.yaml:2:1"));
  EXPECT_EQ(complaint("init_steps: 1000\n"), "");
}

TEST(ReadConfig, ObjectivesAreChosenAndSetWithinThem) {
  const ExperimentConfig none = ReadConfig("", {"agent.objectives=[]"});
  EXPECT_TRUE(none.agent.objectives.empty());
  EXPECT_THAT(WriteConfig(none), HasSubstr("\n  objectives: []\n"));
  EXPECT_THAT(WriteConfig(none), testing::Not(HasSubstr("\n  curl:")));
  const ExperimentConfig curl =
      ReadConfig("", {"agent.curl.lr=0.5", "agent.objectives=[curl]", "agent.curl.weight=3"});
  ASSERT_EQ(curl.agent.objectives.size(), 1u);
  EXPECT_EQ(curl.agent.objectives[0]->common.lr, 0.5);
  EXPECT_EQ(curl.agent.objectives[0]->common.weight, 3);
  EXPECT_EQ(curl.agent.objectives[0]->common.encoder_lr_scale, 2);
  EXPECT_THAT(WriteConfig(curl), HasSubstr("\n  curl:\n    weight: 3\n    lr: 0.5\n"));
  EXPECT_THAT(Complaint("", {"agent.objectives=[]", "agent.curl.lr=0.5"}),
              HasSubstr("override 'agent.curl.lr=0.5': agent.curl.lr is a setting of 'curl'"));
}

TEST(ReadConfig, AFileIsAlsoLookedForAmongTheShippedOnes) {
  const ExperimentConfig config =
      ReadConfig({{"tasks/cheetah_run.yaml", "methods/curl.yaml", "hardware/cpu.yaml"}});
  EXPECT_EQ(config.task, "cheetah_run");
  EXPECT_EQ(config.action_repeat, 4);
  EXPECT_EQ(config.agent.batch_size, 128);
  EXPECT_EQ(config.agent.sac.actor_lr, 2e-4);
  EXPECT_EQ(config.agent.objectives[0]->common.lr, 2e-4);
}

// --- Configs of earlier versions -----------------------------------------------------------------

// A resolved config.yaml of the first version that had one: every key, flat.
TEST(EarlierConfigs, ReadToTheSameValues) {
  const ExperimentConfig curl =
      ReadConfig(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/curl.yaml", {});
  EXPECT_EQ(curl.env_steps, 100000);
  EXPECT_EQ(curl.agent.batch_size, 128);
  EXPECT_EQ(curl.agent.encoder.num_layers, 4);
  EXPECT_EQ(curl.agent.encoder.num_filters, 32);
  EXPECT_EQ(curl.agent.encoder.feature_dim, 50);
  EXPECT_EQ(curl.agent.encoder.conv_init, encoders::ConvInit::kDeltaOrthogonal);
  EXPECT_EQ(curl.agent.encoder.tau, 0.05);
  EXPECT_EQ(curl.agent.sac.hidden_dim, 1024);
  EXPECT_EQ(curl.agent.sac.temperature_beta1, 0.5);
  EXPECT_EQ(curl.agent.sac.actor_update_freq, 2);
  EXPECT_EQ(curl.agent.schedule, agents::Schedule::kJoint);
  EXPECT_EQ(curl.agent.precision, agents::Precision::kBFloat16);
  ASSERT_EQ(curl.agent.objectives.size(), 1u);
  EXPECT_EQ(curl.agent.objectives[0]->info().name, "curl");
  EXPECT_EQ(curl.agent.objectives[0]->common.lr, 1e-3);
  EXPECT_EQ(curl.agent.objectives[0]->common.encoder_lr_scale, 2);
  EXPECT_EQ(curl.agent.objectives[0]->common.update_freq, 1);

  // With its keys of the part that it does not choose.
  const ExperimentConfig state =
      ReadConfig(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/sac_state.yaml", {});
  EXPECT_EQ(state.observation, Observation::kState);
  EXPECT_TRUE(state.agent.objectives.empty());
  EXPECT_EQ(state.agent.sac.hidden_dim, 256);
  EXPECT_EQ(state.action_repeat, 4);
  EXPECT_EQ(state.frame_stack, 1);
}

TEST(EarlierConfigs, EveryKeyHasAPlaceToday) {
  for (const char* name : {"curl", "sac_state"}) {
    const std::string path =
        std::string(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/") + name + ".yaml";
    const auto recorded = RecordedConfig(ReadTextFile(path), path);
    ExperimentConfig config = ReadConfig(path, {});
    const envs::Settings settings = config.Describe();
    const EveryKey keys;
    const YAML::Node root = YAML::LoadFile(path);
    const auto check = [&](const std::string& key, const std::string& text) {
      const std::string today = FindKey(key, keys.settings()).key;
      ASSERT_NE(today, "") << key;
      const auto* setting = FindSetting(settings, today);
      if (setting == nullptr || key == "agent.contrastive") return;  // not chosen; renamed values
      EXPECT_EQ(recorded.at(today), text.empty() ? "" : text) << key;
      EXPECT_EQ(ValueText(*setting), text.empty() ? "\"\"" : text) << key;
    };
    for (const auto& entry : root) {
      const std::string section = entry.first.Scalar();
      if (entry.second.IsScalar()) check(section, entry.second.Scalar());
      if (!entry.second.IsMap()) continue;
      for (const auto& inner : entry.second) {
        check(section + "." + inner.first.Scalar(), inner.second.Scalar());
      }
    }
  }
}

TEST(EarlierConfigs, OverridesOfEarlierKeysHold) {
  const ExperimentConfig config =
      ReadConfig("", {"agent.hidden_dim=64", "agent.encoder_lr=0.01", "agent.encoder_tau=0.25"});
  EXPECT_EQ(config.agent.sac.hidden_dim, 64);
  EXPECT_EQ(config.agent.objectives[0]->common.lr, 0.01);
  EXPECT_EQ(config.agent.encoder.tau, 0.25);
  EXPECT_TRUE(ReadConfig("", {"agent.contrastive=none"}).agent.objectives.empty());
}

// --- Parts that a later source leaves out
// ---------------------------------------------------------

TEST(ConfigReader, SettingsOfAPartThatALaterSourceLeavesOutGoWithIt) {
  // toy.yaml says something of soft actor-critic, the method is DDPG.
  const auto config =
      ReadConfig(ConfigSources{{"toy.yaml", "methods/drqv2.yaml"}, {"agent.crop_size=32"}});
  EXPECT_EQ(config.agent.actor_critic, agents::ActorCriticKind::kDdpg);
  // In the same source, or after the choice, it is an error.
  EXPECT_THROW(ReadConfig(ConfigSources{{"methods/drqv2.yaml", "toy.yaml"}}), UsageError);
  EXPECT_THROW(ReadConfig("methods/drqv2.yaml", {"agent.sac.hidden_dim=8"}), UsageError);
}

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
  using testing::HasSubstr;
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

// --- Shipped configs -----------------------------------------------------------------------------

TEST(Shipped, SingleFilesAndEveryTaskWithEveryMethodAndMachineAreValid) {
  for (const char* name : {"toy.yaml", "smoke.yaml"}) EXPECT_NO_THROW(ReadConfig(name, {})) << name;
  const auto tasks = ShippedConfigs("tasks");
  const auto methods = ShippedConfigs("methods");
  const auto machines = ShippedConfigs("hardware");
  EXPECT_THAT(tasks,
              testing::UnorderedElementsAre("ball_in_cup_catch", "cartpole_swingup", "cheetah_run",
                                            "finger_spin", "reacher_easy", "walker_walk"));
  EXPECT_THAT(methods, testing::IsSupersetOf({"curl", "none", "sac_state"}));
  EXPECT_THAT(machines, testing::UnorderedElementsAre("cpu", "cpu_bfloat16", "gpu"));
  std::set<std::string> labels;
  for (const std::string& method : methods) {
    for (const std::string& task : tasks) {
      for (const std::string& machine : machines) {
        const std::vector<std::string> files = {"tasks/" + task + ".yaml",
                                                "methods/" + method + ".yaml",
                                                "hardware/" + machine + ".yaml"};
        EXPECT_NO_THROW(ReadConfig({files})) << testing::PrintToString(files);
      }
    }
    labels.insert(ReadConfig("methods/" + method + ".yaml", {}).method);
  }
  EXPECT_EQ(labels.size(), methods.size());  // a label each, so that no folder is shared
}

}  // namespace
}  // namespace curl_rl::experiments
