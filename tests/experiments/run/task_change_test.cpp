// A task whose files change between two parts of a run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "envs/registry.h"
#include "experiments/config/plugins.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/run_identity.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

constexpr char kTask[] =
    "name: NAME\nmodel: models/arm.xml\ntime_limit: 1\ncontrol_timestep: 0.02\n"
    "reward: {position: shoulder, lower: -0.1, upper: 0.1, margin: 1}\n";
constexpr char kModel[] =
    "<mujoco><include file=\"sky.xml\"/><worldbody><body><joint name=\"shoulder\"/>"
    "<geom size=\".1\"/></body></worldbody><actuator><motor joint=\"shoulder\"/></actuator>"
    "</mujoco>";

class TaskChangeTest : public ::testing::Test {
 protected:
  // Every test has a name of its own: what is registered stays so.
  void Make(const std::string& name) {
    std::string task = kTask;
    directory_.Write("t.yaml", task.replace(task.find("NAME"), 4, name));
    directory_.Write("models/arm.xml", kModel);
    directory_.Write("models/sky.xml", "<mujoco><option timestep=\"0.01\"/></mujoco>");
    LoadPlugin(directory_.File("t.yaml"));
    config_.task = name;
    config_.run_dir = directory_.File("run");
  }

  void Start() {
    RunInfo info;
    info.task_files = FilesOfTask(config_);
    RunDirectory::Create(config_, info).Finish("interrupted");
  }

  std::string Change() const { return TaskChange(config_.run_dir, config_); }

  TemporaryDirectory directory_;
  ExperimentConfig config_;
};

TEST_F(TaskChangeTest, EveryFileOfTheTaskCounts) {
  Make("task_change_every_file");
  EXPECT_THAT(FilesOfTask(config_),
              ElementsAre(Key("models/arm.xml"), Key("models/sky.xml"), Key("t.yaml")));
  Start();
  EXPECT_EQ(Change(), "");
  const auto before = directory_.Read("t.yaml");
  directory_.Write("t.yaml", before + "description: another\n");
  EXPECT_EQ(Change(), "t.yaml has changed");
  directory_.Write("t.yaml", before);
  EXPECT_EQ(Change(), "");
  directory_.Write("models/sky.xml", "<mujoco><option timestep=\"0.005\"/></mujoco>");
  EXPECT_EQ(Change(), "models/sky.xml has changed");
  std::filesystem::remove(directory_.File("models/sky.xml"));
  directory_.Write("models/arm.xml",
                   std::string(kModel).replace(std::string(kModel).find("sky"), 3, "ski"));
  directory_.Write("models/ski.xml", "<mujoco><option timestep=\"0.01\"/></mujoco>");
  EXPECT_EQ(Change(), "models/arm.xml has changed, models/sky.xml is gone, models/ski.xml is new");
}

TEST_F(TaskChangeTest, WhatWasGoneOnWithIsOnRecord) {
  Make("task_change_on_record");
  Start();
  RunInfo info;
  info.task_files = FilesOfTask(config_);
  info.task_change = "t.yaml has changed";
  RunDirectory::Open(config_.run_dir, info, 1).Finish("finished");
  const auto json = nlohmann::json::parse(directory_.Read("run/run.json"));
  EXPECT_EQ(json["task_change"], "t.yaml has changed");
  EXPECT_EQ(json["task_files"].size(), 3u);
  EXPECT_EQ(json["earlier"][0]["task_files"].size(), 3u);
}

TEST_F(TaskChangeTest, RunsOfEarlierVersionsHaveNoRecord) {
  Make("task_change_no_record");
  Start();
  for (const std::string text :
       {"{}", "[]", "{\"task_files\": 3}", "{\"task_files\": [\"t.yaml\"]}", "nonsense"}) {
    directory_.Write("run/run.json", text);
    EXPECT_FALSE(RecordedTaskFiles(config_.run_dir)) << text;
    EXPECT_EQ(Change(), "") << text;
  }
  std::filesystem::remove(directory_.File("run/run.json"));
  EXPECT_FALSE(RecordedTaskFiles(config_.run_dir));
}

// What is behind a disturbed task is not read here: any bytes do.
class BackdropChangeTest : public TaskChangeTest {
 protected:
  void SetUp() override {
    config_.task = "walker_walk";
    config_.run_dir = directory_.File("run");
    config_.environment.disturb = {"colors=hard", "pictures=hard:" + directory_.File("behind")};
    config_.eval_disturbances = {"none", "video=easy:" + directory_.File("film.mp4")};
    directory_.Write("behind/a.png", "a picture");
    directory_.Write("behind/b.png", "another");
    directory_.Write("film.mp4", "a film");
  }
};

TEST_F(BackdropChangeTest, PicturesAndVideosCount) {
  const std::string a = directory_.File("behind/a.png"), b = directory_.File("behind/b.png"),
                    c = directory_.File("behind/c.png"), film = directory_.File("film.mp4");
  EXPECT_THAT(FilesOfTask(config_), UnorderedElementsAre(Key(a), Key(b), Key(film)));
  Start();
  EXPECT_EQ(Change(), "");
  directory_.Write("behind/a.png", "a picturf");
  EXPECT_EQ(Change(), a + " has changed");
  directory_.Write("behind/a.png", "a picture");
  directory_.Write("behind/.hidden", "not looked at");
  EXPECT_EQ(Change(), "");
  std::filesystem::rename(b, c);
  EXPECT_EQ(Change(), b + " is gone, " + c + " is new");
  std::filesystem::rename(c, b);
  directory_.Write("film.mp4", "another film");
  EXPECT_EQ(Change(), film + " has changed");
  std::filesystem::remove(film);
  EXPECT_THROW(Change(), std::runtime_error);
}

TEST_F(BackdropChangeTest, OnlyThoseThatAreShownCount) {
  for (int i = 0; i < 6; ++i) directory_.Write("behind/" + std::to_string(i) + ".png", "one more");
  config_.environment.disturb = {"pictures=easy:" + directory_.File("behind")};
  config_.eval_disturbances = {};
  EXPECT_EQ(FilesOfTask(config_).size(), 4u);
}

TEST_F(BackdropChangeTest, ARunOfAnEarlierVersionDidNotLookBehind) {
  Start();
  auto json = nlohmann::json::parse(directory_.Read("run/run.json"));
  json["task_files"] = nlohmann::json::object();
  directory_.Write("run/run.json", json.dump());
  EXPECT_EQ(Change(), "");
  EXPECT_EQ(TaskFilesWithoutRecord(config_.run_dir, config_).size(), 3u);
}

TEST_F(TaskChangeTest, ABuiltInTaskHasNoFiles) {
  config_.task = "toy_reach";
  EXPECT_THAT(FilesOfTask(config_), IsEmpty());
}

TEST_F(TaskChangeTest, ATaskOfOnesOwnProgramMaySayItsFiles) {
  directory_.Write("model.xml", "a model");
  envs::EnvironmentInfo info = envs::Find("toy_reach");
  info.name = "toy_with_files";
  info.files = [path = directory_.File("model.xml")](const envs::EnvironmentOptions& options) {
    return std::vector<std::string>{options.python.program.empty() ? path : "/nowhere"};
  };
  envs::Register(info);
  config_.task = "toy_with_files";
  EXPECT_THAT(FilesOfTask(config_), ElementsAre(Key("model.xml")));
  config_.environment.python = "another";
  EXPECT_THROW(FilesOfTask(config_), std::runtime_error);
}

}  // namespace
}  // namespace curl_rl::experiments
