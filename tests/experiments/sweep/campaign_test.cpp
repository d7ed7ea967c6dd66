// What a campaign's file means, and what is said of one that means nothing.
#include "experiments/sweep/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/config/config_files.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(ReadCampaign, IsAGrid) {
  const TemporaryDirectory directory;
  const auto campaign = ReadCampaign(
      directory.Write("c.yaml",
                      "campaign: small_1\nquestion: Does it help?\nconfigs: [hardware/cpu.yaml]\n"
                      "tasks: [walker_walk, cheetah_run]\nmethods: [curl, none]\nseeds: 1-2\n"
                      "settings: {threads: 1, agent.batch_size: [64, 128]}\n"));
  ASSERT_TRUE(campaign.has_value());
  EXPECT_EQ(campaign->name, "small_1");
  EXPECT_EQ(campaign->question, "Does it help?");
  const GridOptions& grid = campaign->grid;
  EXPECT_THAT(grid.configs, ElementsAre(ConfigPath("hardware/cpu.yaml")));
  EXPECT_TRUE(std::filesystem::exists(grid.configs.front()));
  EXPECT_THAT(grid.tasks, ElementsAre("walker_walk", "cheetah_run"));
  EXPECT_THAT(grid.methods, ElementsAre("curl", "none"));
  EXPECT_THAT(grid.seeds, ElementsAre(1, 2));
  EXPECT_THAT(grid.overrides, ElementsAre("threads=1"));
  ASSERT_EQ(grid.settings.size(), 1u);
  EXPECT_EQ(grid.settings[0].key, "agent.batch_size");
  EXPECT_THAT(grid.settings[0].values, ElementsAre("64", "128"));
  EXPECT_EQ(grid.output, "runs/small_1");
  EXPECT_EQ(ExpandGrid(grid).size(), 16u);
}

TEST(ReadCampaign, TakesSeedsAsAListToo) {
  const TemporaryDirectory directory;
  const auto campaign = ReadCampaign(
      directory.Write("c.yaml", "campaign: c\nquestion: q\ntasks: [toy_reach]\nseeds: [3, 5-6]\n"));
  EXPECT_THAT(campaign->grid.seeds, ElementsAre(3, 5, 6));
  EXPECT_THAT(campaign->grid.settings, IsEmpty());
}

TEST(ReadCampaign, TakesFilesThatStandBesideIt) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.File("controls"));
  directory.Write("controls/own.yaml", "method: own\n");
  const auto campaign = ReadCampaign(directory.Write(
      "c.yaml",
      "campaign: c\nquestion: q\nconfigs: [toy.yaml]\nmethods: [controls/own.yaml, curl]\n"
      "seeds: 1\n"));
  EXPECT_THAT(campaign->grid.methods, ElementsAre(directory.File("controls/own.yaml"), "curl"));
  EXPECT_EQ(ExpandGrid(campaign->grid)[0].method, "own");
}

TEST(ReadCampaign, LeavesConfigsAndOtherFilesToOthers) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(ReadCampaign(directory.Write("a.yaml", "task: toy_reach\n")).has_value());
  EXPECT_FALSE(ReadCampaign(directory.Write("b.yaml", "campaign: [\n")).has_value());
  EXPECT_FALSE(ReadCampaign(directory.path()).has_value());
  EXPECT_FALSE(ReadCampaign(directory.File("none.yaml")).has_value());
  EXPECT_FALSE(ReadCampaign("agent.batch_size=128").has_value());
}

TEST(ReadCampaign, SaysWhatIsWrongAndWhere) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"campaign: a/b\n", "c.yaml:1:11: campaign: got 'a/b', allowed: "},
      {"campaign: a\nseeds: 1-2\ntasks: [x]\n", "a campaign needs the key 'question'"},
      {"campaign: a\nquestion: q\ntasks: [x]\n", "a campaign needs the key 'seeds'"},
      {"campaign: a\nquestion: q\nseeds: 1-2\n", "one of the keys tasks, methods and configs"},
      {"campaign: a\nquestion: q\nseeds: 2-1\ntasks: [x]\n", "c.yaml:3:8: --seeds: got '2-1'"},
      {"campaign: a\nquestion: q\nseeds: 1\ntask: [x]\n", "unknown key 'task'; did you mean"},
      {"campaign: a\nquestion: q\nseeds: 1\ntasks: [x, x]\n", "c.yaml:4:12: tasks: 'x' is given"},
      {"campaign: a\nquestion: q\nseeds: 1\ntasks: x\n", "c.yaml:4:8: "},
      {"campaign: a\nquestion: q\nseeds: 1\ntasks: [x]\nsettings: {a: {b: 1}}\n",
       "c.yaml:5:15: a: expected a word, got a map"},
      {"campaign: a\nquestion: q\nseeds: 1\ntasks: [x]\nsettings: {a: []}\n", "c.yaml:5:15: "},
  };
  const TemporaryDirectory directory;
  for (const auto& one : cases) {
    const std::string path = directory.Write("c.yaml", one.text);
    EXPECT_THAT([&] { ReadCampaign(path); }, ThrowsMessage<UsageError>(HasSubstr(one.message)))
        << one.text;
  }
}

// Every declared campaign can be run by this program.
TEST(ShippedCampaigns, AreGridsOfThisProgram) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(CURL_RL_SOURCE_DIR "/experiments/campaigns")) {
    if (!entry.is_regular_file()) continue;  // configs of their own
    const auto campaign = ReadCampaign(entry.path().string());
    ASSERT_TRUE(campaign.has_value()) << entry.path();
    EXPECT_EQ(campaign->name, entry.path().stem()) << "found by its name";
    EXPECT_GE(ExpandGrid(campaign->grid).size(), 2u) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 1);
}

}  // namespace
}  // namespace curl_rl::experiments
