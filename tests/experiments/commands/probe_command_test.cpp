// The command `probe`: its options, and whose files it replaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "experiments/commands/command.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

TEST(ProbeCommand, WritesItsFolderAndLeavesForeignFilesAlone) {
  const TemporaryDirectory folder;
  const auto config = SmallConfig({});
  folder.Write("config.yaml", WriteConfig(config));
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 0);
  SignalRequests requests;
  Trainer(config, torch::kCPU, folder.path()).Run(progress, requests);

  const std::vector<std::string> arguments = {folder.path(), "--episodes", "8", "--bootstrap",
                                              "100",         "--pairs",    "32"};
  fs::create_directories(folder.File("probe"));
  folder.Write("probe/thesis.txt", "years of work");
  EXPECT_THAT([&] { ProbeCommand(arguments); },
              testing::ThrowsMessage<UsageError>(testing::HasSubstr("earlier probe")));
  EXPECT_EQ(folder.Read("probe/thesis.txt"), "years of work");
  fs::remove(folder.File("probe/thesis.txt"));
  EXPECT_EQ(ProbeCommand(arguments), 0);
  EXPECT_FALSE(folder.Read("probe/probe.html").empty());
}

TEST(ProbeCommand, RefusesOptionsThatCannotBe) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--episodes", "3"},
                                                {"--frames", "10"},
                                                {"--target", "pose"},
                                                {"--neighbours", "0"},
                                                {"--pairs", "1"},
                                                {"--episode", "9"}}) {
    std::vector<std::string> arguments = {"run"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_THROW(ProbeCommand(arguments), UsageError) << wrong.front();
  }
  EXPECT_THROW(ProbeCommand({}), UsageError);
}

}  // namespace
}  // namespace curl_rl::experiments
