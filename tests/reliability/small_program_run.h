// The program training for a second on the toy task, and comparing what two runs wrote.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/experiments/program_outcome.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::experiments {

constexpr char kSmallConfig[] = R"(
task: toy_reach
observation: state
threads: 1
device: cpu
env_steps: 400
action_repeat: 1
frame_stack: 1
init_steps: 50
replay_capacity: 1000
eval_every: 100
eval_episodes: 1
log_every: 50
checkpoint_every: 50
agent: {contrastive: none, batch_size: 8, hidden_dim: 16}
)";

class SmallProgramRun : public ::testing::Test {
 protected:
  SmallProgramRun() { directory_.Write("c.yaml", kSmallConfig); }

  Outcome Run(const std::string& arguments) { return RunProgram(directory_, arguments); }

  // A shell script in the directory; $CURL_RL is the program.
  Outcome Shell(const std::string& script) {
    directory_.Write("script.sh", "CURL_RL='" CURL_RL_PROGRAM "'\n" + script + "\n");
    const TemporaryDirectory output;
    const std::string command = "cd '" + directory_.path() + "' && sh script.sh >'" +
                                output.File("out") + "' 2>'" + output.File("err") + "' </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.Read("out"), output.Read("err")};
  }

  // An undisturbed run in the folder "whole".
  void RunWhole() {
    const auto outcome = Run("train c.yaml run_dir=whole");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  // Rows without times, and every byte of the last checkpoint's tensors.
  void ExpectLikeWhole(const std::string& run) {
    for (const std::string file : {"/train.csv", "/eval.csv"}) {
      EXPECT_EQ(WithoutTimes(ReadTable(directory_.File("whole" + file))),
                WithoutTimes(ReadTable(directory_.File(run + file))))
          << run << file;
    }
    std::string last;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_.File("whole/checkpoints"))) {
      const auto name = "/checkpoints/" + entry.path().filename().string() + "/";
      if (name.find("/env_step_") != std::string::npos) last = std::max(last, name);
    }
    int parts = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.File("whole" + last))) {
      if (entry.path().extension() != ".safetensors") continue;
      const auto name = last + entry.path().filename().string();
      EXPECT_FALSE(directory_.Read("whole" + name).empty()) << name;
      EXPECT_TRUE(directory_.Read("whole" + name) == directory_.Read(run + name)) << run << name;
      ++parts;
    }
    EXPECT_GE(parts, 6);  // agent, replay, environment, evaluation, metrics, warm_up
    EXPECT_EQ(State(run), "finished");
  }

  std::string State(const std::string& run) {
    return nlohmann::json::parse(directory_.Read(run + "/run.json"))["state"];
  }

  TemporaryDirectory directory_;
};

}  // namespace curl_rl::experiments
