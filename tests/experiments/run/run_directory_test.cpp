#include "experiments/run/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class RunDirectoryTest : public testing::Test {
 protected:
  RunDirectoryTest() { config_.run_dir = directory_.File("runs/task/curl/seed_1"); }

  nlohmann::json RunJson() const {
    return nlohmann::json::parse(directory_.Read("runs/task/curl/seed_1/run.json"));
  }

  TemporaryDirectory directory_;
  ExperimentConfig config_;
  RunInfo info_{"1.13", "2.2.2", "cpu", "egl llvmpipe", 2, {"train", "a.yaml"}};
};

TEST_F(RunDirectoryTest, HoldsConfigAndRunJson) {
  {
    RunDirectory run = RunDirectory::Create(config_, info_);
    EXPECT_EQ(RunJson()["state"], "running");
    EXPECT_TRUE(RunJson()["ended"].is_null());
    run.Finish("finished");
  }
  EXPECT_EQ(RunJson()["state"], "finished");
  EXPECT_EQ(RunJson()["seed"], 1);
  EXPECT_EQ(RunJson()["versions"]["torch"], "1.13");
  EXPECT_EQ(RunJson()["command"], nlohmann::json({"train", "a.yaml"}));
  EXPECT_EQ(RunJson()["ended"].get<std::string>().size(),
            std::string("2026-01-01T00:00:00Z").size());
  EXPECT_EQ(WriteConfig(ReadConfig(config_.run_dir + "/config.yaml", {})), WriteConfig(config_));
}

TEST_F(RunDirectoryTest, UnfinishedRunIsMarkedFailed) {
  { const RunDirectory run = RunDirectory::Create(config_, info_); }
  EXPECT_EQ(RunJson()["state"], "failed");
}

// Runs that are started together share parents, which each removes when it only checks.
TEST_F(RunDirectoryTest, ChecksAtTheSameTimeDoNotDisturbEachOther) {
  const auto check_often = [&](const std::string& seed) {
    ExperimentConfig config;
    config.run_dir = directory_.File("runs/task/curl/" + seed);
    for (int i = 0; i < 300; ++i) RunDirectory::Check(config);
  };
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      check_often("seed_1");
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  EXPECT_NO_THROW(check_often("seed_2"));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(RunDirectoryTest, DefaultPlaceIsTaskMethodSeed) {
  ExperimentConfig config;
  config.seed = 7;
  EXPECT_EQ(RunDirectoryOf(config), "runs/cartpole_swingup/curl/seed_7");
}

TEST_F(RunDirectoryTest, ExistingRunIsRefusedAndLeftAlone) {
  { RunDirectory::Create(config_, info_).Finish("finished"); }
  const std::string json = RunJson().dump();
  const auto before = directory_.Entries();
  EXPECT_THAT(([&] { RunDirectory::Create(config_, info_); }),
              ThrowsMessage<UsageError>(HasSubstr("holds a run already")));
  EXPECT_EQ(RunJson().dump(), json);
  EXPECT_EQ(directory_.Entries(), before);
}

TEST_F(RunDirectoryTest, FolderWithOtherFilesIsRefused) {
  std::filesystem::create_directories(config_.run_dir);
  directory_.Write("runs/task/curl/seed_1/notes.txt", "mine");
  const auto before = directory_.Entries();
  EXPECT_THAT(([&] { RunDirectory::Create(config_, info_); }),
              ThrowsMessage<UsageError>(HasSubstr("is not empty")));
  EXPECT_EQ(directory_.Entries(), before);
}

TEST_F(RunDirectoryTest, EmptyFolderIsTaken) {
  std::filesystem::create_directories(config_.run_dir);
  EXPECT_NO_THROW(RunDirectory::Create(config_, info_));
}

TEST_F(RunDirectoryTest, FileInTheWayIsAnErrorAndNothingIsLeft) {
  directory_.Write("runs", "a file");
  EXPECT_THAT(([&] { RunDirectory::Create(config_, info_); }),
              ThrowsMessage<UsageError>(HasSubstr("runs: is not a folder")));
  EXPECT_EQ(directory_.Entries().size(), 1u);
}

TEST_F(RunDirectoryTest, UnwritablePlaceIsAClearError) {
  config_.run_dir = "/proc/curl_rl/seed_1";  // not even root can write there
  EXPECT_THAT(([&] { RunDirectory::Create(config_, info_); }),
              ThrowsMessage<std::runtime_error>(
                  HasSubstr("/proc/curl_rl: cannot create the run directory: ")));
}

TEST_F(RunDirectoryTest, FailureHalfWayLeavesNothing) {
  config_.run_dir = directory_.File("a/b/" + std::string(250, 'n'));  // longer names have no room
  std::filesystem::create_directory(directory_.File("a"));
  info_.command = {"not UTF-8: \xff"};  // the JSON library refuses it after config.yaml is written
  EXPECT_ANY_THROW(RunDirectory::Create(config_, info_));
  EXPECT_EQ(directory_.Entries(), std::set<std::string>{"a"});
}

TEST_F(RunDirectoryTest, SecondWriterIsRefusedByName) {
  RunDirectory first = RunDirectory::Create(config_, info_);
  EXPECT_THAT(([&] { RunDirectory::Open(config_.run_dir, info_, 1); }),
              ThrowsMessage<UsageError>(HasSubstr("pid " + std::to_string(::getpid()))));
  EXPECT_EQ(RunJson()["state"], "running");
}

TEST_F(RunDirectoryTest, LockOfADeadProcessIsNoObstacle) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const RunDirectory run = RunDirectory::Create(config_, info_);
    ::_exit(0);  // as if killed: no destructor runs
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(RunJson()["state"], "running");
  const auto started = RunJson()["started"];
  EXPECT_TRUE(RunJson()["resumed"].is_null());
  info_.command = {"resume"};
  RunDirectory run = RunDirectory::Open(config_.run_dir, info_, 1);
  EXPECT_EQ(RunJson()["command"], nlohmann::json({"resume"}));
  EXPECT_EQ(RunJson()["started"], started);
  EXPECT_TRUE(RunJson()["resumed"].is_string());
  run.Finish("interrupted");
  EXPECT_EQ(RunJson()["state"], "interrupted");
}

