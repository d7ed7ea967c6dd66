// Which runs a sweep makes, and what is said of a grid that cannot be.
#include "experiments/sweep/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "experiments/config/config_files.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class GridTest : public testing::Test {
 protected:
  GridTest() {
    options_.configs = {directory_.Write("c.yaml",
                                         "task: toy_reach\nmethod: m\nobservation: state\n"
                                         "agent: {objectives: []}\naction_repeat: 1\n")};
    options_.seeds = {0, 1};
    options_.output = "out";
  }

  TemporaryDirectory directory_;
  GridOptions options_;
};

TEST(ParseSeeds, TakesNumbersAndRanges) {
  EXPECT_THAT(ParseSeeds("0-4"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(ParseSeeds("7,1-2,5"), ElementsAre(7, 1, 2, 5));
}

TEST(ParseSeeds, RefusesEverythingElse) {
  for (const char* text : {"", "a", "1,", "3-1", "-1", "1-", "1.5", "1,2,1", "0-99999999", "1 2"}) {
    EXPECT_THAT([&] { ParseSeeds(text); },
                ThrowsMessage<UsageError>(HasSubstr(std::string("--seeds: got '") + text + "'")))
        << text;
  }
}

TEST(ParseSetting, SplitsKeyAndValues) {
  const SweptSetting setting = ParseSetting("agent.batch_size=128,512");
  EXPECT_EQ(setting.key, "agent.batch_size");
  EXPECT_THAT(setting.values, ElementsAre("128", "512"));
  for (const char* text : {"seed", "=1", "a=", "a=1,,2", "a=1,1"}) {
    EXPECT_THROW(ParseSetting(text), UsageError) << text;
  }
}

// Cut off anywhere, it has as many seeds of one method as of another, or one more.
TEST_F(GridTest, IsTheProductWithSeedsSlowest) {
  options_.tasks = {"toy_reach", "cartpole_swingup"};
  options_.settings = {{"agent.batch_size", {"64", "128"}}, {"agent.sac.critic_lr", {"1e-3"}}};
  options_.overrides = {"env_steps=5000"};
  const auto elements = ExpandGrid(options_);
  ASSERT_EQ(elements.size(), 8u);
  EXPECT_EQ(elements[0].name(), "toy_reach m,batch_size=64 seed 0");
  EXPECT_EQ(elements[1].name(), "toy_reach m,batch_size=128 seed 0");
  EXPECT_EQ(elements[2].name(), "cartpole_swingup m,batch_size=64 seed 0");
  EXPECT_EQ(elements[4].name(), "toy_reach m,batch_size=64 seed 1");
  const ExperimentConfig& config = elements[7].config;
  EXPECT_EQ(config.task, "cartpole_swingup");
  EXPECT_EQ(config.seed, 1);
  EXPECT_EQ(config.agent.batch_size, 128);
  EXPECT_EQ(config.agent.sac.critic_lr, 1e-3);
  EXPECT_EQ(config.env_steps, 5000);
  EXPECT_EQ(config.run_dir, "out/cartpole_swingup/m,batch_size=128/seed_1");
  EXPECT_THAT(elements[7].arguments,
              ElementsAre("train", ShippedConfig("tasks", "cartpole_swingup"), options_.configs[0],
                          "env_steps=5000", "task=cartpole_swingup", "agent.batch_size=128",
                          "agent.sac.critic_lr=1e-3", "seed=1",
                          "run_dir=out/cartpole_swingup/m,batch_size=128/seed_1"));
}

TEST_F(GridTest, CrossesTasksAndMethods) {
  options_.configs = {"hardware/cpu.yaml"};
  options_.tasks = {"walker_walk", "cheetah_run"};
  options_.methods = {"none", directory_.Write("mine.yaml", "method: mine\n"), "curl"};
  options_.seeds = {3};
  const auto elements = ExpandGrid(options_);
  ASSERT_EQ(elements.size(), 6u);
  EXPECT_EQ(elements[0].name(), "walker_walk pixel_sac seed 3");
  EXPECT_EQ(elements[1].name(), "walker_walk mine seed 3");
  EXPECT_EQ(elements[5].name(), "cheetah_run curl seed 3");
  EXPECT_EQ(elements[0].config.action_repeat, 2);   // of the task's config
  EXPECT_EQ(elements[0].config.env_steps, 100000);  // of hardware/cpu.yaml, which comes later
  EXPECT_EQ(elements[5].config.action_repeat, 4);
  EXPECT_EQ(elements[5].config.agent.sac.actor_lr, 2e-4);  // of the method, for this task
  EXPECT_EQ(elements[2].config.agent.sac.actor_lr, 1e-3);
  // What the child is given reads to the same.
  const auto& words = elements[5].arguments;
  EXPECT_EQ(words[0], "train");
  const ExperimentConfig again =
      ReadConfig({{words.begin() + 1, words.begin() + 4}, {words.begin() + 4, words.end()}});
  EXPECT_EQ(WriteConfig(again), WriteConfig(elements[5].config));
}

TEST_F(GridTest, TakesTheConfigsTaskWithoutTasks) {
  options_.seeds = {3};
  const auto elements = ExpandGrid(options_);
  ASSERT_EQ(elements.size(), 1u);
  EXPECT_EQ(elements[0].config.run_dir, "out/toy_reach/m/seed_3");
}

TEST_F(GridTest, NamesTheNearestMethod) {
  options_.methods = {"crul"};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("--methods: unknown method 'crul'; did you mean "
                                                  "'curl'? (there are curl, ")));
  options_.methods = {"none.yaml"};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("none.yaml: cannot be read")));
}

