// The base of MuJoCo tasks: step order, physics failures, snapshots, evaluation at a state.
#include "envs/mujoco_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>

namespace curl_rl::envs {
namespace {

using testing::HasSubstr;

// A driven pendulum whose actuator's range is [-2, 4], with a stiff end stop and a force sensor.
constexpr char kPendulum[] = R"(
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <body pos="0 0 1">
      <joint name="hinge" axis="0 1 0" damping="0.1"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.5" size="0.03"/>
      <site name="tip" pos="0 0 -0.5"/>
    </body>
  </worldbody>
  <actuator><motor name="motor" joint="hinge" ctrllimited="true" ctrlrange="-2 4"/></actuator>
  <sensor><accelerometer name="acceleration" site="tip"/></sensor>
</mujoco>)";

MujocoTask PendulumTask() { return {"pendulum", 0.02, 1.0, {{"angle", 1}, {"acceleration", 1}}}; }

EnvironmentOptions Options(std::uint32_t seed) {
  EnvironmentOptions options;
  options.seed = seed;
  options.pixels = false;
  return options;
}

class Pendulum final : public MujocoEnvironment {
 public:
  explicit Pendulum(std::uint32_t seed = 1, const MujocoTask& task = PendulumTask())
      : MujocoEnvironment(LoadModelText(kPendulum, "pendulum.xml", ".", {}), task, Options(seed)) {}

  mjData& Data() { return mutable_data(); }
  double reward_factor = 1.0;
  double start_velocity = 0.0;

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    mutable_data().qpos[0] = random.Uniform(-1.0, 1.0);
    mutable_data().qvel[0] = start_velocity;
    mutable_model().body_mass[1] = 1.0 + random.Uniform();  // a model field of the episode
  }
  double Reward() const override { return reward_factor * std::cos(data().qpos[0]); }
  void State(std::vector<double>* state) const override {
    state->push_back(data().qpos[0]);
    state->push_back(data().sensordata[0]);
  }
};

std::vector<double> StateOf(const Environment& environment) {
  std::vector<double> state(environment.observation_spec().state_size());
  environment.ObserveState(state.data());
  return state;
}

TEST(MujocoEnvironmentTest, MapsActionsToTheActuatorsRange) {
  Pendulum pendulum;
  pendulum.Reset();
  for (const auto& [action, control] : {std::pair(-1.0, -2.0), {0.0, 1.0}, {1.0, 4.0}}) {
    pendulum.Step({action});
    EXPECT_EQ(pendulum.data().ctrl[0], control);
  }
}

TEST(MujocoEnvironmentTest, TimeAdvancesByControlStepsToTheLimit) {
  Pendulum pendulum;
  EXPECT_EQ(pendulum.physics_steps(), 2);
  EXPECT_EQ(pendulum.control_timestep(), 0.02);
  EXPECT_EQ(pendulum.step_limit(), 50);
  pendulum.Reset();
  StepResult result;
  int steps = 0;
  for (; !result.last(); ++steps) result = pendulum.Step({0.3});
  EXPECT_EQ(steps, 50);
  EXPECT_TRUE(result.truncated && !result.terminated);
  EXPECT_NEAR(pendulum.data().time, 1.0, 1e-12);  // a sum of 100 timesteps
}

TEST(MujocoEnvironmentTest, RefusesAControlTimestepThatIsNoMultiple) {
  MujocoTask task = PendulumTask();
  task.control_timestep = 0.015;
  try {
    Pendulum pendulum(1, task);
    ADD_FAILURE() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a multiple"));
  }
}

TEST(MujocoEnvironmentTest, ASpecThatLiesAboutItsSizeIsAnError) {
  MujocoTask task = PendulumTask();
  task.state = {{"angle", 3}};
  Pendulum pendulum(1, task);
  EXPECT_THROW(pendulum.Reset(), std::logic_error);
}

// A state that MuJoCo warns of ends the episode; what is seen is the state before the step.
class PhysicsFailureTest : public testing::TestWithParam<double> {};

TEST_P(PhysicsFailureTest, EndsTheEpisodeTruncatedAndFinite) {
  Pendulum pendulum;
  pendulum.Reset();
  pendulum.Step({0.5});
  const std::vector<double> before = StateOf(pendulum);
  // As the step sees it: a bad velocity that comes from outside the sound state.
  pendulum.Data().qfrc_applied[0] = GetParam();
  testing::internal::CaptureStderr();
  const StepResult result = pendulum.Step({0.5});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(result.truncated);
  EXPECT_FALSE(result.terminated);
  EXPECT_EQ(result.reward, 0.0);
  EXPECT_EQ(StateOf(pendulum), before);
  EXPECT_EQ(pendulum.physics_failures(), 1);
  EXPECT_THAT(pendulum.last_failure(), HasSubstr("pendulum: physics failed at control step 2"));
  EXPECT_EQ(said, pendulum.last_failure() + "\n");  // one line
  EXPECT_THROW(pendulum.Step({0.0}), std::logic_error);

  pendulum.Reset();  // and all is well again
  EXPECT_FALSE(pendulum.Step({0.5}).last());
  EXPECT_EQ(pendulum.physics_failures(), 1);
  EXPECT_FALSE(std::filesystem::exists("MUJOCO_LOG.TXT"));
}

