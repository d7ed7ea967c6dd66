// The program as a user runs it: exit status, messages, and what it leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "experiments/machine/cpu_flags.h"
#include "tests/experiments/program_outcome.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<nlohmann::json> ParseLines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

#ifdef CURL_RL_WITH_TORCH
TEST(Program, AutoIsTheCpuWhereThereIsNoGpu) {
  const TemporaryDirectory directory;
  directory.Write("auto.yaml", "agent:\n  precision: tf32\n");
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
  const Outcome outcome = RunProgram(directory, "train auto.yaml");
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("auto.yaml:2:3: agent.precision: 'tf32'"));
  EXPECT_EQ(directory.Entries(), std::set<std::string>{"auto.yaml"});
}

// OpenBLAS 0.3.21 does not know an Emerald Rapids and took SSE3's kernels there.
TEST(Program, OpenBlasRunsTheProcessorsKernelsOrWhatTheUserSays) {
  const TemporaryDirectory directory;
  const bool avx2 = HasFlag(CpuFlags(), "avx2");
  const auto chosen = RunProgram(directory, "doctor").out;
  if (chosen.find(", kernels ") == std::string::npos) GTEST_SKIP() << "no OpenBLAS here";
  if (avx2) {
    EXPECT_THAT(chosen, Not(HasSubstr(", kernels Prescott")));
  }
  ::setenv("OPENBLAS_CORETYPE", "Prescott", 1);
  const auto told = RunProgram(directory, "doctor").out;
  ::unsetenv("OPENBLAS_CORETYPE");
  EXPECT_THAT(told, HasSubstr(", kernels Prescott"));
}
#endif

TEST(Program, HelpAndVersion) {
  const TemporaryDirectory directory;
  const Outcome help = RunProgram(directory, "--help");
  EXPECT_EQ(help.status, 0);
  for (const char* name : {"train", "resume", "evaluate", "export", "import", "sweep", "rollout",
                           "envs", "methods", "config", "doctor"}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + name));
    const Outcome outcome = RunProgram(directory, std::string(name) + " --help");
#ifndef CURL_RL_WITH_TORCH
    const std::set<std::string> with_agents = {"train",  "resume", "evaluate",
                                               "export", "import", "sweep"};
    if (with_agents.count(name) == 1) continue;
#endif
    EXPECT_EQ(outcome.status, 0) << name;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("usage: curl-rl ") + name));
  }
  EXPECT_THAT(RunProgram(directory, "--version").out, HasSubstr("curl-rl 0."));
}

// The first file that is opened would be taken for what is missing, and printed into.
TEST(Program, ClosedDescriptorsAreNobodysFile) {
  const TemporaryDirectory directory;
  const auto rollout = [&](const std::string& closed) {
    const std::string command =
        "cd '" + directory.path() +
        "' && '" CURL_RL_PROGRAM "' rollout toy_reach --episodes 1 --output out " + closed;
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  ASSERT_EQ(rollout(""), 0);
  const std::string rows = directory.Read("out");
  EXPECT_FALSE(rows.empty());
  for (const char* closed : {"<&- >&- 2>&-", ">&-", "2>&-", "<&-"}) {
    std::filesystem::remove(directory.File("out"));
    rollout(closed);
    EXPECT_EQ(directory.Read("out"), rows) << closed;
  }
  // What could not be printed is an error, as when a pipe is closed.
  EXPECT_EQ(std::system(
                ("'" CURL_RL_PROGRAM "' --version >&- 2>'" + directory.File("err") + "'").c_str()),
            1 << 8);
}

TEST(Program, AFileWhoseNameHasAnEqualsSignIsAConfig) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.File("curl,critic_lr=1e-3"));
  directory.Write("curl,critic_lr=1e-3/c.yaml", "seed: 17\n");
  const Outcome outcome =
      RunProgram(directory, "config curl,critic_lr=1e-3/c.yaml env_steps=80000");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("seed: 17"));
}

TEST(Program, ConfigListsKeysAndResolves) {
  const TemporaryDirectory directory;
  EXPECT_THAT(RunProgram(directory, "config").out, HasSubstr("\nagent.batch_size "));
  directory.Write("a.yaml", "agent: {batch_size: 256}\n");
  const Outcome resolved = RunProgram(directory, "config a.yaml seed=3");
  EXPECT_EQ(resolved.status, 0) << resolved.err;
  EXPECT_THAT(resolved.out, HasSubstr("\nseed: 3\n"));
  EXPECT_THAT(resolved.out, HasSubstr("\n  batch_size: 256\n"));
  directory.Write("b.yaml", resolved.out);
  EXPECT_EQ(RunProgram(directory, "config b.yaml").out, resolved.out);
}

TEST(Program, SeveralConfigsMakeOne) {
  const TemporaryDirectory directory;
  directory.Write("mine.yaml", "agent: {batch_size: 32}\n");
  const Outcome outcome = RunProgram(
      directory,
      "config tasks/cheetah_run.yaml methods/curl.yaml hardware/cpu.yaml mine.yaml seed=3");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("task: cheetah_run\n", 0), 0u);
  for (const char* line : {"action_repeat: 4", "env_steps: 100000", "seed: 3", "  batch_size: 32",
                           "    actor_lr: 2e-04", "    lr: 2e-04"}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n") + line + "\n")) << line;
  }
}

