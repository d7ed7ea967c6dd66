// Every system call of writing a checkpoint fails once, and once for ever: what was there stays,
// and the new one is there whole or not at all. As SQLite is tested: the loop ends when nothing
// failed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "experiments/checkpoints/checkpoint.h"
#include "experiments/files/append_file.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/reliability/faulty_calls.h"

namespace curl_rl::experiments {
namespace {

using curl_rl::faults::FailedCalls;
using curl_rl::faults::SetFaultPlan;
using testing::ElementsAre;

Checkpoint Some(std::int64_t env_step) {
  Checkpoint checkpoint;
  checkpoint.env_step = env_step;
  checkpoint.state = {{"agent_step", env_step}};
  checkpoint.parts["agent"] = {{"w", torch::full({3}, static_cast<double>(env_step))}};
  checkpoint.parts["replay"] = {{"ids", torch::arange(5)}};
  return checkpoint;
}

void ExpectWhole(const std::string& run, std::int64_t env_step, const std::string& where) {
  const auto read = ReadCheckpoint(run, env_step);
  EXPECT_EQ(read.state["agent_step"], env_step) << where;
  EXPECT_TRUE(
      torch::equal(read.parts.at("agent").at("w"), torch::full({3}, static_cast<double>(env_step))))
      << where;
}

// Writes 30 where 10 and 20 are, marks it best, and prunes to 2.
bool WriteThird(const std::string& run) {
  try {
    WriteCheckpoint(run, Some(30));
    MarkBest(run, 30, 1.0);
    PruneCheckpoints(run, 2);
    return true;
  } catch (const FileError&) {
    return false;
  } catch (const std::filesystem::filesystem_error&) {
    return false;
  }
}

struct Fault {
  int error;
  bool forever;
};

class EveryCallFails : public testing::TestWithParam<Fault> {};

TEST_P(EveryCallFails, LeavesOldCheckpointsWholeAndTheNewOneWholeOrAbsent) {
  int k = 1;
  for (;; ++k) {
    const TemporaryDirectory directory;
    const auto run = directory.File("run");
    WriteCheckpoint(run, Some(10));
    WriteCheckpoint(run, Some(20));
    SetFaultPlan({directory.path(), k, GetParam().error, GetParam().forever});
    const bool written = WriteThird(run);
    const int failed = FailedCalls();
    SetFaultPlan({});
    const auto where = "call " + std::to_string(k);
    if (failed == 0) {
      EXPECT_TRUE(written);
      break;
    }
    const auto steps = ListCheckpoints(run);
    ASSERT_FALSE(steps.empty()) << where;
    for (const auto step : steps) ExpectWhole(run, step, where);
    EXPECT_TRUE(!written || steps.back() == 30) << where;
    EXPECT_TRUE(steps.back() == 30 || steps == (std::vector<std::int64_t>{10, 20})) << where;
    // Whatever was left lying about, the next try succeeds.
    RemoveHalfCheckpoints(run);
    EXPECT_TRUE(WriteThird(run)) << where;
    EXPECT_THAT(ListCheckpoints(run), ElementsAre(20, 30)) << where;
    EXPECT_EQ(FindCheckpoint(run, "best"), 30) << where;
    ExpectWhole(run, 30, where);
    for (const auto& entry : directory.Entries()) {
      EXPECT_EQ(entry.find(".tmp"), std::string::npos) << where << ": " << entry;
      EXPECT_EQ(entry.find(".removed"), std::string::npos) << where << ": " << entry;
    }
  }
  EXPECT_GT(k, 20);  // there were calls to fail
}

INSTANTIATE_TEST_SUITE_P(Errors, EveryCallFails,
                         testing::Values(Fault{ENOSPC, false}, Fault{ENOSPC, true},
                                         Fault{EIO, false}, Fault{EIO, true}));

TEST(AppendFileFaults, AFullDiskLosesNoPieceAndTearsNone) {
  for (int k = 1; k <= 6; ++k) {
    const TemporaryDirectory directory;
    AppendFile file(directory.File("log"), O_CREAT | O_EXCL);
    SetFaultPlan({directory.path(), k, ENOSPC, true});
    for (const char* row : {"one\n", "two\n", "three\n", "four\n"}) {
      file.Append(row);
      const auto text = directory.Read("log");
      EXPECT_TRUE(text.empty() || text.back() == '\n') << text;
    }
    EXPECT_EQ(file.waiting(), k <= 4);
    if (k <= 4) {
      EXPECT_THROW(file.Sync(), FileError);
    }
    SetFaultPlan({});
    file.Sync();
    EXPECT_EQ(directory.Read("log"), "one\ntwo\nthree\nfour\n");
  }
}

TEST(AppendFileFaults, AFailedSyncIsNotTriedAgain) {
  const TemporaryDirectory directory;
  AppendFile file(directory.File("log"), O_CREAT | O_EXCL);
  file.Append("row\n");
  SetFaultPlan({directory.path(), 1, EIO});
  try {
    file.Sync();
    FAIL();
  } catch (const FileError&) {
    FAIL() << "a FileError means: may be tried again";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("not certain"));
  }
  SetFaultPlan({});
}

}  // namespace
}  // namespace curl_rl::experiments
