// Checkpoints: what is written comes back, what is damaged is refused or set aside.
#include "experiments/checkpoints/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <new>
#include <thread>

#include "experiments/files/atomic_file.h"
#include "tests/experiments/error_message.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

Checkpoint Some(std::int64_t env_step) {
  Checkpoint checkpoint;
  checkpoint.env_step = env_step;
  checkpoint.state = {{"agent_step", env_step / 8}};
  checkpoint.parts["agent"] = {{"w", torch::full({3}, static_cast<double>(env_step))}};
  return checkpoint;
}

class CheckpointTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string run_ = directory_.File("run");
  fs::path Folder(const std::string& name) { return fs::path(run_) / "checkpoints" / name; }
  fs::path FolderOfStep(std::int64_t env_step) {
    auto digits = std::to_string(env_step);
    return Folder("env_step_" + digits.insert(0, 12 - digits.size(), '0'));
  }
};

TEST_F(CheckpointTest, ComesBackAsItWas) {
  WriteCheckpoint(run_, Some(80));
  const auto read = ReadCheckpoint(run_, 80);
  EXPECT_EQ(read.state["agent_step"], 10);
  EXPECT_TRUE(torch::equal(read.parts.at("agent").at("w"), torch::full({3}, 80.0)));
  EXPECT_THAT(Message([&] { ReadCheckpoint(run_, 80, {"replay"}); }),
              HasSubstr("no part 'replay'"));
}

TEST_F(CheckpointTest, TheNewestAndTheBestAreKeptAndFound) {
  fs::create_directories(run_);
  EXPECT_THAT(Message([&] { FindCheckpoint(run_, "latest"); }), HasSubstr("no checkpoint"));
  for (const std::int64_t step : {10, 20, 30, 40}) WriteCheckpoint(run_, Some(step));
  MarkBest(run_, 20, 99.5);
  PruneCheckpoints(run_, 2);
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(20, 30, 40));
  EXPECT_EQ(FindCheckpoint(run_, "latest"), 40);
  EXPECT_EQ(FindCheckpoint(run_, "best"), 20);
  EXPECT_EQ(FindCheckpoint(run_, "30"), 30);
  EXPECT_THAT(Message([&] { FindCheckpoint(run_, "10"); }), HasSubstr("latest, best, 20, 30, 40"));
}

