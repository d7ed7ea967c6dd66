// Tasks without C++: the example equals the built-in task, and what is said of wrong files.
#include "experiments/config/task_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "envs/conformance.h"
#include "envs/mujoco_environment.h"
#include "experiments/config/usage_error.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kExample[] = CURL_RL_SOURCE_DIR "/examples/mjcf_task/cartpole_balance.yaml";

envs::EnvironmentOptions WithoutPixels(std::uint32_t seed) {
  envs::EnvironmentOptions options;
  options.seed = seed;
  options.pixels = false;
  return options;
}

struct Pair {
  std::unique_ptr<envs::Environment> described, built_in;
  explicit Pair(std::uint32_t seed)
      : described(TaskOfFile(kExample).factory(WithoutPixels(seed))),
        built_in(envs::Make("cartpole_balance", WithoutPixels(seed))) {}
};

std::vector<double> StateOf(const envs::Environment& environment) {
  std::vector<double> state(environment.observation_spec().state_size());
  environment.ObserveState(state.data());
  return state;
}

TEST(TaskFile, TheExampleRewardsRandomStatesAsTheBuiltInTask) {
  Pair pair(1);
  pair.described->Reset();
  pair.built_in->Reset();
  auto& described = dynamic_cast<envs::MujocoEnvironment&>(*pair.described);
  auto& built_in = dynamic_cast<envs::MujocoEnvironment&>(*pair.built_in);
  envs::NumpyRandom random(3);
  double largest = 0.0;
  for (int i = 0; i < 2000; ++i) {
    const std::vector<double> qpos = {random.Uniform(-2, 2), random.Uniform(-7, 7)};
    const std::vector<double> qvel = {random.Uniform(-5, 5), random.Uniform(-12, 12)};
    const std::vector<double> ctrl = {random.Uniform(-1, 1)};
    const envs::Evaluation said = described.EvaluateAt(qpos, qvel, ctrl);
    const envs::Evaluation wanted = built_in.EvaluateAt(qpos, qvel, ctrl);
    EXPECT_EQ(said.state, wanted.state);
    largest = std::max(largest, std::abs(said.reward - wanted.reward));
  }
  // (1 + x) / 2 and 1 - (1 - x) / 2 round differently.
  EXPECT_LT(largest, 1e-15);
}

TEST(TaskFile, TheExamplePlaysTheBuiltInEpisodes) {
  Pair pair(4);
  envs::NumpyRandom random(5);
  for (int episode = 0; episode < 2; ++episode) {
    pair.described->Reset();
    pair.built_in->Reset();
    for (envs::StepResult result; !result.last();) {
      const std::vector<double> action = {random.Uniform(-1, 1)};
      result = pair.described->Step(action);
      const envs::StepResult wanted = pair.built_in->Step(action);
      ASSERT_EQ(StateOf(*pair.described), StateOf(*pair.built_in));
      ASSERT_NEAR(result.reward, wanted.reward, 1e-15);  // see above
      ASSERT_EQ(result.last(), wanted.last());
    }
  }
}

TEST(TaskFile, TheExampleKeepsTheContract) {
  envs::ConformanceOptions options;
  options.environment.pixels = false;
  options.episodes = 10;
  EXPECT_THAT(envs::CheckConformance(TaskOfFile(kExample).factory, options), IsEmpty());
}

// --- A small file, with every way to put a reward together
// ----------------------------------------

constexpr char kModel[] = R"(<mujoco>
  <worldbody>
    <camera name="far" pos="0 -9 1"/><camera name="near" pos="0 -2 1" xyaxes="1 0 0 0 0 1"/>
    <body name="top" pos="0 0 1"><joint name="turn" type="ball"/><geom size="0.1"/>
      <body name="arm"><joint name="slide" type="slide" axis="1 0 0"/><geom size="0.1"/></body>
    </body>
  </worldbody>
  <actuator><motor name="push" joint="slide"/></actuator>
  <sensor><jointpos name="where" joint="slide"/><framepos name="arm_at" objtype="body" objname="arm"/></sensor>
