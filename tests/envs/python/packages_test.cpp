// Gymnasium and dm_control themselves, where they are installed for the python3 of PATH.
// $CURL_RL_TEST_PYTHON names another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mujoco/mujoco.h>

#include <cmath>

#include "envs/conformance.h"
#include "envs/numpy_random.h"
#include "tests/envs/python/python_modules.h"

namespace curl_rl::envs {
namespace {

using testing::IsEmpty;

// The reason why `task` cannot be made for want of `package`, else "".
std::string Lacking(const std::string& package, const std::string& task,
                    const EnvironmentOptions& options) {
  try {
    MakePython(task, options);
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find("No module named '" + package + "'") != std::string::npos) {
      return package + " is not installed for this Python";
    }
    throw;
  }
  return "";
}

std::string VersionOf(const Environment& environment, const std::string& package) {
  for (const auto& [name, version] : environment.Versions()) {
    if (name == package) return version;
  }
  return "";
}

class Packages : public testing::Test {
 protected:
  Packages() {
    ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    ::setenv("MUJOCO_GL", "egl", 0);
    options_.python.resize = true;
    options_.python.time_limit = 120.0;
    if (const char* python = std::getenv("CURL_RL_TEST_PYTHON")) options_.python.program = python;
  }
  EnvironmentOptions options_;
};

TEST_F(Packages, GymnasiumsPendulumKeepsTheContract) {
  const EnvironmentInfo info = PythonTask("gymnasium:Pendulum-v1");
  options_.pixels = false;  // its pictures need pygame
  const std::string lacking = Lacking("gymnasium", info.source, options_);
  if (!lacking.empty()) GTEST_SKIP() << lacking;
  const auto environment = info.factory(options_);
  EXPECT_EQ(environment->step_limit(), 200);
  EXPECT_EQ(environment->control_timestep(), 0.05);
  EXPECT_NE(VersionOf(*environment, "gymnasium"), "");
  ConformanceOptions options;
  options.environment = options_;
  options.episodes = 5;
  EXPECT_THAT(CheckConformance(info.factory, options), IsEmpty());
}

TEST_F(Packages, GymnasiumsDiscreteActionsAreRefused) {
  options_.pixels = false;
  const std::string lacking = Lacking("gymnasium", "gymnasium:Pendulum-v1", options_);
  if (!lacking.empty()) GTEST_SKIP() << lacking;
  EXPECT_THAT(MessageOf([&] { MakePython("gymnasium:CartPole-v1", options_); }),
              testing::HasSubstr("its actions are Discrete(2); allowed: Box"));
}

std::vector<double> StateOf(const Environment& environment) {
  std::vector<double> state(static_cast<std::size_t>(environment.observation_spec().state_size()));
  environment.ObserveState(state.data());
  return state;
}

std::vector<std::uint8_t> FrameOf(Environment& environment) {
  std::vector<std::uint8_t> frame(environment.observation_spec().pixel_count());
  environment.Observe(frame.data());
  return frame;
}

// The same seed and actions, at the same MuJoCo: dm_control through Python gives the built-in task,
// and the frames if both draw by the same OpenGL. Rewards may differ by numpy's rounding of
// logarithms and exponentials, which are not the C library's.
TEST_F(Packages, DmControlGivesTheBuiltInTaskBitForBit) {
  KeepNumpyOffAvx512();
  const std::string file = "python:" + ModuleFile("suite_tasks.py") + ":";
  const std::string lacking = Lacking("dm_control", file + "reacher_easy", options_);
  if (!lacking.empty()) GTEST_SKIP() << lacking;
  for (const std::string name : {"ball_in_cup_catch", "cartpole_swingup", "cheetah_run",
                                 "finger_spin", "hopper_stand", "reacher_easy", "walker_walk"}) {
    options_.seed = 5;
    const auto hosted = MakePython(file + name, options_);
    const std::string version = VersionOf(*hosted, "mujoco");
    if (version != mj_versionString()) {
      GTEST_SKIP() << "dm_control must be of MuJoCo " << mj_versionString() << ", this one is of "
                   << version;
    }
    const auto built_in = Make(name, options_);
    ASSERT_EQ(hosted->step_limit(), built_in->step_limit());
    EXPECT_EQ(hosted->control_timestep(), built_in->control_timestep());
    NumpyRandom random(7);
    for (int episode = 0; episode < 2; ++episode) {
      hosted->Reset();
      built_in->Reset();
      for (int step = 0; step <= 1000; ++step) {
        ASSERT_EQ(StateOf(*hosted), StateOf(*built_in)) << name << " at step " << step;
        if (step % 250 == 0) {
          EXPECT_TRUE(FrameOf(*hosted) == FrameOf(*built_in)) << name << " at step " << step;
        }
        if (step == 1000) break;
        std::vector<double> action(static_cast<std::size_t>(built_in->action_spec().size));
        for (double& component : action) component = random.Uniform(-1.0, 1.0);
        const StepResult ours = built_in->Step(action), theirs = hosted->Step(action);
        ASSERT_NEAR(theirs.reward, ours.reward, 4e-16) << name << " at step " << step;
        ASSERT_EQ(theirs.last(), ours.last());
        ASSERT_EQ(theirs.terminated, ours.terminated);
      }
    }
  }
}

}  // namespace
}  // namespace curl_rl::envs