// As export and evaluate do beside a run that trains: the checkpoint they read is removed as soon
// as there is a newer one. Here it gets a newer one's name.
TEST_F(CheckpointTest, AgentsAreReadWhileTheirCheckpointsAreRemoved) {
  WriteCheckpoint(run_, Some(1));
  std::atomic<bool> stop = false;
  std::thread training([&] {
    for (std::int64_t step = 1; !stop; ++step) {
      fs::rename(FolderOfStep(step), FolderOfStep(step + 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  std::int64_t env_step = 0;
  for (int i = 0; i < 300; ++i) {
    const auto message = Message([&] {
      const auto agent = ReadAgent(run_, "latest");
      EXPECT_GE(agent.env_step, env_step);
      EXPECT_TRUE(torch::equal(agent.tensors.at("w"), torch::full({3}, 1.0)));
      env_step = agent.env_step;
    });
    EXPECT_EQ(message, "no error");
  }
  stop = true;
  training.join();
  EXPECT_GT(env_step, 1);
}

TEST_F(CheckpointTest, ADamagedAgentIsRefused) {
  WriteCheckpoint(run_, Some(1));
  const auto path = Folder("env_step_000000000001") / "agent.safetensors";
  fs::resize_file(path, fs::file_size(path) - 1);
  EXPECT_THAT(Message([&] { ReadAgent(run_, "latest"); }), HasSubstr("agent.safetensors: damaged"));
  EXPECT_THAT(Message([&] { ReadAgent(run_, "5"); }), HasSubstr("no checkpoint '5'"));
}

TEST_F(CheckpointTest, OneOfTheSameStepIsReplaced) {
  WriteCheckpoint(run_, Some(10));
  auto changed = Some(10);
  changed.state["agent_step"] = 7;
  WriteCheckpoint(run_, changed);
  EXPECT_EQ(ReadCheckpoint(run_, 10).state["agent_step"], 7);
}

TEST_F(CheckpointTest, AHalfWrittenOneDoesNotCount) {
  WriteCheckpoint(run_, Some(10));
  fs::create_directories(Folder("env_step_000000000020.tmp"));
  std::ofstream(Folder("env_step_000000000020.tmp") / "agent.safetensors") << "half";
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(10));
  WriteCheckpoint(run_, Some(20));
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(10, 20));
}

// Every byte of every file with a bit flipped, and every length: refused by the file's name.
TEST_F(CheckpointTest, EveryFlipAndEveryTruncationIsRefusedByName) {
  auto checkpoint = Some(10);
  checkpoint.parts["replay"] = {{"ids", torch::arange(4)}};
  WriteCheckpoint(run_, checkpoint);
  MarkBest(run_, 10, 3.5);
  int refused = 0;
  for (const char* name :
       {"env_step_000000000010/agent.safetensors", "env_step_000000000010/replay.safetensors",
        "env_step_000000000010/manifest.json", "best.json"}) {
    const auto path = Folder(name).string();
    const auto bytes = ReadWholeFile(path);
    const auto expect_refused = [&](const std::string& broken, std::size_t i) {
      std::ofstream(path, std::ios::binary) << broken;
      EXPECT_THAT(Message([&] { ReadCheckpoint(run_, FindCheckpoint(run_, "best")); }),
                  HasSubstr(path + ": "))
          << i;
      ++refused;
    };
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto broken = bytes;
      broken[i] = static_cast<char>(broken[i] ^ (1 << i % 8));
      expect_refused(broken, i);
      expect_refused(bytes.substr(0, i), i);
    }
    expect_refused(bytes + bytes, 0);
    fs::remove(path);
    if (std::string(name) != "best.json") {
      EXPECT_THAT(Message([&] { ReadCheckpoint(run_, 10); }), HasSubstr(path));
    }
    std::ofstream(path, std::ios::binary) << bytes;
  }
  EXPECT_GT(refused, 1000);
  EXPECT_NO_THROW(ReadCheckpoint(run_, 10));
}

TEST_F(CheckpointTest, ADamagedNoteOfTheBestLetsNothingBePruned) {
  for (const std::int64_t step : {10, 20, 30}) WriteCheckpoint(run_, Some(step));
  MarkBest(run_, 10, 1.0);
  std::ofstream(Folder("best.json")) << "{}";
  PruneCheckpoints(run_, 1);
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(10, 20, 30));
}

TEST_F(CheckpointTest, DamagedOnesAreSetAside) {
  for (const std::int64_t step : {10, 20, 30}) WriteCheckpoint(run_, Some(step));
  EXPECT_THAT(SetAsideCheckpointsAfter(run_, 10), testing::SizeIs(2));
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(10));
  EXPECT_TRUE(fs::exists(Folder("env_step_000000000030.damaged")));
  WriteCheckpoint(run_, Some(30));  // what was set aside stays
  EXPECT_THAT(SetAsideCheckpointsAfter(run_, 10),
              ElementsAre(testing::EndsWith("env_step_000000000030.damaged_2")));
  EXPECT_TRUE(fs::exists(Folder("env_step_000000000030.damaged")));
}

TEST_F(CheckpointTest, SomebodysFoldersAreNoCheckpoints) {
  WriteCheckpoint(run_, Some(10));
  for (const char* name : {"env_step_5", "env_step_0000000000005", "env_step_", "mine"}) {
    fs::create_directories(Folder(name));
  }
  EXPECT_THAT(ListCheckpoints(run_), ElementsAre(10));
}

TEST_F(CheckpointTest, WhatFilesCannotHelpIsNoDamage) {
  EXPECT_TRUE(IsDamage(std::runtime_error("agent.safetensors: damaged: ...")));
  EXPECT_TRUE(IsDamage(FileError("manifest.json: cannot read", ENOENT)));
  EXPECT_FALSE(IsDamage(FileError("manifest.json: cannot read", EACCES)));
  EXPECT_FALSE(IsDamage(FileError("manifest.json: cannot read", EMFILE)));
  EXPECT_FALSE(IsDamage(std::bad_alloc()));
  EXPECT_FALSE(IsDamage(CannotTakeUp("the replay has no room")));
  EXPECT_FALSE(IsDamage(std::runtime_error("DefaultCPUAllocator: can't allocate memory")));
}

// Written by the program when the format was 1.
TEST_F(CheckpointTest, FormatOneIsStillRead) {
  fs::create_directories(Folder("env_step_000000000010"));
  fs::copy(CURL_RL_SOURCE_DIR "/tests/golden/checkpoint_format_1", Folder("env_step_000000000010"));
  const auto read = ReadCheckpoint(run_, 10);
  EXPECT_EQ(read.state["agent_step"], 1);
  EXPECT_TRUE(torch::equal(read.parts.at("agent").at("w"), torch::full({3}, 10.0)));
}

}  // namespace
}  // namespace curl_rl::experiments