</mujoco>)";

constexpr char kHead[] =
    "name: small\n"
    "model: m.xml\n"
    "time_limit: 1\n";

class SmallTask : public testing::Test {
 protected:
  SmallTask() { directory_.Write("m.xml", kModel); }

  std::unique_ptr<envs::MujocoEnvironment> Make(const std::string& rest) {
    const auto info = TaskOfFile(directory_.Write("t.yaml", kHead + rest));
    std::unique_ptr<envs::Environment> made = info.factory(WithoutPixels(1));
    return std::unique_ptr<envs::MujocoEnvironment>(
        dynamic_cast<envs::MujocoEnvironment*>(made.release()));
  }
  // Of the arm at 0.5 on its rail, the top turned not at all, control 0.5.
  double Reward(const std::string& yaml) {
    const auto made = Make("reward: " + yaml + "\n");
    made->Reset();
    return made->EvaluateAt({1, 0, 0, 0, 0.5}, {3, 0, 4, 2}, {0.5}).reward;
  }
  std::string MessageOf(const std::string& text) {
    try {
      ReadTaskFile(directory_.Write("t.yaml", text));
    } catch (const UsageError& error) {
      std::string message = error.what();
      std::cout << message << "\n";
      return message;
    }
    return "";
  }

  TemporaryDirectory directory_;
};

TEST_F(SmallTask, RewardsAreWhatTheFileSays) {
  EXPECT_EQ(Reward("{position: slide, lower: 0.4}"), 1.0);
  EXPECT_EQ(Reward("{position: slide, upper: 0.4}"), 0.0);
  EXPECT_EQ(Reward("{sensor: where, lower: 0.5, upper: .inf}"), 1.0);
  EXPECT_NEAR(Reward("{sensor: where, margin: 1, sigmoid: linear, value_at_margin: 0}"), 0.5,
              1e-15);
  EXPECT_NEAR(Reward("{control: push, margin: 1, sigmoid: linear, value_at_margin: 0, least: 0.8}"),
              0.9, 1e-15);
  EXPECT_EQ(Reward("{velocity: turn, component: norm, lower: 5, upper: 5}"), 1.0);
  EXPECT_EQ(Reward("{velocity: turn, component: 2, lower: 4, upper: 4}"), 1.0);
  EXPECT_EQ(Reward("{place: arm, component: x, lower: 0.5, upper: 0.5}"), 1.0);
  EXPECT_EQ(Reward("{place: top, component: z, lower: 1, upper: 1}"), 1.0);
  EXPECT_EQ(Reward("{sensor: arm_at, component: 0, lower: 0.5, upper: 0.5}"), 1.0);
  EXPECT_EQ(Reward("{orientation: top, component: zz, lower: 1, upper: 1}"), 1.0);
  const std::string one = "{position: slide, lower: 0}";
  const std::string half = "{position: slide, margin: 1, sigmoid: linear, value_at_margin: 0}";
  EXPECT_NEAR(Reward("{product: [" + half + ", " + half + "]}"), 0.25, 1e-15);
  EXPECT_NEAR(Reward("{sum: [" + half + ", " + one + "]}"), 1.5, 1e-15);
  EXPECT_NEAR(Reward("{mean: [" + half + ", " + one + "]}"), 0.75, 1e-15);
  EXPECT_NEAR(Reward("{min: [" + half + ", " + one + "]}"), 0.5, 1e-15);
  EXPECT_NEAR(Reward("{sum: [{product: [" + half + ", " + half + "], weight: 2}, " + one + "]}"),
              1.5, 1e-15);
}

