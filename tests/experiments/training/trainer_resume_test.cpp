// Runs that are taken up: where they were, with another budget, and after damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "experiments/training/trainer.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

TEST_F(TrainerTest, ARunTakenUpAtACheckpointGoesOnBitForBit) {
  for (const std::string variant :
       {"agent.precision=float32", "agent.schedule=joint", "eval_environments=2"}) {
    // 112 env steps: in the middle of an episode (50) and between two rows of train.csv (80).
    const auto config =
        SmallConfig({"checkpoint_every=112", "keep_checkpoints=9", "eval_episodes=3", variant});
    const auto whole = Run(config, "whole " + variant);
    const auto broken = directory_.File("broken " + variant);
    std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
    Resume(config, broken, 112);
    ExpectSameRun(whole, broken, 240);
  }
}

// How frames are kept is the machine's affair: a checkpoint holds them the same way.
TEST_F(TrainerTest, ARunGoesOnBitForBitWithFramesKeptInAnotherWay) {
  const auto config = [](const std::string& frames) {
    return SmallConfig({"checkpoint_every=112", "keep_checkpoints=9", "agent.n_step=3",
                        "replay_capacity=60", "replay_frames=" + frames});
  };
  const auto whole = Run(config("raw"), "whole");
  for (const std::string first : {"raw", "compressed"}) {
    const auto run = RunUntil(112, config(first), first);
    Resume(config(first == "raw" ? "compressed" : "raw"), run, 112);
    ExpectSameRun(whole, run, 240);
  }
}

// The budget may be lowered below the newest checkpoint, whose replay holds more than such a run
// would, and raised again.
TEST_F(TrainerTest, ABudgetGoesDownAndUpWithoutLoss) {
  const auto config = SmallConfig({"eval_every=0", "log_every=80", "checkpoint_every=100"});
  const auto run_dir = RunUntil(212, config, "run");
  const auto steps = [&](const char* file) {
    std::vector<std::string> list;
    for (const auto& row : ReadTable(run_dir + file)) list.push_back(row.at("env_step"));
    return list;
  };
  for (const char* budget : {"env_steps=100", "env_steps=212"}) {  // the second time all is there
    auto lower = SmallConfig({"eval_every=0", "log_every=80", budget});
    std::ostringstream out;
    Progress progress(out, false, lower.env_steps, 212);
    SignalRequests requests;
    Trainer trainer(lower, torch::kCPU, run_dir);
    EXPECT_EQ(trainer.Restore(212), "");
    EXPECT_GE(trainer.replay().options().capacity, 106);
    EXPECT_TRUE(trainer.Run(progress, requests));
    EXPECT_EQ(steps("/train.csv"), (std::vector<std::string>{"80", "160", "212"}));
    EXPECT_EQ(steps("/eval.csv"), std::vector<std::string>{"212"});
  }
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 212);
  SignalRequests requests;
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_EQ(trainer.Restore(212), "");
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_EQ(trainer.replay().size(), 120);
  EXPECT_EQ(steps("/train.csv"), (std::vector<std::string>{"80", "160", "212", "240"}));
}

// At the next checkpoint the older ones are asked which frames they need.
TEST_F(TrainerTest, ADamagedOlderCheckpointDoesNotEndTheRun) {
  const auto config = SmallConfig({"keep_checkpoints=9", "checkpoint_every=80"});
  const auto whole = Run(config, "whole");
  const auto run_dir = RunUntil(160, config, "run");
  const std::string manifest = "run/checkpoints/env_step_000000000080/manifest.json";
  auto bytes = directory_.Read(manifest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  directory_.Write(manifest, bytes);
  std::filesystem::create_directories(run_dir + "/checkpoints/frames/mine/too");
  std::filesystem::create_directories(run_dir + "/checkpoints/env_step_5");
  testing::internal::CaptureStderr();
  Resume(config, run_dir, 160);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("env_step_000000000080.damaged"));
  EXPECT_TRUE(std::filesystem::exists(run_dir + "/checkpoints/frames/mine/too"));
  ExpectSameRun(whole, run_dir, 240);
}

