// A run's folder: what it holds, who may write in it, what is refused.
#include "experiments/run/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/run/run_state.h"
#include "tests/experiments/temporary_directory.h"

// What stands in for the system's flock while it is set.
static std::function<int(int)> at_flock;  // NOLINT(cert-err58-cpp)

extern "C" int flock(int fd, int operation) noexcept {
  if (at_flock) return std::function(at_flock)(operation);
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

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
  // config.yaml is written, run.json is too large.
  info_.command = {std::string(100000, 'x')};
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{50000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(RunDirectory::Create(config_, info_), FileError);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(directory_.Entries(), std::set<std::string>{"a"});
}

TEST_F(RunDirectoryTest, ArgumentsMayBeAnyBytes) {
  info_.command = {"run_dir=caf\xe9"};  // Latin-1
  RunDirectory::Create(config_, info_).Finish("finished");
  EXPECT_EQ(RunJson()["command"][0], "run_dir=caf\xef\xbf\xbd");
}

// Deeply nested JSON overran the stack where it was copied.
TEST_F(RunDirectoryTest, AHostileRecordIsNoObstacle) {
  RunDirectory::Create(config_, info_).Finish("finished");
  directory_.Write("runs/task/curl/seed_1/run.json",
                   "{\"earlier\":" + std::string(100000, '[') + std::string(100000, ']') + "}");
  EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kStarted);
  RunDirectory::Open(config_.run_dir, info_, 1).Finish("finished");
  EXPECT_EQ(RunJson()["state"], "finished");
  directory_.Write("runs/task/curl/seed_1/run.json", "{\"state\": 5}");
  EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kStarted);
}

TEST_F(RunDirectoryTest, ALinkToAFolderStaysALink) {
  std::filesystem::create_directories(directory_.File("scratch"));
  std::filesystem::create_directories(directory_.File("runs/task/curl"));
  std::filesystem::create_directory_symlink(directory_.File("scratch"), config_.run_dir);
  { RunDirectory::Create(config_, info_).Finish("interrupted"); }
  EXPECT_EQ(StageOfRun(config_, Same::kRun), RunStage::kStarted);
  directory_.Write("scratch/train.csv", "env_step\n80\n");
  RunDirectory run = RunDirectory::Open(config_.run_dir, info_, 1);
  run.SetAsideLogs();
  EXPECT_TRUE(std::filesystem::is_symlink(config_.run_dir));
  EXPECT_EQ(directory_.Read("scratch/train.csv.old_1"), "env_step\n80\n");
}

TEST_F(RunDirectoryTest, ALinkToNothingIsRefused) {
  std::filesystem::create_directories(directory_.File("runs/task/curl"));
  std::filesystem::create_symlink("nowhere", config_.run_dir);
  EXPECT_THAT(([&] { RunDirectory::Create(config_, info_); }),
              ThrowsMessage<UsageError>(HasSubstr("is a link to nothing")));
}

// What a run without a checkpoint wrote is nobody's to throw away; the rest is the user's.
TEST_F(RunDirectoryTest, LogsStepAsideUnderNamesThatAreFree) {
  const std::string seed = "runs/task/curl/seed_1/";
  { RunDirectory::Create(config_, info_).Finish("interrupted"); }
  const auto fill = [&] {
    std::filesystem::create_directories(directory_.File(seed + "checkpoints/frames"));
    directory_.Write(seed + "checkpoints/frames/0-9.zst", "frames");
    directory_.Write(seed + "train.csv", "rows");
    directory_.Write(seed + "events.out.tfevents.5.host", "events");
  };
  fill();
  directory_.Write(seed + "thesis.txt", "years of work");
  directory_.Write(seed + "eval.csv.old_1", "kept by hand");
  directory_.Write(seed + "eval.csv", "scores");
  RunDirectory run = RunDirectory::Open(config_.run_dir, info_, 1);
  EXPECT_EQ(run.SetAsideLogs().size(), 4u);
  fill();
  EXPECT_EQ(run.SetAsideLogs().size(), 3u);
  EXPECT_EQ(directory_.Read(seed + "eval.csv.old_1"), "kept by hand");
  EXPECT_EQ(directory_.Read(seed + "eval.csv.old_2"), "scores");
  EXPECT_EQ(directory_.Read(seed + "train.csv.old_2"), "rows");
  EXPECT_EQ(directory_.Read(seed + "train.csv.old_1"), "rows");
  EXPECT_EQ(directory_.Read(seed + "events.5.host.old_2"), "events");
  EXPECT_EQ(directory_.Read(seed + "checkpoints/frames.old_2/0-9.zst"), "frames");
  EXPECT_EQ(directory_.Read(seed + "thesis.txt"), "years of work");
  EXPECT_FALSE(std::filesystem::exists(directory_.File(seed + "train.csv")));
}