TEST_F(SmallTask, StartActionsAndObservationAreWhatTheFileSays) {
  const auto made = Make(
      "reward: {position: slide}\n"
      "actions: {push: [-4, 8]}\n"
      "start: [{velocity: slide, uniform: [2, 3]}, {position: slide, normal: [7, 0]}]\n"
      "observation: {a: [{position: slide}, {velocity: slide}], b: [{place: arm}]}\n");
  made->Reset();
  std::vector<double> state = StateOf(*made);
  ASSERT_EQ(state.size(), 5u);
  EXPECT_EQ(state[0], 7.0);
  EXPECT_EQ(state[1], envs::NumpyRandom(1).Uniform(2, 3));
  EXPECT_EQ(made->observation_spec().state[1].name, "b");
  made->Step({0.5});
  EXPECT_EQ(made->data().ctrl[0], 5.0);  // three quarters of the way from -4 to 8

  // Without `observation`: all of qpos and qvel.
  EXPECT_EQ(Make("reward: {position: slide}\n")->observation_spec().state_size(), 5 + 4);
}

TEST_F(SmallTask, WrongFilesAreToldWithTheirPlace) {
  const std::string head = kHead;  // three lines
  const auto expect = [&](const std::string& text, const std::vector<std::string>& words) {
    const std::string message = MessageOf(text);
    for (const std::string& word : words) EXPECT_THAT(message, HasSubstr(word)) << text;
  };
  expect("model: m.xml\n", {"t.yaml:1:1: a task file needs the key 'name'"});
  expect(head + "reward: {position: slide}\ntime_limt: 3\n",
         {"t.yaml:5:1: unknown key 'time_limt'; did you mean 'time_limit'?"});
  expect(head, {"a task file needs the key 'reward'"});
  expect(head + "reward: {position: slid}\n",
         {"t.yaml:4:20: model has no joint 'slid'; did you mean 'slide'? (it has turn, slide)"});
  expect(head + "reward: {sensor: touch}\n", {"t.yaml:4:18", "no sensor", "where, arm_at"});
  expect(head + "reward: {place: leg, component: x}\n", {"no body 'leg'", "world, top, arm"});
  expect(head + "camera: side\nreward: {position: slide}\n", {"t.yaml:4:9", "far, near"});
  expect(head + "actions: {pull: [0, 1]}\nreward: {position: slide}\n",
         {"t.yaml:4:11", "no actuator 'pull'", "push"});
  expect(head + "actions: {push: [1, 1]}\nreward: {position: slide}\n", {"the range is empty"});
  expect(head + "reward: {velocity: turn}\n", {"needs one number", "component"});
  expect(head + "reward: {place: arm, component: w}\n", {"t.yaml:4:33", "x, y, z of a place"});
  expect(head + "reward: {velocity: turn, component: 3}\n", {"component 3 of 'turn'", "has 3"});
  expect(head + "reward: {position: slide, marign: 1}\n", {"did you mean 'margin'?"});
  expect(head + "reward: {position: slide, margin: wide}\n",
         {"t.yaml:4:35: margin: expected a number, got 'wide'"});
  expect(head + "reward: {position: slide, margin: 1, sigmoid: gausian}\n",
         {"sigmoid cannot be 'gausian'", "gaussian | hyperbolic", "did you mean 'gaussian'?"});
  expect(head + "reward: {position: slide, lower: 2, upper: 1}\n", {"t.yaml:4:9", "lower bound"});
  expect(head + "reward: {product: []}\n", {"product must be a list of at least one"});
  expect(head + "reward: {position: slide, velocity: slide}\n", {"has both position and velocity"});
  expect(head + "reward: {margin: 1}\n", {"needs one of position, velocity, sensor"});
  expect(head + "start: [{position: slide}]\nreward: {position: slide}\n",
         {"t.yaml:4:9: needs one of uniform, normal"});
  expect(head + "start: [{position: slide, uniform: [1]}]\nreward: {position: slide}\n",
         {"expected two numbers [a, b]"});
  expect(head + "control_timestep: 0.003\nreward: {position: slide}\n", {"not a multiple"});
  expect("name: a\nmodel: none.xml\n", {"t.yaml:2:8: model", "none.xml: no such file"});
  expect("name: a\nmodel: t.yaml\n", {"t.yaml:2:8: model"});
  expect("name: a\nmodel: m.xml\ntime_limit: 0\n", {"t.yaml:3:13: time_limit must be above 0"});
  expect("- 1\n", {"a task file must be a map of keys, got a list"});
}