TEST(Program, MethodsListsAllAndTellsOfOne) {
  const TemporaryDirectory directory;
  const Outcome all = RunProgram(directory, "methods");
  EXPECT_EQ(all.status, 0) << all.err;
  for (const char* text :
       {"\n  curl ", "\n  none ", "\n  sac_state ", "InfoNCE", "2004.04136", "told: pixels"}) {
    EXPECT_THAT(all.out, HasSubstr(text));
  }
  const Outcome one = RunProgram(directory, "methods curl");
  EXPECT_THAT(one.out, HasSubstr("\nagent.curl.encoder_lr_scale "));
  EXPECT_THAT(one.out, HasSubstr("learning rate of the actor"));
  EXPECT_THAT(RunProgram(directory, "methods none").out, testing::Not(HasSubstr("agent.curl.")));
  // A list of choices goes on below, so that the meaning stays in sight.
  std::size_t widest = 0;
  std::istringstream lines(one.out);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  EXPECT_LT(widest, 220u) << one.out;
  EXPECT_THAT(one.out, HasSubstr("curl | simclr | moco | nnclr |  "));
  const std::string unknown = RunProgram(directory, "methods no_such").err;
  EXPECT_EQ(unknown.find(" curl,"), unknown.rfind(" curl,")) << unknown;
}

TEST(Program, ConfigsMayBeElsewhere) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.File("mine/methods"));
  directory.Write("mine/methods/clever.yaml", "# Cleverer. And more.\nmethod: clever\n");
  ::setenv("CURL_RL_CONFIGS", directory.File("mine").c_str(), 1);
  const Outcome outcome = RunProgram(directory, "methods");
  ::unsetenv("CURL_RL_CONFIGS");
  EXPECT_THAT(outcome.out, HasSubstr("\n  clever  Cleverer.\n"));
}

TEST(Program, EnvsListsAllAndTellsOfOne) {
  const TemporaryDirectory directory;
  EXPECT_THAT(RunProgram(directory, "envs").out, HasSubstr("cartpole_swingup"));
  EXPECT_THAT(RunProgram(directory, "envs toy_reach").out, HasSubstr("position 1, target 1"));
  const Outcome image = RunProgram(directory, "envs toy_reach --image a.png");
  EXPECT_EQ(image.status, 0) << image.err;
  EXPECT_EQ(directory.Read("a.png").substr(1, 3), "PNG");
}

TEST(Rollout, WritesEveryStepAndTheResets) {
  const TemporaryDirectory directory;
  const Outcome outcome =
      RunProgram(directory, "rollout toy_reach --episodes 2 --seed 5 --output o.jsonl");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  const auto lines = ParseLines(directory.Read("o.jsonl"));
  ASSERT_EQ(lines.size(), 2u * 51u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t step = i % 51;
    EXPECT_EQ(lines[i]["episode"], i / 51);
    EXPECT_EQ(lines[i]["step"], step);
    EXPECT_EQ(lines[i]["truncated"], step == 50);
    EXPECT_EQ(lines[i]["terminated"], false);
    EXPECT_EQ(lines[i]["action"].size(), step == 0 ? 0u : 1u);
    EXPECT_EQ(lines[i]["observation"]["position"].size(), 1u);
    EXPECT_EQ(lines[i]["observation"]["target"].size(), 1u);
  }
  EXPECT_EQ(RunProgram(directory, "rollout toy_reach --episodes 2 --seed 5").out,
            directory.Read("o.jsonl"));
  EXPECT_NE(RunProgram(directory, "rollout toy_reach --episodes 2 --seed 6").out,
            directory.Read("o.jsonl"));
}

TEST(Rollout, ReplaysItsOwnActionsFromCsvThroughAllEpisodes) {
  const TemporaryDirectory directory;
  const std::string out = RunProgram(directory, "rollout cartpole_swingup --episodes 2").out;
  const auto lines = ParseLines(out);
  ASSERT_EQ(lines.size(), 2u * 1001u);
  EXPECT_EQ(lines[0]["qpos"].size(), 2u);
  EXPECT_EQ(lines[0]["qvel"].size(), 2u);
  std::string csv = "# cart force\n";
  for (const auto& line : lines) {
    if (line["step"] == 0) continue;
    std::ostringstream number;
    number.precision(17);
    number << line["action"][0].get<double>();
    csv += number.str() + "\n";
  }
  directory.Write("actions.csv", csv);
  EXPECT_EQ(RunProgram(directory, "rollout cartpole_swingup --policy actions.csv").out, out);
  // Rows may end within an episode.
  directory.Write("short.csv", "0.5\n-0.5\n");
  EXPECT_EQ(
      ParseLines(RunProgram(directory, "rollout cartpole_swingup --policy short.csv").out).size(),
      3u);
}

TEST(Rollout, AnswersStatesWithRewardAndObservation) {
  const TemporaryDirectory directory;
  // Upright, at rest, in the middle: the best there is.
  directory.Write("s.jsonl",
                  "{\"qpos\": [0, 0], \"qvel\": [0, 0], \"ctrl\": [0]}\n"
                  "{\"qpos\": [0, 3.14], \"qvel\": [0, 0], \"ctrl\": [0]}\n");
  const Outcome outcome = RunProgram(directory, "rollout cartpole_swingup --state s.jsonl");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = ParseLines(outcome.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(lines[0]["reward"].get<double>(), 1.0, 1e-6);
  EXPECT_LT(lines[1]["reward"].get<double>(), 0.01);
  EXPECT_EQ(lines[0]["observation"]["position"].size(), 3u);
}

}  // namespace
}  // namespace curl_rl::experiments
