// The command from its arguments to its files.
#include "experiments/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

std::string Results() {
  std::string text = "task,method,seed,env_step,episode_return\n";
  for (const char* method : {"curl", "sac"}) {
    for (int seed = 1; seed <= 3; ++seed) {
      for (int step = 10000; step <= 100000; step += 10000) {
        text += std::string("walker_walk,") + method + "," + std::to_string(seed) + "," +
                std::to_string(step) + "," + std::to_string(step / 200 + seed) + "\n";
      }
    }
  }
  return text;
}

TEST(CompareCommand, WritesAReport) {
  TemporaryDirectory folder;
  const std::string csv = folder.Write("r.csv", Results());
  testing::internal::CaptureStdout();
  EXPECT_EQ(CompareCommand({csv, "--output", folder.File("out"), "--bootstrap", "200", "--at",
                            "50k,0.1M", "--published"}),
            0);
  const std::string shown = testing::internal::GetCapturedStdout();
  EXPECT_THAT(shown, HasSubstr("curl and sac score the same on walker_walk at 100k env steps."));
  EXPECT_THAT(shown, HasSubstr("Warning: Fewer than 5 seeds"));
  EXPECT_THAT(folder.Read("out/tables/scores.csv"), HasSubstr("walker_walk,curl,50k,3,252 ± 1"));
  EXPECT_THAT(folder.Read("out/report.html"), HasSubstr("CURL paper (Laskin"));
}

TEST(CompareCommand, RefusesWrongArgumentsAndLeavesNothing) {
  TemporaryDirectory folder;
  const std::string csv = folder.Write("r.csv", Results());
  const std::string bad = folder.Write("bad.csv", Results() + "walker_walk,curl,4,10000,nan\n");
  const std::string out = folder.File("out");
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {bad},
                                                       {csv, bad},
                                                       {csv, csv},
                                                       {csv, "--at", "soon"},
                                                       {csv, "--at", "0"},
                                                       {csv, "--iqm", "best"},
                                                       {csv, "--bootstrap", "3"},
                                                       {csv, "--max-score", "0"},
                                                       {csv, "--task", "walker_run"},
                                                       {csv, "--method-from", "agent.batch"},
                                                       {csv, "--no-such-option"}};
  for (std::vector<std::string> arguments : wrong) {
    arguments.insert(arguments.end(), {"--output", out});
    EXPECT_THROW(CompareCommand(arguments), UsageError) << testing::PrintToString(arguments);
  }
  EXPECT_EQ(folder.Entries(), (std::set<std::string>{"r.csv", "bad.csv"}));
}

}  // namespace
}  // namespace curl_rl::experiments
