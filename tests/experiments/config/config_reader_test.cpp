// What is read from files and overrides, and what is said of those that cannot be.
#include "experiments/config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "experiments/config/config_files.h"
#include "experiments/config/config_schema.h"
#include "tests/experiments/config/complaint.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

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
  EXPECT_THAT(complaint("/dev/zero"), HasSubstr("is a device, a YAML file is needed"));
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

TEST(ConfigReader, SettingsOfAPartThatALaterSourceLeavesOutGoWithIt) {
  // toy.yaml says something of soft actor-critic, the method is DDPG.
  const auto config =
      ReadConfig(ConfigSources{{"toy.yaml", "methods/drqv2.yaml"}, {"agent.crop_size=32"}});
  EXPECT_EQ(config.agent.actor_critic, agents::ActorCriticKind::kDdpg);
  // In the same source, or after the choice, it is an error.
  EXPECT_THROW(ReadConfig(ConfigSources{{"methods/drqv2.yaml", "toy.yaml"}}), UsageError);
  EXPECT_THROW(ReadConfig("methods/drqv2.yaml", {"agent.sac.hidden_dim=8"}), UsageError);
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
  EXPECT_THAT(ShippedConfigs("rendering"), testing::ElementsAre("fast"));
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

// Its pixels are others: that makes it another run, and none that is compared as the same task.
TEST(ShippedConfigsTest, FastRenderingIsAnotherTaskOfTheSameMethod) {
  const std::vector<std::string> plain = {"tasks/walker_walk.yaml", "methods/curl.yaml"};
  auto fast = plain;
  fast.emplace_back("rendering/fast.yaml");
  const auto with = ReadConfig({fast}), without = ReadConfig({plain});
  EXPECT_EQ(with.environment.samples, 0);
  EXPECT_EQ(with.environment.slices, 14);
  EXPECT_EQ(with.environment.stacks, 8);
  EXPECT_EQ(with.environment.shadow_size, 512);
  EXPECT_NE(SettingsThatCount(with, Same::kRun), SettingsThatCount(without, Same::kRun));
  EXPECT_EQ(SettingsThatCount(with, Same::kMethod), SettingsThatCount(without, Same::kMethod));
}

}  // namespace
}  // namespace curl_rl::experiments
