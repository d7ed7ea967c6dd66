// Which runs are of one method, and what it is called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "experiments/comparison/input/load.h"
#include "experiments/comparison/statistics/methods.h"
#include "tests/experiments/comparison/input/run_folder.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::ElementsAre;

// The names of the methods of run directories with these configs, which differ in the seed besides.
std::set<std::string> MethodsOf(const std::vector<std::string>& configs) {
  const TemporaryDirectory folder;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const std::string seed = std::to_string(i);
    WriteRun(folder, "seed_" + seed,
             "task: walker_walk\nmethod: curl\nseed: " + seed + "\n" + configs[i], "1,0,5,1\n");
  }
  LoadedRuns loaded = LoadRuns({folder.path()});
  NameMethods("", &loaded.runs);
  std::set<std::string> methods;
  for (const comparison::Run& run : loaded.runs) methods.insert(run.method);
  return methods;
}

TEST(Methods, AreNotMadeByWhereHowFastAndHowCloselyWatched) {
  EXPECT_THAT(MethodsOf({"", "eval_environments: 4\n", "video_every: 1000\nvideo_episodes: 2\n",
                         "video_size: 64\ndeterministic: true\n", "agent: {cuda_graphs: false}\n",
                         "threads: 3\noverlap: true\ndevice: cuda\n", "env_steps: 800\n"}),
              ElementsAre("curl"));
}

TEST(Methods, AreNotMadeByTheVersionThatWroteTheConfig) {
  // Keys that it did not have yet, keys that were called otherwise, numbers spelt otherwise.
  EXPECT_THAT(MethodsOf({"", "agent: {n_step: 1, cuda_graphs: true}\n",
                         "agent: {contrastive: infonce, hidden_dim: 1024, encoder_lr: 1e-3}\n",
                         "agent: {objectives: [curl], sac: {hidden_dim: 1024}}\n"}),
              ElementsAre("curl"));
  EXPECT_THAT(MethodsOf({"", "agent: {contrastive: none}\n", "agent: {hidden_dim: 64}\n"}),
              ElementsAre("curl (objectives=[], hidden_dim=1024)",
                          "curl (objectives=[curl], hidden_dim=1024)",
                          "curl (objectives=[curl], hidden_dim=64)"));
}

TEST(Methods, MayHaveObjectivesThatThisProgramDoesNotKnow) {
  const std::string mine = "agent: {objectives: [mine], mine: {queue: ";
  EXPECT_THAT(MethodsOf({mine + "5}}\n", mine + "5}}\n"}), ElementsAre("curl"));
  EXPECT_THAT(MethodsOf({mine + "5}}\n", mine + "6}}\n"}),
              ElementsAre("curl (queue=5)", "curl (queue=6)"));
}

Run Configured(const std::string& task, const std::string& method, std::int64_t seed,
               std::map<std::string, std::string> settings) {
  Run run;
  run.task = task;
  run.method = method;
  run.seed = seed;
  run.evaluations = {{1, 1, 1, 1}};
  run.settings = std::move(settings);
  return run;
}

TEST(Methods, AreWhatDiffersInTheConfigs) {
  std::vector<comparison::Run> runs = {
      Configured("w", "curl", 1,
                 {{"seed", "1"}, {"agent.batch_size", "128"}, {"action_repeat", "2"}}),
      Configured("w", "curl", 2,
                 {{"seed", "2"}, {"agent.batch_size", "512"}, {"action_repeat", "2"}}),
      Configured("c", "curl", 1,
                 {{"seed", "1"}, {"agent.batch_size", "128"}, {"action_repeat", "8"}}),
      Configured("w", "sac", 1, {{"agent.batch_size", "64"}})};
  NameMethods("", &runs);
  // Action repeat differs between tasks only; the seed never counts; sac is alone.
  EXPECT_EQ(runs[0].method, "curl (batch_size=128)");
  EXPECT_EQ(runs[1].method, "curl (batch_size=512)");
  EXPECT_EQ(runs[2].method, "curl (batch_size=128)");
  EXPECT_EQ(runs[3].method, "sac");
}

TEST(Methods, ComeFromAKey) {
  std::vector<comparison::Run> runs = {Configured("w", "curl", 1, {{"agent.contrastive", "none"}})};
  NameMethods("agent.contrastive", &runs);
  EXPECT_EQ(runs[0].method, "none");
}

TEST(Methods, StandInTheOrderGiven) {
  const Dataset dataset = MakeDataset(
      {Configured("w", "z", 2, {}), Configured("w", "z", 1, {}), Configured("c", "a", 1, {})}, {});
  EXPECT_THAT(dataset.methods, ElementsAre("z", "a"));
  EXPECT_THAT(dataset.tasks, ElementsAre("w", "c"));
  EXPECT_EQ(dataset.Cell("w", "z")[0]->seed, 1);
}
}  // namespace
}  // namespace curl_rl::comparison