TEST_F(RunDirectoryTest, RecordHoldsEveryPartOfTheRun) {
  info_.command = {"train"};
  RunDirectory::Create(config_, info_).Finish("interrupted");
  info_.command = {"resume"};
  RunDirectory::Open(config_.run_dir, info_, 1).Finish("interrupted");
  RunDirectory::Open(config_.run_dir, info_, 1).Finish("finished");
  const auto earlier = RunJson()["earlier"];
  ASSERT_EQ(earlier.size(), 2u);
  EXPECT_EQ(earlier[0]["command"], nlohmann::json({"train"}));
  EXPECT_EQ(earlier[1]["command"], nlohmann::json({"resume"}));
  EXPECT_FALSE(earlier[1].contains("earlier"));
}

TEST_F(RunDirectoryTest, RecordThatSomebodyBrokeIsNoObstacle) {
  RunDirectory::Create(config_, info_).Finish("finished");
  for (const char* text : {"no JSON", "[]", "{}", "{\"started\": 5, \"earlier\": \"none\"}"}) {
    directory_.Write("runs/task/curl/seed_1/run.json", text);
    RunDirectory::Open(config_.run_dir, info_, 1).Finish("finished");
    EXPECT_EQ(RunJson()["state"], "finished") << text;
  }
}

TEST_F(RunDirectoryTest, ARunEndsWhateverBecameOfItsRecord) {
  const std::string path = "runs/task/curl/seed_1/run.json";
  RunDirectory run = RunDirectory::Create(config_, info_);
  for (const char* text : {"{\"state\": \"run", "[]", ""}) {
    directory_.Write(path, text);
    run.Finish("finished");
    EXPECT_EQ(RunJson()["state"], "finished") << text;
    EXPECT_EQ(RunJson()["command"], nlohmann::json({"train", "a.yaml"})) << text;
  }
  std::filesystem::remove(directory_.File(path));
  run.Finish("finished");
  EXPECT_EQ(RunJson()["state"], "finished");
  auto edited = RunJson();
  edited["note"] = "mine";
  directory_.Write(path, edited.dump());
  run.Finish("interrupted");
  EXPECT_EQ(RunJson()["note"], "mine");
  EXPECT_EQ(RunJson()["state"], "interrupted");
}

TEST_F(RunDirectoryTest, WhatAKilledProcessLeftIsRemoved) {
  std::filesystem::create_directories(config_.run_dir);
  directory_.Write("runs/task/curl/seed_1/config.yaml.tmp123", "half");
  { RunDirectory::Create(config_, info_).Finish("finished"); }
  directory_.Write("runs/task/curl/seed_1/run.json.tmp456", "half");
  RunDirectory::Open(config_.run_dir, info_, 1).Finish("finished");
  EXPECT_EQ(
      directory_.Entries(),
      (std::set<std::string>{"runs", "runs/task", "runs/task/curl", "runs/task/curl/seed_1",
                             "runs/task/curl/seed_1/config.yaml", "runs/task/curl/seed_1/lock",
                             "runs/task/curl/seed_1/run.json"}));
}

TEST_F(RunDirectoryTest, OpenNeedsARun) {
  EXPECT_THAT(([&] { RunDirectory::Open(directory_.path(), info_, 1); }),
              ThrowsMessage<UsageError>(HasSubstr("holds no run")));
  EXPECT_TRUE(directory_.Entries().empty());
}

}  // namespace
}  // namespace curl_rl::experiments
