// Results are complete, declared and of one build, or not published.
#include "experiments/sweep/publication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/config/config_schema.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/shell_command.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

constexpr char kText[] =
    "campaign: small\nquestion: q\ntasks: [toy_reach]\nmethods: [none]\nseeds: 1-2\n"
    "settings: {env_steps: 20000}\n";

class PublicationTest : public testing::Test {
 protected:
  PublicationTest() {
    const std::string path = directory_.Write("small.yaml", kText);
    Git("init -q");
    Git("add small.yaml");
    Git("-c user.name=n -c user.email=e commit -q -m declared");
    commit_ = Git("rev-parse HEAD");
    campaign_ = *ReadCampaign(path);
    campaign_.grid.output = directory_.File("runs");
    elements_ = ExpandGrid(campaign_.grid);
    for (const Element& element : elements_) {
      WriteRun(element, Record("finished", commit_),
               "env_step,episode,episode_return,wall_time_s\n0,0,1.5,2\n20000,0,7,9.25\n");
    }
  }

  std::string Git(const std::string& arguments) const {
    const CommandResult result =
        RunCommand("git -C " + Quoted(directory_.path()) + " " + arguments);
    EXPECT_EQ(result.status, 0) << result.text();
    return result.out;
  }

  static nlohmann::json Record(const std::string& state, const std::string& commit) {
    return {{"state", state},
            {"device", "cpu"},
            {"versions", {{"git_commit", commit}, {"torch", "1"}, {"mujoco", "2"}}},
            {"earlier", nlohmann::json::array()}};
  }

  void WriteRun(const Element& element, const nlohmann::json& record,
                const std::string& evaluations) const {
    const std::string& folder = element.config.run_dir;
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/config.yaml") << WriteConfig(element.config);
    std::ofstream(folder + "/run.json") << record.dump();
    std::ofstream(folder + "/eval.csv") << evaluations;
  }

  static void Write(const std::string& base, const Publication& publication) {
    std::ofstream(base + ".csv") << publication.results;
    std::ofstream(base + ".yaml") << publication.configs;
    std::ofstream(base + ".json") << publication.record;
  }

  void ExpectRefused(const std::string& why, bool partial = false) const {
    EXPECT_THAT([&] { MakePublication(campaign_, elements_, partial); },
                ThrowsMessage<UsageError>(HasSubstr(why)));
  }

  TemporaryDirectory directory_;
  std::string commit_;
  Campaign campaign_;
  std::vector<Element> elements_;
};

TEST_F(PublicationTest, KeepsEveryEpisodeConfigAndRun) {
  const Publication publication = MakePublication(campaign_, elements_, false);
  EXPECT_EQ(publication.results,
            "task,method,seed,env_step,episode,episode_return,wall_time_s\n"
            "toy_reach,pixel_sac,1,0,0,1.5,2\ntoy_reach,pixel_sac,1,20000,0,7,9.25\n"
            "toy_reach,pixel_sac,2,0,0,1.5,2\ntoy_reach,pixel_sac,2,20000,0,7,9.25\n");
  EXPECT_THAT(publication.configs, StartsWith("# toy_reach, pixel_sac\n"));
  EXPECT_THAT(publication.configs, HasSubstr("env_steps: 20000\n"));
  const auto record = nlohmann::json::parse(publication.record);
  EXPECT_EQ(record["campaign"], "small");
  EXPECT_EQ(record["complete"], true);
  EXPECT_EQ(record["versions"]["git_commit"], commit_);
  ASSERT_EQ(record["runs"].size(), 2u);
  EXPECT_EQ(record["runs"][1]["seed"], 2);
  EXPECT_EQ(record["runs"][1]["last_evaluation"], 20000);
  EXPECT_EQ(record["runs"][1]["wall_time_s"], 9.25);
  EXPECT_TRUE(record["missing"].empty());
}

TEST_F(PublicationTest, IsCompleteOrSaysThatItIsNot) {
  std::filesystem::remove_all(elements_[1].config.run_dir);
  ExpectRefused("toy_reach pixel_sac seed 2 is not finished");
  const auto record = nlohmann::json::parse(MakePublication(campaign_, elements_, true).record);
  EXPECT_EQ(record["complete"], false);
  EXPECT_EQ(record["runs"].size(), 1u);
  EXPECT_EQ(record["missing"], nlohmann::json({"toy_reach pixel_sac seed 2"}));
}

// Beside half a run all others would be judged where it stopped.
TEST_F(PublicationTest, ARunThatWasStoppedIsNoResult) {
  WriteRun(elements_[1], Record("interrupted", commit_),
           "env_step,episode,episode_return,wall_time_s\n0,0,1.5,2\n");
  const Publication publication = MakePublication(campaign_, elements_, true);
  EXPECT_EQ(publication.results.find("pixel_sac,2"), std::string::npos);
  const auto record = nlohmann::json::parse(publication.record);
  EXPECT_EQ(record["complete"], false);
  EXPECT_EQ(record["missing"],
            nlohmann::json({"toy_reach pixel_sac seed 2, stopped after 0 env steps"}));
}

