// The program stopped in every way a system stops programs, and taken up again.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/reliability/small_program_run.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

class InterruptedRun : public SmallProgramRun {
 protected:
  // Runs `arguments` with the fault `plan` of faulty_calls.h in the folder "run".
  Outcome RunWithFault(const std::string& arguments, const std::string& plan) {
    return Shell("export LD_PRELOAD='" CURL_RL_FAULTY_CALLS
                 "' CURL_RL_FAULT_COUNT=\"$PWD/count\"\n"
                 "export CURL_RL_FAULT=\"under=$PWD/run," +
                 plan +
                 "\"\n"
                 "exec \"$CURL_RL\" " +
                 arguments);
  }

  void KillEverywhere(int places = 7);
};

// Kills the run of c.yaml at its beginning and at `places` all over its length, and takes it up
// again.
void InterruptedRun::KillEverywhere(int places) {
  RunWhole();
  ASSERT_EQ(RunWithFault("train c.yaml run_dir=run", "at=0").status, 0);
  int calls = 0;
  std::istringstream(directory_.Read("count")) >> calls;
  ASSERT_GT(calls, 100);
  // The first files, the first checkpoint, and places all over the run; the campaign does them all.
  for (int kill = 1; kill < calls; kill += kill < 8 ? 3 : calls / places) {
    std::filesystem::remove_all(directory_.File("run"));
    RunWithFault("train c.yaml run_dir=run", "kill=1,at=" + std::to_string(kill));
    // And once more, while it is taken up.
    RunWithFault("resume run", "kill=1,at=" + std::to_string(10 + kill % 40));
    auto outcome = Run("resume run");
    if (!std::filesystem::exists(directory_.File("run/config.yaml"))) {
      EXPECT_EQ(outcome.status, 2) << outcome.err;  // killed before there was a run
      EXPECT_THAT(outcome.err, HasSubstr("holds no run")) << kill;
      outcome = Run("train c.yaml run_dir=run");
    }
    EXPECT_EQ(outcome.status, 0) << "killed at call " << kill << ": " << outcome.err;
    ExpectLikeWhole("run");
  }
}

TEST_F(InterruptedRun, KilledAtASystemCallItGoesOnToTheSameEnd) { KillEverywhere(); }

TEST_F(InterruptedRun, SoItDoesWithSeveralEnvironments) {
  directory_.Write("c.yaml", std::string(kSmallConfig) + "environments: 2\n");
  KillEverywhere();
}

// Frames of pictures, packed in memory: more than share a dictionary, and more than the replay
// keeps.
TEST_F(InterruptedRun, SoItDoesWithCompressedFrames) {
  directory_.Write("c.yaml", R"(
task: toy_reach
threads: 1
device: cpu
env_steps: 600
action_repeat: 1
init_steps: 50
replay_capacity: 250
replay_frames: compressed
eval_every: 150
eval_episodes: 1
log_every: 50
checkpoint_every: 75
environment: {image_size: 32}
agent: {batch_size: 8, crop_size: 28, encoder: {num_layers: 2, num_filters: 8}, sac: {hidden_dim: 16}}
)");
  KillEverywhere(/*places=*/3);
}

TEST_F(InterruptedRun, SignalsStopItWithACheckpoint) {
  RunWhole();
  for (const std::string signal : {"TERM", "INT", "HUP", "XCPU"}) {
    const auto outcome = Shell("\"$CURL_RL\" train c.yaml env_steps=400 run_dir=run_" + signal +
                               " >out &\n"
                               "child=$!\n"
                               "while ! grep -q ^100, run_" +
                               signal +
                               "/train.csv 2>/dev/null; do sleep 0.01; done\n"
                               "kill -" +
                               signal + " $child; wait $child; status=$?; cat out; exit $status");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const auto run = "run_" + signal;
    if (State(run) == "interrupted") {  // else it was faster than the signal
      EXPECT_THAT(outcome.out, HasSubstr("To go on:\n  curl-rl resume " + run));
    }
    EXPECT_EQ(Run("resume " + run).status, 0);
    ExpectLikeWhole(run);
  }
}

TEST_F(InterruptedRun, Usr1SavesAndGoesOnAndASecondInterruptEndsAtOnce) {
  const auto outcome = Shell(R"(
LD_PRELOAD=')" CURL_RL_FAULTY_CALLS R"(' CURL_RL_FAULT="under=$PWD/run,hang=$PWD/hang" \
  "$CURL_RL" train c.yaml env_steps=1000000 checkpoint_every=0 run_dir=run >out &
child=$!
until_says() { while ! grep -q "$1" "$2" 2>/dev/null; do kill -0 $child || exit 98; sleep 0.01; done; }
until_says ^100, run/train.csv
kill -USR1 $child
while ! ls run/checkpoints/env_step_*[0-9]/manifest.json 2>/dev/null; do sleep 0.01; done
kill -0 $child || exit 99  # it goes on
touch hang
until_says waits hang.log  # from here on it cannot look whether it was asked to stop
kill -TERM $child
until_says signal hang.log  # the first request was heard, and nothing could be done yet
kill -INT $child
wait $child)");
  EXPECT_EQ(outcome.status, 128 + 2) << outcome.err;
  EXPECT_EQ(State("run"), "running");  // it had no time to note its end
  EXPECT_EQ(Run("evaluate run --episodes 1").status, 0);
  const auto resumed = Shell(
      "\"$CURL_RL\" resume run >out &\n"
      "child=$!; while ! grep -q resumed out; do sleep 0.01; done\n"
      "kill -TERM $child; wait $child; status=$?; cat out; exit $status");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("To go on"));
}

TEST_F(InterruptedRun, APipeThatClosesDoesNotStopTheTraining) {
  RunWhole();
  Shell("{ \"$CURL_RL\" train c.yaml run_dir=run; echo $? >status; } | head -n 1");
  EXPECT_EQ(directory_.Read("status"), "1\n");  // what it had to print is lost, and it says so
  ExpectLikeWhole("run");
}

TEST_F(InterruptedRun, AnotherWriterIsRefused) {
  const auto outcome = Shell(
      "\"$CURL_RL\" train c.yaml env_steps=1000000 run_dir=run >out &\n"
      "child=$!\n"
      "while ! grep -q ^50, run/train.csv 2>/dev/null; do sleep 0.01; done\n"
      "\"$CURL_RL\" resume run; status=$?\n"
      "kill $child; wait $child; exit $status");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("another process is at work there (host"));
}

}  // namespace
}  // namespace curl_rl::experiments