TEST_F(GridTest, FoldersAndLogsDifferBetweenRuns) {
  options_.tasks = {"toy_reach", "cartpole_swingup"};
  options_.settings = {{"method", {"a", "b"}}, {"agent.sac.critic_lr", {"1e-3", "1e-4"}}};
  std::set<std::string> folders;
  std::set<std::string> logs;
  for (const Element& element : ExpandGrid(options_)) {
    folders.insert(element.config.run_dir);
    logs.insert(element.log_path("out"));
  }
  EXPECT_EQ(folders.size(), 16u);
  EXPECT_EQ(logs.size(), 16u);
  EXPECT_EQ(folders.count("out/toy_reach/a,critic_lr=1e-3/seed_0"), 1u);
}

TEST_F(GridTest, NamesTheNearestKeyAndTask) {
  options_.settings = {{"agent.batch_sise", {"64"}}};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("did you mean 'agent.batch_size'")));
  options_.settings = {{"batch_size", {"64"}}};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("did you mean 'agent.batch_size'")));
  options_.settings = {};
  options_.tasks = {"toy_raech"};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("did you mean 'toy_reach'")));
}

TEST_F(GridTest, RefusesAValueThatOnlyOneRunWouldHave) {
  options_.settings = {{"agent.discount", {"0.99", "2"}}};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("agent.discount is out of range: got 2")));
}

TEST_F(GridTest, RefusesWhatTheSweepDecidesItself) {
  options_.overrides = {"seed=3"};
  EXPECT_THAT([&] { ExpandGrid(options_); }, ThrowsMessage<UsageError>(HasSubstr("--seeds")));
  options_.overrides = {};
  options_.settings = {{"task", {"toy_reach"}}};
  EXPECT_THAT([&] { ExpandGrid(options_); }, ThrowsMessage<UsageError>(HasSubstr("--tasks")));
  options_.settings = {{"agent.discount", {"0.9"}}};
  options_.overrides = {"agent.discount=0.8"};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(HasSubstr("given before, as override")));
}

TEST_F(GridTest, RefusesTwoRunsInOneFolder) {
  const std::string text = "method: same\n";
  options_.methods = {directory_.Write("a.yaml", text), directory_.Write("b.yaml", text)};
  EXPECT_THAT([&] { ExpandGrid(options_); },
              ThrowsMessage<UsageError>(testing::AllOf(
                  HasSubstr("share the folder out/toy_reach/same/seed_0"), HasSubstr("b.yaml"))));
}

}  // namespace
}  // namespace curl_rl::experiments