// A folder of runs may be gone, on another machine or cleaned away: what was published is kept.
TEST_F(PublicationTest, WhatWasPublishedIsNotLostWithItsRuns) {
  const Publication whole = MakePublication(campaign_, elements_, false);
  const std::string base = directory_.File("kept");
  EXPECT_FALSE(ReadPublication(base, "small"));
  std::filesystem::remove_all(elements_[1].config.run_dir);
  const Publication first = MakePublication(campaign_, elements_, true);
  Write(base, first);
  EXPECT_THAT(NotPublished(elements_, *ReadPublication(base, "small"), commit_),
              testing::ElementsAre(testing::Field(&Element::method, "pixel_sac")));
  EXPECT_THAT([&] { NotPublished(elements_, first, "0123456789ab"); },
              ThrowsMessage<UsageError>(HasSubstr("this program is of 0123456789ab")));
  WriteRun(elements_[1], Record("finished", commit_),
           "env_step,episode,episode_return,wall_time_s\n0,0,1.5,2\n20000,0,7,9.25\n");
  std::filesystem::remove_all(elements_[0].config.run_dir);
  const Publication second =
      MakePublication(campaign_, elements_, false, ReadPublication(base, "small"));
  EXPECT_EQ(second.results, whole.results);
  EXPECT_EQ(second.record, whole.record);
  EXPECT_EQ(second.configs, whole.configs);
  std::filesystem::remove_all(elements_[1].config.run_dir);  // nothing but what was published
  EXPECT_EQ(MakePublication(campaign_, elements_, false, second).record, whole.record);
  // Of another build: refused, nothing mixed.
  WriteRun(elements_[1], Record("finished", "0123456789ab"),
           "env_step,episode,episode_return,wall_time_s\n20000,0,7,9\n");
  EXPECT_THAT([&] { MakePublication(campaign_, elements_, true, first); },
              ThrowsMessage<UsageError>(HasSubstr("1 runs, the first toy_reach pixel_sac seed 1")));
}

TEST_F(PublicationTest, SomebodyElsesFilesAreNoEarlierPublication) {
  const std::string base = directory_.File("kept");
  directory_.Write("kept.csv", "task,method\n");
  EXPECT_THAT([&] { ReadPublication(base, "small"); },
              ThrowsMessage<UsageError>(HasSubstr("not of the campaign 'small'")));
  Write(base, MakePublication(campaign_, elements_, false));
  EXPECT_THAT([&] { ReadPublication(base, "large"); },
              ThrowsMessage<UsageError>(HasSubstr("not of the campaign 'large'")));
  directory_.Write("kept.json", "[1]");
  EXPECT_THAT([&] { ReadPublication(base, "small"); },
              ThrowsMessage<UsageError>(HasSubstr("not of the campaign 'small'")));
}

TEST_F(PublicationTest, IsOfOneBuildOfACommit) {
  const std::string rows = "env_step,episode,episode_return,wall_time_s\n20000,0,7,9\n";
  WriteRun(elements_[1], Record("finished", "0123456789ab"), rows);
  ExpectRefused("seed_2: made by commit 0123456789ab");
  auto resumed = Record("finished", commit_);
  resumed["earlier"].push_back(Record("interrupted", "0123456789ab"));
  WriteRun(elements_[1], resumed, rows);
  ExpectRefused("seed_2: made by commit 0123456789ab");
  WriteRun(elements_[0], Record("finished", commit_ + "-dirty"), rows);
  ExpectRefused("a build of a commit without changes");
  WriteRun(elements_[0], {{"state", "finished"}}, rows);
  ExpectRefused("is no record of a run");
}

TEST_F(PublicationTest, WasDeclaredBefore) {
  campaign_.text += "# seeds 3 to 5 did not do well\n";
  ExpectRefused("is not what was declared");
  campaign_.text = kText;
  campaign_.path = directory_.Write("later.yaml", kText);
  ExpectRefused("was not declared before it was run");
}

TEST_F(PublicationTest, AnotherConfigIsAnotherRun) {
  campaign_ = *ReadCampaign(directory_.Write(
      "small.yaml", std::string(kText).replace(std::string(kText).find("20000"), 5, "30000")));
  campaign_.grid.output = directory_.File("runs");
  elements_ = ExpandGrid(campaign_.grid);
  ExpectRefused("holds a run with another config: env_steps is 20000 there");
}

}  // namespace
}  // namespace curl_rl::experiments