INSTANTIATE_TEST_SUITE_P(Forces, PhysicsFailureTest,
                         testing::Values(std::numeric_limits<double>::quiet_NaN(),
                                         std::numeric_limits<double>::infinity(), 1e30));

TEST(MujocoEnvironmentTest, ARewardThatIsNotFiniteIsAFailure) {
  Pendulum pendulum;
  pendulum.Reset();
  pendulum.reward_factor = std::numeric_limits<double>::infinity();
  const StepResult result = pendulum.Step({0.0});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.reward, 0.0);
  EXPECT_THAT(pendulum.last_failure(), HasSubstr("the reward is not finite"));
}

TEST(MujocoEnvironmentTest, ABadStartIsAnError) {
  Pendulum pendulum;
  pendulum.start_velocity = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(pendulum.Reset(), std::runtime_error);
  EXPECT_THROW(pendulum.Step({0.0}), std::logic_error);
}

TEST(MujocoEnvironmentTest, ASnapshotKeepsModelFieldsAndSensors) {
  Pendulum pendulum;
  pendulum.Reset();
  for (int i = 0; i < 7; ++i) pendulum.Step({0.8});
  const std::vector<std::uint8_t> bytes = pendulum.Snapshot();
  const std::vector<double> state = StateOf(pendulum);
  const double mass = pendulum.model().body_mass[1];
  Pendulum other(99);
  other.Restore(bytes);
  EXPECT_EQ(other.model().body_mass[1], mass);
  EXPECT_EQ(StateOf(other), state);  // the accelerometer's value belongs to the step before
  EXPECT_EQ(other.data().time, pendulum.data().time);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(other.Step({-0.2}).reward, pendulum.Step({-0.2}).reward);
    EXPECT_EQ(StateOf(other), StateOf(pendulum));
  }
  pendulum.Reset();
  other.Reset();  // the random stream too
  EXPECT_EQ(StateOf(other), StateOf(pendulum));
}

// A free body with another on a ball joint, falling onto a floor.
class Tumbler final : public MujocoEnvironment {
 public:
  explicit Tumbler(std::uint32_t seed)
      : MujocoEnvironment(LoadModelText(R"(<mujoco><option timestep="0.005"/><worldbody>
<geom type="plane" size="9 9 1"/>
<body pos="0 0 1"><freejoint/><geom type="box" size=".1 .2 .3"/>
<body pos=".3 0 0"><joint type="ball"/><geom type="box" size=".1 .05 .05"/></body></body>
</worldbody></mujoco>)",
                                        "tumbler.xml", ".", {}),
                          {"tumbler", 0.01, 0.0, {{"orientation", 8}}}, Options(seed)) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    for (int i = 0; i < model().nv; ++i) mutable_data().qvel[i] = random.Uniform(-3.0, 3.0);
  }
  double Reward() const override { return 0.0; }
  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().xquat + 4, data().xquat + 12);
  }
};

// MuJoCo 2.2 normalises what is normalised already, and moves last digits by that.
TEST(MujocoEnvironmentTest, ASnapshotKeepsEveryDigitOfQuaternions) {
  Tumbler original(1), restored(2);
  original.Reset();
  for (int step = 0; step < 1000; ++step) {
    restored.Restore(original.Snapshot());
    std::vector<double> wanted(8), state(8);
    original.ObserveState(wanted.data());
    restored.ObserveState(state.data());
    ASSERT_EQ(state, wanted) << step;
    original.Step({});
    restored.Step({});
    original.ObserveState(wanted.data());
    restored.ObserveState(state.data());
    ASSERT_EQ(state, wanted) << step;
  }
}

TEST(MujocoEnvironmentTest, ForeignSnapshotsAreRefused) {
  Pendulum pendulum;
  pendulum.Reset();
  const std::vector<double> state = StateOf(pendulum);
  const std::vector<std::uint8_t> foreign = Make("cartpole_balance",
                                                 [] {
                                                   EnvironmentOptions options;
                                                   options.pixels = false;
                                                   return options;
                                                 }())
                                                ->Snapshot();
  EXPECT_THROW(pendulum.Restore(foreign), std::runtime_error);
  EXPECT_THROW(pendulum.Restore({}), std::runtime_error);
  EXPECT_EQ(StateOf(pendulum), state);
}

