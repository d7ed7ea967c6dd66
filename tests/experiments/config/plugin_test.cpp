// Shared libraries with environments: a good one, and what is said of wrong ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/experiments/program_outcome.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

std::string Library(const std::string& name) { return CURL_RL_PLUGINS "/" + name + ".so"; }

TEST(Plugin, IsListedPlayedAndNamedInAConfig) {
  const TemporaryDirectory directory;
  std::filesystem::copy(Library("plugin_none"), directory.File("still.so"));
  EXPECT_THAT(RunProgram(directory, "envs --plugin still.so").out, HasSubstr(" still "));
  const Outcome rollout = RunProgram(directory, "rollout still --plugin still.so --policy zero");
  EXPECT_EQ(rollout.status, 0) << rollout.err;
  EXPECT_EQ(std::count(rollout.out.begin(), rollout.out.end(), '\n'), 6);

  // A path in a config is relative to the config, and is written so that it works from anywhere.
  std::filesystem::create_directories(directory.File("a/b"));
  directory.Write("a/c.yaml", "task: still\nplugins: [../still.so]\n");
  const Outcome config = RunProgram(directory, "config a/c.yaml");
  ASSERT_EQ(config.status, 0) << config.err;
  EXPECT_THAT(config.out, HasSubstr("plugins: [\"" + directory.File("still.so") + "\"]"));
  directory.Write("a/b/d.yaml", config.out);
  EXPECT_EQ(RunProgram(directory, "config a/b/d.yaml").out, config.out);
  // The same file twice, by two names, is one plug-in.
  EXPECT_EQ(RunProgram(directory, "envs still --plugin still.so --plugin ./a/../still.so").status,
            0);
}

#ifdef CURL_RL_WITH_TORCH
TEST(Plugin, BringsAnObjectiveWithItsKeys) {
  const TemporaryDirectory directory;
  std::filesystem::copy(Library("objectives_none"), directory.File("own.so"));
  const std::string agent = "agent:\n  objectives: [of_a_library]\n  of_a_library:\n    slack: ";
  directory.Write("a.yaml", "plugins: [own.so]\n" + agent + "0.25\n");
  const Outcome config = RunProgram(directory, "config a.yaml");
  ASSERT_EQ(config.status, 0) << config.err;
  EXPECT_THAT(config.out, HasSubstr("slack: 0.25"));
  // By an option or an override it is the same; without it the key is none, and its range holds.
  directory.Write("b.yaml", agent + "0.25\n");
  EXPECT_EQ(RunProgram(directory, "config b.yaml --plugin own.so").out, config.out);
  EXPECT_EQ(RunProgram(directory, "config b.yaml plugins=[own.so]").out, config.out);
  const Outcome without = RunProgram(directory, "config b.yaml");
  EXPECT_EQ(without.status, 2);
  EXPECT_THAT(without.err,
              HasSubstr("b.yaml:2:16: agent.objectives cannot be 'of_a_library', allowed: "));
  directory.Write("c.yaml", "plugins: [own.so]\n" + agent + "7\n");
  EXPECT_THAT(RunProgram(directory, "config c.yaml").err,
              HasSubstr("c.yaml:5:12: agent.of_a_library.slack is out of range: got 7"));
}
#else
TEST(Plugin, WithObjectivesNeedsLibTorch) {
  const TemporaryDirectory directory;
  EXPECT_THAT(RunProgram(directory, "envs --plugin " + Library("objectives_none")).err,
              HasSubstr("this program was built without LibTorch"));
}
#endif

// A copy in progress ended the process with SIGBUS.
TEST(Plugin, OneThatIsCutIsNamed) {
  const TemporaryDirectory directory;
  std::filesystem::copy(Library("plugin_none"), directory.File("cut.so"));
  const auto size = std::filesystem::file_size(directory.File("cut.so"));
  for (const auto length :
       {size - 1, size / 2, size / 4, std::uintmax_t{4096}, std::uintmax_t{64}}) {
    std::filesystem::resize_file(directory.File("cut.so"), length);
    const Outcome outcome = RunProgram(directory, "envs --plugin cut.so");
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("cut.so: is cut off: it has " + std::to_string(length)));
  }
}

