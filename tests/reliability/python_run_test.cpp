// Runs on environments of Python: recorded, taken up, ended by faults and by kill -9, and equal to
// those of the built-in task.
#include <gmock/gmock.h>
#include <mujoco/mujoco.h>

#include <cstdlib>
#include <filesystem>

#include "tests/envs/python/python_modules.h"
#include "tests/reliability/small_program_run.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// The game of tests/envs/python/modules, which goes wrong in its 230th step unless a file says that
// all is well. It tells its process's number.
constexpr char kLater[] = R"(
import os, time
import reach

class Later(reach.ReachEnv):
    count = 0

    def step(self, action):
        Later.count += 1
        if Later.count == 230 and not os.path.exists("well"):
            self.fault()
        return super().step(action)

    def fall_over(self):
        raise RuntimeError("the robot fell over")

    def hang(self):
        time.sleep(600)

def make(fault):
    env = Later()
    env.fault = getattr(env, fault)
    return env

def falls_over():
    return make("fall_over")

def hangs():
    with open("pid", "a") as file:
        file.write(f"{os.getpid()} ")
    return make("hang")
)";

class PythonRun : public SmallProgramRun {
 protected:
  PythonRun() {
    const char* const before = std::getenv("PYTHONPATH");  // where packages may be
    const std::string rest = before != nullptr ? std::string(":") + before : "";
    ::setenv("PYTHONPATH", (CURL_RL_MODULES + rest).c_str(), 1);
    ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    ::setenv("MUJOCO_GL", "egl", 0);
    directory_.Write("later.py", kLater);
  }
};

TEST_F(PythonRun, IsRecordedAndFoundAgainFromElsewhere) {
  directory_.Write("tasks/game.py", "from reach import make\n");
  directory_.Write("tasks/game.yaml", "task: python:game.py:make\n");
  const auto trained = Run("train c.yaml tasks/game.yaml");
  ASSERT_EQ(trained.status, 0) << trained.err;
  const std::string run = "runs/python_game_make/curl/seed_1";
  const auto record = nlohmann::json::parse(directory_.Read(run + "/run.json"));
  EXPECT_EQ(record["environment"].count("python"), 1);
  EXPECT_THAT(record["environment"]["game.py"], testing::StartsWith("sha256 "));
  EXPECT_THAT(directory_.Read(run + "/config.yaml"),
              AllOf(HasSubstr("task: python_game_make\n"),
                    HasSubstr("plugins: [\"python:" + directory_.File("tasks/game.py") + ":make")));
  fs::create_directory(directory_.File("elsewhere"));
  const auto elsewhere = Shell("cd elsewhere && \"$CURL_RL\" evaluate ../" + run +
                               " --episodes 2 && \"$CURL_RL\" resume ../" + run);
  EXPECT_EQ(elsewhere.status, 0) << elsewhere.err;
  EXPECT_THAT(elsewhere.out, HasSubstr("over 2 episodes"));
}

TEST_F(PythonRun, AFaultLeavesTheLastCheckpointAndANewEpisodeBegins) {
  const auto failed = Run("train c.yaml task=python:later.py:falls_over run_dir=run");
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("later.py:falls_over: step: RuntimeError: the robot fell "
                                          "over"),
                                HasSubstr("later.py:15 in fall_over")));
  EXPECT_EQ(State("run"), "failed");
  EXPECT_TRUE(fs::exists(directory_.File("run/checkpoints/env_step_000000000200")));
  directory_.Write("well", "");
  const auto resumed = Run("resume run");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("resumed at env step 200"));
  EXPECT_THAT(resumed.err, HasSubstr("the environment keeps no snapshots: a new episode begins"));
  EXPECT_EQ(State("run"), "finished");
}

TEST_F(PythonRun, OneThatHangsIsGivenUp) {
  const auto failed =
      Run("train c.yaml task=python:later.py:hangs environment.python_time_limit=5 run_dir=run");
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("later.py:hangs: step: no answer from Python within 5 s"));
  EXPECT_EQ(State("run"), "failed");
}