TEST_F(RunDirectoryTest, AFileSystemWithoutLocksIsAWarning) {
  for (const int error : {ENOSYS, ENOLCK, EOPNOTSUPP}) {
    at_flock = [error](int) {
      errno = error;
      return -1;
    };
    testing::internal::CaptureStderr();
    const FileDescriptor lock = LockFolder(directory_.path());
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("has no locks"));
    EXPECT_FALSE(IsLocked(directory_.path()));
    at_flock = nullptr;
  }
  at_flock = [](int) {
    errno = EIO;
    return -1;
  };
  EXPECT_THROW(LockFolder(directory_.path()), FileError);
  at_flock = nullptr;
}

// Between opening the lock and holding it another process may have put another folder there.
TEST_F(RunDirectoryTest, TheLockOfAFileThatIsGoneIsNoLock) {
  at_flock = [&](int) {
    at_flock = nullptr;
    std::filesystem::remove(directory_.File("lock"));
    directory_.Write("lock", "another's");
    return 0;
  };
  const FileDescriptor lock = LockFolder(directory_.path());
  struct stat ours {};
  struct stat there {};
  ASSERT_EQ(::fstat(lock.get(), &ours), 0);
  ASSERT_EQ(::stat(directory_.File("lock").c_str(), &there), 0);
  EXPECT_EQ(ours.st_ino, there.st_ino);
}

TEST_F(RunDirectoryTest, ALinkInTheLocksPlaceIsNotFollowed) {
  directory_.Write("victim", "years of work");
  std::filesystem::create_symlink("victim", directory_.File("lock"));
  EXPECT_THROW(LockFolder(directory_.path()), FileError);
  EXPECT_EQ(directory_.Read("victim"), "years of work");
}

// Neither removed nor a reason to end: the program never makes such a folder.
TEST_F(RunDirectoryTest, AFolderWithAPendingFilesNameIsSomebodyElses) {
  directory_.Write("half.tmp4711", "half");
  std::filesystem::create_directories(directory_.File("checkpoints.tmp4711"));
  directory_.Write("checkpoints.tmp4711/theirs", "kept");
  std::filesystem::create_directories(directory_.File("empty.tmp4711"));
  RemovePendingFiles(directory_.path());
  EXPECT_EQ(directory_.Read("checkpoints.tmp4711/theirs"), "kept");
  EXPECT_TRUE(std::filesystem::exists(directory_.File("empty.tmp4711")));
  EXPECT_FALSE(std::filesystem::exists(directory_.File("half.tmp4711")));
}

TEST_F(RunDirectoryTest, ALinkInAPendingFilesPlaceIsNotFollowed) {
  directory_.Write("victim", "years of work");
  const std::string path = directory_.File("out");
  std::filesystem::create_symlink("victim", path + ".tmp" + std::to_string(::getpid()));
  WriteFileAtomically(path, "mine");
  EXPECT_EQ(directory_.Read("victim"), "years of work");
  EXPECT_EQ(directory_.Read("out"), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(path));
}

// A pipe has nobody who writes, /dev/zero no end.
TEST_F(RunDirectoryTest, OnlyRegularFilesAreReadAndNoneBeyondItsLimit) {
  ASSERT_EQ(::mkfifo(directory_.File("pipe").c_str(), 0600), 0);
  EXPECT_THROW(ReadWholeFile(directory_.File("pipe")), FileError);
  EXPECT_THROW(ReadWholeFile("/dev/zero"), FileError);
  EXPECT_THROW(ReadWholeFile(directory_.path()), FileError);
  directory_.Write("file", std::string(100, 'x'));
  EXPECT_EQ(ReadWholeFile(directory_.File("file"), 100).size(), 100u);
  EXPECT_THROW(ReadWholeFile(directory_.File("file"), 99), FileError);
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