struct Wrong {
  const char* library;
  const char* arguments;  // %s: the library
  int status;
  std::vector<std::string> words;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.library; }

class WrongPlugins : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPlugins, GiveOneMessage) {
  const TemporaryDirectory directory;
  directory.Write("text.so", "not a library\n");
  std::string arguments = GetParam().arguments;
  const std::string library = GetParam().library;
  const bool own = library == "text" || library == "missing";
  arguments.replace(arguments.find("%s"), 2, own ? library + ".so" : Library(library));
  const Outcome outcome = RunProgram(directory, arguments);
  std::cout << outcome.err;
  EXPECT_EQ(outcome.status, GetParam().status) << outcome.err;
  EXPECT_EQ(outcome.err.rfind("curl-rl: ", 0), 0u) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  for (const std::string& word : GetParam().words) EXPECT_THAT(outcome.err, HasSubstr(word));
}

constexpr char kRollout[] = "rollout still --plugin %s --output o";

INSTANTIATE_TEST_SUITE_P(
    All, WrongPlugins,
    testing::Values(
        Wrong{"missing", kRollout, 2, {"missing.so: no such file"}},
        Wrong{"text", kRollout, 2, {"text.so: cannot be loaded as a shared library"}},
        Wrong{"no_plugin",
              kRollout,
              2,
              {"is not a plug-in of curl_rl", "curl_rl_plugin", "curl_rl_objective_plugin"}},
        Wrong{
            "plugin_other_number", kRollout, 2, {"of interface 2, this program takes interface 1"}},
        Wrong{"plugin_other_version",
              kRollout,
              2,
              {"is a plug-in for curl_rl 9.9.9, MuJoCo 999", "this program is curl_rl 0.",
               "build it again"}},
        Wrong{"plugin_throws",
              kRollout,
              1,
              {"plugin_throws.so: environment 'still': the robot is not plugged in"}},
        Wrong{"plugin_throws_a_number",
              kRollout,
              1,
              {"environment 'still': it threw something that is no std::exception"}},
        Wrong{"plugin_makes_nothing", kRollout, 1, {"'still'", "the factory returned nothing"}},
        Wrong{"plugin_writes_too_much",
              kRollout,
              1,
              {"does not keep what its specs say", "ObserveState writes more than state_size()"}},
        Wrong{"plugin_wrong_image_size",
              "envs still --plugin %s --image a.png",
              1,
              {"does not keep what its specs say", "not of the image_size asked for"}},
        Wrong{"plugin_taken_name", kRollout, 2, {"environment name 'cheetah_run' is taken"}},
        Wrong{"plugin_empty", kRollout, 2, {"is a plug-in without environments"}},
        Wrong{"plugin_throws_in_step", kRollout, 1, {"no std::exception"}},
        Wrong{"plugin_throws_at_loading", kRollout, 1, {"plugin_throws_at_loading.so: no licence"}},
        Wrong{"plugin_other_version",
              "config plugins=[%s]",
              2,
              {"override 'plugins=[", "plugins: ", "9.9.9"}}));

#ifdef CURL_RL_WITH_TORCH
INSTANTIATE_TEST_SUITE_P(
    OfObjectives, WrongPlugins,
    testing::Values(
        Wrong{"objectives_other_number",
              kRollout,
              2,
              {"of interface 2, this program takes interface 1"}},
        Wrong{"objectives_other_version",
              kRollout,
              2,
              {"objectives 0, LibTorch 9.9, this program is curl_rl 0.", "build it again"}},
        Wrong{"objectives_taken_name", kRollout, 2, {"objective 'moco' exists already"}},
        Wrong{"objectives_makes_nothing", kRollout, 2, {"an objective that lacks a function"}}));
#endif

}  // namespace
}  // namespace curl_rl::experiments