TEST_F(PythonRun, KillingTheProgramEndsItsEnvironments) {
  const auto outcome = Shell(R"(
"$CURL_RL" train c.yaml task=python:later.py:hangs run_dir=run &
until [ -e run/checkpoints/env_step_000000000200 ]; do kill -0 $! || exit 9; sleep 0.1; done
sleep 0.5
kill -9 $!
[ $(wc -w <pid) -eq 2 ] || exit 8
for i in 1 2 3 4 5 6 7 8 9; do
  left=0
  for pid in $(cat pid); do grep -qs '^State:.[^Z]' /proc/$pid/status && left=1; done
  [ $left -eq 0 ] && exit 0
  sleep 1
done
exit 7)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(PythonRun, WithoutPythonNothingIsWritten) {
  const auto failed = Run("train c.yaml task=python:later.py:hangs environment.python=./none");
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("Python '" + directory_.File("none") +
                                          "' cannot be started: No such file or directory"),
                                HasSubstr("environment.python names one")));
  EXPECT_FALSE(fs::exists(directory_.File("runs/python_later_hangs/curl/seed_1/run.json")));
  const auto pixels = Run("train c.yaml task=python:later.py:hangs observation=pixels");
  EXPECT_EQ(pixels.status, 2);
  EXPECT_THAT(pixels.err,
              HasSubstr("python_later_hangs draws nothing; allowed: observation: state"));
}

TEST_F(PythonRun, IsOneOfASweepsTasks) {
  directory_.Write("game.py", "from reach import make\n");
  const auto outcome =
      Run("sweep c.yaml --seeds 1 --tasks python:game.py:make,toy_reach --output grid");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(directory_.File("grid/python_game_make/curl/seed_1/eval.csv")));
}

// Frames and states of dm_control's own environment, at the same MuJoCo and OpenGL: not one bit of
// what the agent learns is another.
TEST_F(PythonRun, OnDmControlIsThatOnTheBuiltInTask) {
  const char* const named = std::getenv("CURL_RL_TEST_PYTHON");
  const std::string python = named != nullptr ? named : "python3";
  if (Shell(python + " -c 'import dm_control'").status != 0) {
    GTEST_SKIP() << "dm_control is not installed for this Python";
  }
  envs::KeepNumpyOffAvx512();
  const auto version = Shell(python + " -c 'import mujoco; print(mujoco.__version__)'").out;
  if (version != std::string(mj_versionString()) + "\n") {
    GTEST_SKIP() << "dm_control must be of MuJoCo " << mj_versionString() << ", this one is of "
                 << version;
  }
  const std::string file = "python:" CURL_RL_MODULES "/suite_tasks.py:";
  for (const std::string observation : {"pixels", "state"}) {
    const std::string rest =
        " observation=" + observation +
        " env_steps=1200 eval_every=1200 checkpoint_every=1200 log_every=400 action_repeat=4 "
        "init_steps=100 frame_stack=2 environment.image_size=36 agent.crop_size=32 "
        "agent.encoder.num_layers=2 environment.python=" +
        python + " run_dir=";
    const auto built_in = Run("train c.yaml task=reacher_easy" + rest + "built_in_" + observation);
    ASSERT_EQ(built_in.status, 0) << built_in.err;
    const auto hosted =
        Run("train c.yaml task=" + file + "reacher_easy" + rest + "hosted_" + observation);
    ASSERT_EQ(hosted.status, 0) << hosted.err;
    for (const std::string csv : {"/train.csv", "/eval.csv"}) {
      EXPECT_EQ(WithoutTimes(ReadTable(directory_.File("built_in_" + observation + csv))),
                WithoutTimes(ReadTable(directory_.File("hosted_" + observation + csv))));
    }
    for (const std::string part : {"agent", "replay"}) {
      const std::string last = "/checkpoints/env_step_000000001200/" + part + ".safetensors";
      const auto ours = directory_.Read("built_in_" + observation + last);
      EXPECT_FALSE(ours.empty());
      EXPECT_TRUE(ours == directory_.Read("hosted_" + observation + last)) << part;
    }
  }
}

}  // namespace
}  // namespace curl_rl::experiments
