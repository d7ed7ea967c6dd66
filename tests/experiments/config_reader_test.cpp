#include "experiments/config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "experiments/config/config_schema.h"
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
        BadConfig{"agent: {actor_lr: .inf}", {"agent.actor_lr: expected number"}},
        BadConfig{"agent: {actor_lr: 1e999}", {"agent.actor_lr: expected number"}},
        BadConfig{"agent: {actor_lr: 1e-3x}", {"agent.actor_lr: expected number"}},
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
        BadConfig{"observation: pixel", {"pixels | state"}},
        // What ties keys together.
        BadConfig{"task: cartpole_swingpu", {"bad.yaml:1:1", "task", "cartpole_swingup"}},
        BadConfig{"device: gpu", {"bad.yaml:1:1", "'gpu'", "auto | cpu | cuda | cuda:N"}},
        BadConfig{"method: ../up", {"method", "'../up'"}},
        BadConfig{"agent: {crop_size: 101}", {"bad.yaml:1:9", "crop of 101", "frames of 100"}},
        BadConfig{"environment: {image_size: 64}", {"crop of 84", "frames of 64"}},
        BadConfig{"agent: {crop_size: 100, crop_range: reference}", {"crop_range", "smaller"}},
        BadConfig{"agent: {crop_size: 8}", {"too small for 4 convolutions"}},
        BadConfig{"agent: {batch_size: 1001}", {"got 1001", "only 1000 transitions", "init_steps"}},
        BadConfig{"replay_capacity: 500", {"got 512", "only 500 transitions"}},
        BadConfig{"env_steps: 8000", {"init_steps", "leaves none of the 8000 env_steps"}},
        BadConfig{"env_steps: 100001",
                  {"bad.yaml:1:1", "multiple of action_repeat (8)", "100000 or 100008"}},
        BadConfig{"action_repeat: 3", {"multiple of action_repeat (3)"}},
        BadConfig{"eval_every: 3", {"eval_every", "nearest: 8"}},
        BadConfig{"observation: state", {"agent.contrastive", "needs observation: pixels"}},
        BadConfig{"agent: {schedule: joint, contrastive: none}", {"joint", "contrastive"}},
        BadConfig{"agent: {log_std_min: 3}", {"agent.log_std_min", "less than"}},
        BadConfig{"eval_environments: 0", {"eval_environments", "got 0", "1 .. 1024"}},
        BadConfig{"eval_environments: 11", {"eval_environments", "eval_episodes (10), got 11"}},
        BadConfig{"agent: {batch_size: 1}", {"at least 2, got 1"}}));

TEST(ReadConfig, TakesNumbersInAnyExactSpelling) {
  const ExperimentConfig config =
      ReadConfig("", {"env_steps=1e6", "replay_capacity=2.0e4", "agent.actor_lr=3e-4"});
  EXPECT_EQ(config.env_steps, 1000000);
  EXPECT_EQ(config.replay_capacity, 20000);
  EXPECT_EQ(config.agent.actor_lr, 3e-4);
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

TEST(Presets, AllAreValid) {
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(std::string(CURL_RL_SOURCE_DIR) +
                                                              "/experiments/configs")) {
    names.insert(file.path().stem());
    EXPECT_NO_THROW(ReadConfig(file.path(), {})) << file.path();
  }
  for (const char* name :
       {"cartpole_swingup", "cartpole_swingup_cpu", "cartpole_swingup_cpu_bfloat16", "smoke"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
}

}  // namespace
}  // namespace curl_rl::experiments
