// The same sweep on Slurm, stopped as before a time limit and requeued as after a node's failure,
// gives what it gives at home.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/experiments/sweep/made_sweep.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kCannotStart = 77;  // local_slurm.sh

int Shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SlurmSweep, StoppedAndRequeuedItEndsAsIfItNeverWas) {
  const TemporaryDirectory directory;
  const std::string config = directory.Write("small.yaml", SmallConfig());
  const std::string folder = CURL_RL_SOURCE_DIR "/tests/experiments/sweep/";
  const std::string slurm = directory.File("slurm");
  const std::string out = directory.File("out");
  const int status = Shell(folder + "local_slurm.sh " + directory.File("daemons") + " " + folder +
                           "slurm_scenario.sh " CURL_RL_PROGRAM " " + config + " " + slurm + " >" +
                           out + " 2>&1 </dev/null");
  const std::string said = ReadFile(out);
  if (status == kCannotStart) GTEST_SKIP() << said;
  ASSERT_EQ(status, 0) << said;
  EXPECT_THAT(said,
              AllOf(HasSubstr("Submitted 6 of 6 runs as job array"), HasSubstr("is at work on it"),
                    HasSubstr("All 6 runs are finished."), HasSubstr("comparison/report.html")));
  // What was disturbed went on from its checkpoint, and did not begin anew.
  int resumed = 0;
  for (int element = 0; element < 6; ++element) {
    std::istringstream log(ReadFile(slurm + "/slurm/element_" + std::to_string(element) + ".log"));
    for (std::string line; std::getline(log, line);) resumed += line.rfind("resumed at", 0) == 0;
  }
  EXPECT_GE(resumed, 2) << said;

  const std::string local = directory.File("local");
  ASSERT_EQ(Shell(CURL_RL_PROGRAM " sweep " + config +
                  " env_steps=9000 --seeds 0-2 --tasks cartpole_swingup,toy_reach --output " +
                  local + " >" + out + " 2>&1"),
            0)
      << ReadFile(out);
  const auto expected = SmallRuns(local);
  const auto runs = SmallRuns(slurm);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const char* file : {"/eval.csv", "/train.csv"}) {
      EXPECT_EQ(WithoutTimes(runs[i] + file), WithoutTimes(expected[i] + file)) << runs[i] << file;
    }
    EXPECT_THAT(WithoutTimes(runs[i] + "/eval.csv"), HasSubstr("\n9000,")) << runs[i];
  }
}

}  // namespace
}  // namespace curl_rl::experiments