// The system's MuJoCo may be updated between two parts of a run.
TEST_F(TrainerTest, ASnapshotOfAnotherMujocoBeginsANewEpisode) {
  const auto config = SmallConfig({"task=cartpole_balance", "observation=state", "frame_stack=1",
                                   "agent.contrastive=none", "action_repeat=8", "env_steps=2400",
                                   "eval_every=0", "log_every=800", "checkpoint_every=800"});
  const auto run_dir = RunUntil(1200, config, "run");
  auto checkpoint = ReadCheckpoint(run_dir, 1200);
  auto& snapshot = checkpoint.parts.at("environment").at("environment");
  snapshot = snapshot.narrow(0, 0, snapshot.numel() - 8).clone();  // its arrays are others
  WriteCheckpoint(run_dir, checkpoint);
  {
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_THROW(trainer.Restore(1200), std::runtime_error);  // of this MuJoCo: damaged
  }
  checkpoint.state["machine"]["MuJoCo"] = "9.9.9";
  WriteCheckpoint(run_dir, checkpoint);
  Trainer trainer(config, torch::kCPU, run_dir);
  EXPECT_THAT(trainer.Restore(1200), testing::AllOf(testing::HasSubstr("a new episode begins"),
                                                    testing::HasSubstr("instead of 9.9.9")));
  std::ostringstream out;
  Progress progress(out, false, config.env_steps, 1200);
  SignalRequests requests;
  EXPECT_TRUE(trainer.Run(progress, requests));
  EXPECT_EQ(ReadTable(run_dir + "/train.csv").back().at("agent_step"), "300");
}

TEST_F(TrainerTest, CountersThatCannotBeAreDamage) {
  const auto config = SmallConfig({"eval_every=0"});
  const auto run_dir = RunUntil(80, config, "run");
  const auto sound = ReadCheckpoint(run_dir, 80);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, nlohmann::json>>{{"agent_step", 1e300},
                                                           {"agent_step", -5},
                                                           {"agent_step", std::int64_t{1} << 62},
                                                           {"agent_step", 41},
                                                           {"episode", -1},
                                                           {"row_step", 81},
                                                           {"replay_capacity", -1},
                                                           {"wall_time_s", "long"},
                                                           {"episode_return", true},
                                                           {"episode_over", 1},
                                                           {"last_return", "x"},
                                                           {"evaluations", 3},
                                                           {"evaluations", {{1, 2}}},
                                                           {"machine", "x"},
                                                           {"best", true}}) {  // of no evaluation
    auto checkpoint = sound;
    checkpoint.state[name] = value;
    WriteCheckpoint(run_dir, checkpoint);
    Trainer trainer(config, torch::kCPU, run_dir);
    EXPECT_THAT([&] { trainer.Restore(80); },
                testing::ThrowsMessage<std::runtime_error>(
                    testing::AllOf(testing::HasSubstr("is damaged"),
                                   testing::HasSubstr(name == "best" ? "best evaluation" : name))))
        << name << ' ' << value;
  }
}

TEST_F(TrainerTest, ALogWithLineEndsOfASpreadsheetIsContinued) {
  const auto config = SmallConfig({});
  const auto whole = Run(config, "whole");
  const auto run_dir = RunUntil(120, config, "run");
  for (const std::string log : {"run/train.csv", "run/eval.csv"}) {
    std::string text;
    for (const char c : directory_.Read(log))
      text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    directory_.Write(log, text);
  }
  testing::internal::CaptureStderr();
  Resume(config, run_dir, 120);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(directory_.Read("run/train.csv").find('\r'), std::string::npos);
  ExpectSameRun(whole, run_dir, 240);
}