// --- What a task file can say besides ------------------------------------------------------------

constexpr char kLegs[] = R"(
<mujoco>
  <worldbody>
    <geom type="plane" size="5 5 .1"/>
    <body name="torso" pos="0 0 1.5">
      <freejoint name="root"/>
      <geom type="box" size=".2 .1 .1" mass="5"/>
      <body pos="0 0 -.1">
        <joint name="hip" type="hinge" axis="0 1 0" limited="true" range="-90 90"/>
        <geom type="capsule" fromto="0 0 0 0 0 -.6" size=".05"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="hip" gear="20" ctrllimited="true" ctrlrange="-1 1"/></actuator>
  <keyframe><key name="home" qpos="0 0 .8 1 0 0 0 .4" qvel="0 0 0 0 0 0 .5"/></keyframe>
</mujoco>)";

class Legs : public testing::Test {
 protected:
  Legs() { directory_.Write("legs.xml", kLegs); }

  envs::TaskDescription Parse(const std::string& more) const {
    return ParseTask("name: legs\nmodel: legs.xml\ntime_limit: 2\ncontrol_timestep: 0.02\n" + more,
                     directory_.File("legs.yaml"));
  }
  std::unique_ptr<envs::Environment> Make(const std::string& more) const {
    return envs::MakeDescribed(Parse(more), WithoutPixels(1));
  }
  std::string Refused(const std::string& more) const {
    try {
      Parse(more);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryDirectory directory_;
};

constexpr char kForward[] = "reward: {velocity: root, component: 0, lower: 1, margin: 1}\n";

TEST_F(Legs, AnEpisodeStartsFromAKeyframe) {
  for (const std::string key : {"home", "0"}) {
    const auto environment = Make(std::string(kForward) + "keyframe: " + key + "\n");
    for (int episode = 0; episode < 2; ++episode) {
      environment->Reset();
      const std::vector<double> state = StateOf(*environment);
      EXPECT_EQ(state[2], 0.8);   // height
      EXPECT_EQ(state[7], 0.4);   // hip
      EXPECT_EQ(state[14], 0.5);  // its velocity
      environment->Step({0.3});
    }
  }
  // What is drawn is drawn over it.
  const auto drawn = Make(std::string(kForward) +
                          "keyframe: home\nstart: [{position: hip, uniform: [-0.1, -0.1]}]\n");
  drawn->Reset();
  EXPECT_EQ(StateOf(*drawn)[2], 0.8);
  EXPECT_EQ(StateOf(*drawn)[7], -0.1);
  EXPECT_THAT(Refused(std::string(kForward) + "keyframe: hime\n"), HasSubstr("home"));
  EXPECT_THAT(Refused(std::string(kForward) + "keyframe: 1\n"),
              HasSubstr("model has no key number 1: it has 1, the first is 0"));
}

TEST_F(Legs, AnEpisodeEndsWhereTheBodyFalls) {
  for (const std::string list : {"terminate: {place: torso, component: z, lower: 1.2}\n",
                                 "terminate:\n"
                                 "  - {place: torso, component: x, lower: -9, upper: 9}\n"
                                 "  - {place: torso, component: z, lower: 1.2, upper: 2}\n"}) {
    const auto environment = Make(kForward + list);
    environment->Reset();
    envs::StepResult result;
    int steps = 0;
    for (; !result.last(); ++steps) result = environment->Step({0.0});
    EXPECT_TRUE(result.terminated && !result.truncated);
    // Free fall from 1.5 m to 1.2 m takes 0.247 s.
    EXPECT_EQ(steps, 13);
  }
  const auto never = Make(kForward);
  never->Reset();
  envs::StepResult result;
  while (!result.last()) result = never->Step({0.0});
  EXPECT_TRUE(result.truncated && !result.terminated);
  EXPECT_THAT(Refused(std::string(kForward) + "terminate: {place: torso, lower: 1}\n"),
              HasSubstr("one number ends an episode"));
  EXPECT_THAT(Refused(std::string(kForward) + "terminate: {place: torso, component: z}\n"),
              HasSubstr("needs lower, upper or both"));
  EXPECT_THAT(Refused(std::string(kForward) +
                      "terminate: {place: torso, component: z, lower: 2, upper: 1}\n"),
              HasSubstr("upper must not be below lower"));
  EXPECT_THAT(Refused(std::string(kForward) + "terminate: []\n"), HasSubstr("at least one"));
}

TEST_F(Legs, ElementsWithoutANameHaveANumberOrTheirJoints) {
  for (const std::string name : {"0", "hip"}) {
    const auto environment = Make("reward: {control: " + name + ", margin: 1}\nactions: {" + name +
                                  ": [-0.5, 0.5]}\nobservation: {all: [{control: " + name +
                                  "}, {position: 1}, {position: hip}]}\n");
    environment->Reset();
    environment->Step({1.0});
    const std::vector<double> state = StateOf(*environment);
    EXPECT_EQ(state[0], 0.5);
    EXPECT_EQ(state[1], state[2]);
  }
  EXPECT_THAT(Refused("reward: {control: 1, margin: 1}\n"),
              HasSubstr("model has no actuator number 1: it has 1"));
  EXPECT_THAT(Refused("reward: {control: hop, margin: 1}\n"), HasSubstr("no actuator 'hop'"));
}

// --- Times that never end ------------------------------------------------------------------------

TEST_F(Legs, TimesThatHardlyEverEndAreRefused) {
  const auto refused = [&](const std::string& time_limit, const std::string& control_timestep,
                           const std::string& timestep) {
    std::string model = kLegs;
    model.replace(model.find("<worldbody>"), 0, "<option timestep=\"" + timestep + "\"/>");
    directory_.Write("timed.xml", model);
    try {
      ParseTask("name: legs\nmodel: timed.xml\ntime_limit: " + time_limit +
                    "\ncontrol_timestep: " + control_timestep + "\n" + kForward,
                directory_.File("legs.yaml"));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refused("10", "0.02", "0.01"), "accepted");
  EXPECT_THAT(refused("3e7", "0", "0.01"), HasSubstr("more than 10000000 control steps"));
  EXPECT_THAT(refused("10", "0.01", "1e-9"),
              HasSubstr("more than 100000 of the model's timesteps"));
  for (const std::string timestep : {"0", "-0.01", "1e-300", "inf", "nan"}) {
    EXPECT_NE(refused("10", "0.02", timestep), "accepted") << timestep;
    EXPECT_NE(refused("10", "0", timestep), "accepted") << timestep;
  }
  // One shorter than a step is one step, not none, which would have been for ever.
  const auto environment = envs::MakeDescribed(
      ParseTask("name: legs\nmodel: legs.xml\ntime_limit: 1e-9\n" + std::string(kForward),
                directory_.File("legs.yaml")),
      WithoutPixels(1));
  EXPECT_EQ(environment->step_limit(), 1);
}

// --- A task that always starts alike -------------------------------------------------------------

TEST_F(Legs, AFixedStartIsAdviceAndNoFault) {
  const auto factory = [&](const std::string& more) {
    const auto task = Parse(more);
    return [task](const envs::EnvironmentOptions& options) {
      return envs::MakeDescribed(task, options);
    };
  };
  envs::ConformanceOptions options{WithoutPixels(1), 2, 10};
  std::vector<std::string> advice;
  EXPECT_THAT(envs::CheckConformance(factory(kForward), options, &advice), IsEmpty());
  ASSERT_EQ(advice.size(), 1u);
  EXPECT_THAT(advice.front(), HasSubstr("every episode starts alike"));
  const auto drawn =
      factory(std::string(kForward) + "start: [{position: hip, uniform: [-1, 1]}]\n");
  EXPECT_THAT(envs::CheckConformance(drawn, options, &advice), IsEmpty());
  EXPECT_THAT(advice, IsEmpty());
}

}  // namespace
}  // namespace curl_rl::experiments
