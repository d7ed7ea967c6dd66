// The command from its arguments to its files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/commands/command.h"
#include "experiments/config/usage_error.h"
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

// What cannot be compared is named with its file and line, and nothing is written.
TEST(CompareCommand, NamesWhatCannotBeComparedAndWritesNothing) {
  TemporaryDirectory folder;
  const std::string good = folder.Write("good.csv", Results());
  const auto row = [&](const std::string& name, const std::string& text) {
    return folder.Write(name, Results() + text + "\n");
  };
  const std::string nan = row("nan.csv", "walker_walk,curl,4,10000,nan");
  const std::string twice = row("twice.csv", "walker_walk,curl,1,10000,5");
  const std::string short_row = row("short.csv", "walker_walk,curl,4,10000");
  const std::string no_column =
      folder.Write("no_column.csv", "task,method,seed,episode_return\nw,c,1,5\n");
  const std::string other = folder.Write(
      "other.csv", "task,method,seed,env_step,episode_return\nwalker_walk,curl,2,10000,5\n");
  std::filesystem::create_directories(folder.File("no_run/notes"));
  const auto before = folder.Entries();

  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{folder.File("no_run")}, folder.File("no_run") + ": this directory is no run"},
      {{no_column}, no_column + ":1: there is no column 'env_step'"},
      {{good, nan}, nan + ":62: episode_return is 'nan', not a finite number"},
      {{short_row}, short_row + ":62: 4 fields, but the header has 5"},
      {{twice}, twice + ":62: env_step 10000 of this run was left and comes again"},
      {{good, other}, other + ":2: curl on walker_walk, seed 2 was read before, from " + good},
      {{good, good}, "was read before, from " + good},
      {{good, "--task", "walker_wlak"}, "did you mean 'walker_walk'? (there are walker_walk)"}};
  for (const Case& one : cases) {
    auto arguments = one.arguments;
    arguments.insert(arguments.end(), {"--output", folder.File("out")});
    EXPECT_THAT([&] { CompareCommand(arguments); },
                testing::ThrowsMessage<UsageError>(HasSubstr(one.message)))
        << one.message;
  }
  EXPECT_EQ(folder.Entries(), before);
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