TEST_F(TrainerTest, APipeInALogsPlaceIsRefusedByItsName) {
  const auto config = SmallConfig({});
  const auto run_dir = RunUntil(120, config, "run");
  for (const std::string log : {"train.csv", "eval.csv"}) {
    const std::string rows = directory_.Read("run/" + log);
    std::filesystem::remove(run_dir + "/" + log);
    ASSERT_EQ(::mkfifo((run_dir + "/" + log).c_str(), 0600), 0);
    EXPECT_THAT([&] { Resume(config, run_dir, 120); },
                testing::ThrowsMessage<std::runtime_error>(
                    testing::HasSubstr(log + ": cannot read: it is a pipe, no regular file")));
    EXPECT_TRUE(std::filesystem::is_fifo(run_dir + "/" + log));
    std::filesystem::remove(run_dir + "/" + log);
    directory_.Write("run/" + log, rows);
  }
}

// The last row alone of an evaluation of two episodes was gone, and nothing said so.
TEST_F(TrainerTest, ASingleRowThatIsGoneIsTold) {
  const auto config = SmallConfig({"eval_episodes=2"});
  const auto run_dir = RunUntil(160, config, "run");
  const auto without_line = [&](const std::string& log, std::size_t begin) {
    auto rows = directory_.Read("run/" + log);
    directory_.Write("run/" + log, rows.erase(begin, rows.find('\n', begin) + 1 - begin));
  };
  const auto evaluations = directory_.Read("run/eval.csv");
  without_line("eval.csv", evaluations.rfind('\n', evaluations.size() - 2) + 1);
  without_line("train.csv", directory_.Read("run/train.csv").find('\n') + 1);
  const auto resume = [&](std::int64_t env_step) {
    testing::internal::CaptureStderr();
    Resume(config, run_dir, env_step);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(resume(160),
              testing::AllOf(testing::HasSubstr("eval.csv: it has 5 rows up to env step 160, and "
                                                "the checkpoint was written after 6"),
                             testing::HasSubstr("train.csv: it has 1 rows up to env step 160, and "
                                                "the checkpoint was written after 2")));
  EXPECT_EQ(resume(240), "");  // once: the later checkpoint knows what there is
}

// The process was killed after it had written rows that the checkpoint of the same env step lacks:
// they are made again, and were there twice.
TEST_F(TrainerTest, RowsThatAreMadeAgainAreNotThereTwice) {
  const auto config = SmallConfig({});
  const auto run_dir = RunUntil(120, config, "run");
  for (const std::string log : {"run/train.csv", "run/eval.csv"}) {
    const auto rows = directory_.Read(log);
    const auto last = rows.substr(rows.rfind('\n', rows.size() - 2) + 1);  // of 80
    directory_.Write(log, rows + "120" + last.substr(last.find(',')));
  }
  Resume(SmallConfig({"env_steps=120"}), run_dir, 120);
  for (const char* log : {"/train.csv", "/eval.csv"}) {
    const auto table = ReadTable(run_dir + log);
    EXPECT_EQ(table.back().at("env_step"), "120") << log;
    EXPECT_EQ(table.at(table.size() - 2).at("env_step"), "80") << log;
  }
}

// A spreadsheet gave a log other line ends, or somebody removed it.
TEST_F(TrainerTest, ALogThatCannotBeContinuedStepsAside) {
  const auto config = SmallConfig({});
  const auto run_dir = RunUntil(120, config, "run");
  directory_.Write("run/eval.csv", "env_step;episode;episode_return\r\n0;0;5\r\n");
  std::filesystem::remove(run_dir + "/train.csv");
  testing::internal::CaptureStderr();
  Resume(config, run_dir, 120);
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, testing::HasSubstr("the old one is kept as " + run_dir + "/eval.csv.old_1"));
  EXPECT_THAT(said, testing::HasSubstr("train.csv: cannot read"));
  EXPECT_THAT(directory_.Read("run/eval.csv.old_1"), testing::HasSubstr("0;0;5"));
  EXPECT_EQ(ReadTable(run_dir + "/eval.csv").size(), 2u);  // of 160 and 240
  EXPECT_EQ(ReadTable(run_dir + "/train.csv").size(), 2u);
}

}  // namespace
}  // namespace curl_rl::experiments
