// `curl-rl sweep` as a user runs it: skipped, resumed, killed and failed runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <thread>

#include "experiments/run/run_directory.h"
#include "experiments/sweep/child_process.h"
#include "tests/experiments/sweep/made_sweep.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kPatience(120);

class SweepProgramTest : public testing::Test {
 protected:
  SweepProgramTest() { config_ = directory_.Write("small.yaml", SmallConfig()); }

  ChildProcess Start(const std::string& output, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {CURL_RL_PROGRAM, "sweep", config_, "--output", output};
    words.insert(words.end(), more.begin(), more.end());
    return ChildProcess(words, output + ".out", {});
  }

  // Waits until `condition`; false if it takes too long.
  static bool WaitFor(const std::function<bool()>& condition) {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < kPatience) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  static std::string WaitForEnd(ChildProcess& child) {
    std::optional<std::string> end;
    if (!WaitFor([&] { return (end = child.Poll()).has_value(); })) return "is still running";
    return *end;
  }

  // "" if it exited with status 0; what it said is then in <output>.out, anew each time.
  std::string Sweep(const std::string& output, const std::vector<std::string>& more) const {
    std::filesystem::remove(output + ".out");
    ChildProcess child = Start(output, more);
    return WaitForEnd(child);
  }

  TemporaryDirectory directory_;
  std::string config_;
};

const std::vector<std::string> kGrid = {"--seeds", "0-2", "--tasks", "toy_reach,cartpole_swingup",
                                        "--jobs",  "2"};

TEST_F(SweepProgramTest, KilledTwiceItEndsAsIfItNeverWas) {
  const std::string whole = directory_.File("whole");
  ASSERT_EQ(Sweep(whole, kGrid), "") << ReadFile(whole + ".out");
  EXPECT_THAT(ReadFile(whole + ".out"),
              AllOf(HasSubstr("sweep     6 runs: 0 finished before, 0 to resume, 6 to start"),
                    HasSubstr("finished  cartpole_swingup m seed 2 in "),
                    HasSubstr("6 runs: 6 finished"), HasSubstr("comparison/report.html")));
  EXPECT_TRUE(std::filesystem::exists(whole + "/comparison/report.html"));

  // 1. Killed without warning, the runs too.
  const std::string broken = directory_.File("broken");
  {
    ChildProcess child = Start(broken, kGrid);
    ASSERT_TRUE(WaitFor([&] { return IsInTheMiddle(broken); })) << ReadFile(broken + ".out");
    child.Signal(SIGKILL);
    for (const std::string& run : SmallRuns(broken)) {
      if (!IsLocked(run)) continue;
      const std::string owner = ReadFile(run + "/lock");  // "host NAME pid NUMBER"
      ::kill(std::stoi(owner.substr(owner.find(" pid ") + 5)), SIGKILL);
    }
    EXPECT_THAT(WaitForEnd(child), HasSubstr("killed by signal 9"));
  }
  // 2. Started again, and asked to stop as Ctrl-C does.
  {
    std::filesystem::remove(broken + ".out");
    ChildProcess child = Start(broken, kGrid);
    ASSERT_TRUE(WaitFor([&] {
      const std::string said = ReadFile(broken + ".out");
      return said.find("resumed   ") != std::string::npos &&
             said.find("finished  ") != std::string::npos && IsInTheMiddle(broken);
    })) << ReadFile(broken + ".out");
    child.Signal(SIGINT);
    EXPECT_EQ(WaitForEnd(child), "exit status 1");
    EXPECT_THAT(ReadFile(broken + ".out"),
                AllOf(HasSubstr("stopped   "), HasSubstr("The same command goes on.")));
    for (const std::string& run : SmallRuns(broken)) {
      EXPECT_FALSE(IsLocked(run)) << run << " is still at work";
      EXPECT_FALSE(HasState(run, "failed")) << run;
    }
  }
  // 3. To the end.
  EXPECT_EQ(Sweep(broken, kGrid), "") << ReadFile(broken + ".out");
  EXPECT_THAT(ReadFile(broken + ".out"), Not(HasSubstr(" 0 finished before")));

  const auto expected = SmallRuns(whole);
  const auto runs = SmallRuns(broken);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const char* file : {"/eval.csv", "/train.csv"}) {
      EXPECT_EQ(WithoutTimes(runs[i] + file), WithoutTimes(expected[i] + file)) << runs[i] << file;
    }
    EXPECT_THAT(WithoutTimes(runs[i] + "/eval.csv"), HasSubstr("\n3000,")) << runs[i];
  }
  EXPECT_EQ(Sweep(broken, kGrid), "");
  EXPECT_THAT(ReadFile(broken + ".out"), HasSubstr("All 6 runs are finished."));
}