// Indices of the model and of the random stream's words are followed without looking.
TEST(MujocoEnvironmentTest, NoByteOfASnapshotLeadsOutOfMemory) {
  Pendulum pendulum;
  pendulum.Reset();
  pendulum.Step({0.3});
  const std::vector<std::uint8_t> sound = pendulum.Snapshot();
  Pendulum victim(5);
  victim.Reset();
  int refused = 0;
  for (std::size_t at = 0; at < sound.size(); at += 7) {
    auto bytes = sound;
    for (std::size_t i = at; i < std::min(at + 8, bytes.size()); ++i) bytes[i] = 0xff;
    try {
      victim.Restore(bytes);
    } catch (const std::runtime_error&) {
      ++refused;
      continue;
    }
    testing::internal::CaptureStderr();  // other physics, perhaps bad ones, but no crash
    for (int i = 0; i < 3; ++i) {
      if (victim.Step({0.5}).last()) break;
    }
    try {
      victim.Reset();  // draws from the random stream
    } catch (const std::runtime_error&) {
      // A bad start, said so.
    }
    testing::internal::GetCapturedStderr();
  }
  EXPECT_GT(refused, 30);
  auto zeros = sound;  // a random stream that gives zeros for ever
  std::fill_n(zeros.begin(), 624 * 4, std::uint8_t{0});
  EXPECT_THROW(victim.Restore(zeros), std::runtime_error);
  EXPECT_NO_THROW(victim.Restore(sound));
  EXPECT_EQ(StateOf(victim), StateOf(pendulum));
}

// A solver that is told to take thousands of millions of steps does not come back.
TEST(MujocoEnvironmentTest, ASnapshotCannotAskForEndlessIterations) {
  Pendulum pendulum;
  pendulum.Reset();
  const std::vector<std::uint8_t> sound = pendulum.Snapshot();
  const mjOption& options = pendulum.model().opt;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&options);
  const auto found = std::search(sound.begin(), sound.end(), bytes, bytes + sizeof options);
  ASSERT_NE(found, sound.end());
  const auto begin = found - sound.begin();
  for (const auto member : {&mjOption::iterations, &mjOption::noslip_iterations}) {
    for (const int asked : {-1, 1 << 30, options.*member + 1}) {
      mjOption changed = options;
      changed.*member = asked;
      auto other = sound;
      std::memcpy(other.data() + begin, &changed, sizeof changed);
      if (asked == options.*member + 1) {  // a task may ask for more
        EXPECT_NO_THROW(pendulum.Restore(other));
        pendulum.Restore(sound);
      } else {
        EXPECT_THROW(pendulum.Restore(other), std::runtime_error) << asked;
      }
    }
  }
}

TEST(MujocoEnvironmentTest, EvaluatesAStateWithoutSteppingOrChangingAnything) {
  Pendulum pendulum, untouched;
  for (Pendulum* each : {&pendulum, &untouched}) {
    each->Reset();
    each->Step({0.1});
  }
  const Evaluation evaluation = pendulum.EvaluateAt({0.5}, {2.0}, {0.0});
  EXPECT_EQ(evaluation.reward, std::cos(0.5));
  ASSERT_EQ(evaluation.state.size(), 2);
  EXPECT_EQ(evaluation.state[0], 0.5);
  // Tangential acceleration follows the control.
  EXPECT_NE(pendulum.EvaluateAt({0.5}, {2.0}, {3.0}).state[1], evaluation.state[1]);
  EXPECT_EQ(pendulum.Snapshot(), untouched.Snapshot());

  EXPECT_THROW(pendulum.EvaluateAt({0.5, 1.0}, {2.0}, {0.0}), std::invalid_argument);
  EXPECT_THROW(pendulum.EvaluateAt({0.5}, {std::nan("")}, {0.0}), std::invalid_argument);
  EXPECT_THROW(pendulum.EvaluateAt({0.5}, {2.0}, {}), std::invalid_argument);
  EXPECT_EQ(pendulum.Step({0.1}).reward, untouched.Step({0.1}).reward);
}

TEST(MujocoEnvironmentTest, WrongOrderAndMissingPixelsAreErrors) {
  Pendulum pendulum;
  double state[2];
  std::uint8_t pixel = 0;
  EXPECT_THROW(pendulum.ObserveState(state), std::logic_error);
  EXPECT_THROW(pendulum.EvaluateAt({0}, {0}, {0}), std::logic_error);
  pendulum.Reset();
  EXPECT_THROW(pendulum.Observe(&pixel), std::logic_error);
}

TEST(MujocoModelTest, ErrorsSayWhatIsWrong) {
  const auto message = [](const auto& function) -> std::string {
    try {
      function();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(message([] { LoadModel("no_such.xml"); }), HasSubstr("no_such.xml: no such file"));
  EXPECT_THAT(message([] { LoadModelText("<mujoco><wordlbody/></mujoco>", "x.xml", ".", {}); }),
              HasSubstr("wordlbody"));
  const ModelPtr model = LoadModelText(kPendulum, "pendulum.xml", ".", {});
  EXPECT_THAT(message([&] { ElementId(*model, mjOBJ_SITE, "tipp"); }),
              testing::AllOf(HasSubstr("no site 'tipp'"), HasSubstr("did you mean 'tip'?")));
  EXPECT_EQ(SensorAddress(*model, "acceleration"), 0);
  EXPECT_THAT(message([] { mju_error("out of everything"); }), HasSubstr("out of everything"));
}

}  // namespace
}  // namespace curl_rl::envs