TEST_F(SweepProgramTest, AFailedRunIsNamedAndKeepsNoOtherFromGoingOn) {
  const std::string output = directory_.File("out");
  const std::vector<std::string> grid = {"--tasks", "toy_reach", "--jobs", "2", "--seeds"};
  auto two = grid;
  two.emplace_back("0-1");
  ASSERT_EQ(Sweep(output, two), "") << ReadFile(output + ".out");
  // Seed 1 stopped amid its work, and its disk lost the checkpoints.
  const std::string damaged = output + "/toy_reach/m/seed_1";
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(damaged + "/checkpoints")) {
    if (entry.path().filename() == "manifest.json") std::ofstream(entry.path()) << "{";
  }
  std::ofstream(damaged + "/run.json") << "{\"state\": \"interrupted\"}";

  auto three = grid;
  three.emplace_back("0-2");
  EXPECT_EQ(Sweep(output, three), "exit status 1");
  const std::string said = ReadFile(output + ".out");
  EXPECT_THAT(said, AllOf(HasSubstr("3 runs: 1 finished before, 1 to resume, 1 to start"),
                          HasSubstr("finished  toy_reach m seed 2 in "),
                          HasSubstr("FAILED    toy_reach m seed 1: exit status 1"),
                          HasSubstr("toy_reach,m,seed_1.log, ends with"),
                          HasSubstr("no checkpoint can be read")));
  EXPECT_THAT(said, HasSubstr("comparison/report.html"));
}

TEST_F(SweepProgramTest, OnlyOneSweepWorksInAFolder) {
  const std::string output = directory_.File("out");
  std::filesystem::create_directories(output);
  const FileDescriptor lock = LockFolder(output);
  EXPECT_EQ(Sweep(output, {"--tasks", "toy_reach"}), "exit status 2");
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr(output + ": another process is at work there"));
}

TEST_F(SweepProgramTest, RefusesARunOfAnotherConfigBeforeAnythingStarts) {
  const std::string output = directory_.File("out");
  std::filesystem::create_directories(output + "/toy_reach/m/seed_1");
  std::ofstream(output + "/toy_reach/m/seed_1/config.yaml") << "task: toy_reach\nseed: 1\n";
  EXPECT_EQ(Sweep(output, {"--tasks", "toy_reach"}), "exit status 2");
  EXPECT_THAT(ReadFile(output + ".out"),
              HasSubstr("holds a run with another config: observation is pixels"));
  EXPECT_FALSE(std::filesystem::exists(output + "/toy_reach/m/seed_0"));
}

// A campaign is the same grid, from its declaration to its report.
TEST_F(SweepProgramTest, WorksThroughACampaignAndComparesIt) {
  const std::string campaign = directory_.Write(
      "tiny.yaml", "campaign: tiny\nquestion: Does it run?\nconfigs: [" + config_ +
                       "]\ntasks: [toy_reach]\nseeds: 1-2\nsettings: {env_steps: 1000}\n");
  const std::string output = directory_.File("tiny");
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), CURL_RL_PROGRAM);
    std::filesystem::remove(output + ".out");
    ChildProcess child(words, output + ".out", {});
    return WaitForEnd(child);
  };
  EXPECT_THAT(run({"sweep", campaign, "--seeds", "3"}), HasSubstr("status 2"));
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr("--seeds cannot be given beside it"));
  EXPECT_THAT(run({"sweep", campaign, "seed=3"}), HasSubstr("status 2"));
  EXPECT_THAT(run({"sweep", campaign, "--kept", directory_.File("none")}), HasSubstr("status 2"));
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr("no results of this campaign there"));
  EXPECT_THAT(run({"sweep", config_, "--kept", directory_.path()}), HasSubstr("status 2"));
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr("--kept is for a campaign"));
  EXPECT_THAT(run({"compare", campaign}), HasSubstr("status 2"));
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr("no run of this campaign has an evaluation"));

  ASSERT_EQ(run({"sweep", campaign, "--output", output}), "") << ReadFile(output + ".out");
  EXPECT_THAT(ReadFile(output + ".out"), HasSubstr("2 runs: 2 finished"));
  EXPECT_TRUE(HasState(output + "/toy_reach/m/seed_2", "finished"));

  // The folder is told to compare by the campaign or by --runs.
  const std::string report = directory_.File("report");
  EXPECT_EQ(run({"compare", campaign, "--runs", output, "--output", report}), "")
      << ReadFile(output + ".out");
  EXPECT_TRUE(std::filesystem::exists(report + "/report.html"));

  // It was never committed: no result.
  EXPECT_THAT(run({"publish", campaign, "--runs", output, "--output", directory_.File("results")}),
              HasSubstr("status 2"));
  EXPECT_FALSE(std::filesystem::exists(directory_.File("results")));
}

}  // namespace
}  // namespace curl_rl::experiments
