// Environments of Python keep the contract, and what goes wrong in them is told in words.
#include "envs/python/hosted_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "envs/conformance.h"
#include "tests/envs/python/python_modules.h"

namespace curl_rl::envs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Hosted : public testing::Test {
 protected:
  Hosted() { UseModules(); }
};

std::vector<double> StateOf(const Environment& environment) {
  std::vector<double> state(static_cast<std::size_t>(environment.observation_spec().state_size()));
  environment.ObserveState(state.data());
  return state;
}

TEST_F(Hosted, KeepsTheContract) {
  ConformanceOptions options;
  options.episodes = 5;
  options.environment = WithPixels(8);
  for (const std::string& text :
       {std::string("gymnasium:Reach-v0"), std::string("dm_env:dm_reach:make"),
        "python:" + ModuleFile("reach.py") + ":make", std::string("python:reach:make_pixels")}) {
    EXPECT_THAT(CheckConformance(PythonTask(text).factory, options), IsEmpty()) << text;
  }
}

TEST_F(Hosted, TellsWhatItIs) {
  const auto environment = MakePython("gymnasium:Reach-v0", WithoutPixels());
  EXPECT_FALSE(environment->observation_spec().has_pixels());
  ASSERT_EQ(environment->observation_spec().state.size(), 1);
  EXPECT_EQ(environment->observation_spec().state[0].name, "observation");
  EXPECT_EQ(environment->observation_spec().state[0].size, 2);
  EXPECT_EQ(environment->action_spec().size, 1);
  EXPECT_EQ(environment->step_limit(), 20);
  EXPECT_EQ(environment->control_timestep(), 1.0 / 20);
  const PackageVersions versions = environment->Versions();
  ASSERT_GE(versions.size(), 2);
  EXPECT_EQ(versions[0].first, "python");
  EXPECT_THAT(versions, testing::Contains(testing::Pair("gymnasium", "0.0.fake")));
}

TEST_F(Hosted, AFileIsRecordedByItsHash) {
  const auto environment =
      MakePython("python:" + ModuleFile("reach.py") + ":make", WithoutPixels());
  EXPECT_THAT(environment->Versions(),
              testing::Contains(testing::Pair("reach.py", testing::StartsWith("sha256 "))));
}

TEST_F(Hosted, ScalesActionsToTheEnvironmentsUnits) {
  const auto environment = MakePython("python:reach:make_wide", WithoutPixels());
  environment->Reset();
  environment->Step({-1.0, 0.5});
  EXPECT_THAT(StateOf(*environment), ElementsAre(0.0, 1.5));
  const StepResult result = environment->Step({1.0, 1.0});
  EXPECT_THAT(StateOf(*environment), ElementsAre(4.0, 3.0));
  EXPECT_TRUE(result.terminated);
  EXPECT_FALSE(result.truncated);
}

TEST_F(Hosted, AnEpisodeOfDmEnvEndsByItsDiscount) {
  for (const bool terminates : {false, true}) {
    const auto environment = MakePython(
        terminates ? "dm_env:dm_reach:make_terminating" : "dm_env:dm_reach:make", WithoutPixels());
    environment->Reset();
    StepResult result;
    for (int i = 0; i < 20; ++i) result = environment->Step({0.1});
    EXPECT_EQ(result.terminated, terminates);
    EXPECT_EQ(result.truncated, !terminates);
  }
}

// Names of nested parts are joined; what an environment shows in another order is told apart.
TEST_F(Hosted, ShowsThePartsOfAnObservation) {
  const auto environment = MakePython("python:reach:make_pixels", WithPixels(8));
  const auto& state = environment->observation_spec().state;
  ASSERT_EQ(state.size(), 2);
  EXPECT_EQ(state[0].name, "place/own");
  EXPECT_EQ(state[1].name, "place/wanted");
  EXPECT_EQ(environment->DrawnBy(), "its observation 'pixels'");
  environment->Reset();
  std::vector<std::uint8_t> frame(8 * 8 * 3);
  environment->Observe(frame.data());
  const auto place = StateOf(*environment);
  for (int channel = 0; channel < 2; ++channel) {
    for (int column = 0; column < 8; ++column) {
      const bool there = column == static_cast<int>((place[channel] + 1) / 2 * 8);
      EXPECT_EQ(frame[3 * (8 * 4 + column) + channel], there ? 200 : 0);
    }
  }
}

TEST_F(Hosted, FramesOfAnotherSizeAreResizedIfAsked) {
  EXPECT_THAT(MessageOf([] { MakePython("gymnasium:Reach-v0", WithPixels(4)); }),
              AllOf(HasSubstr("gymnasium:Reach-v0: its frames (Python's render()) have 8x8 pixels"),
                    HasSubstr("not the 4x4 of environment.image_size"),
                    HasSubstr("environment.resize=true"), HasSubstr("image_size=8 takes them")));
  const auto whole = MakePython("gymnasium:Reach-v0", WithPixels(8));
  const auto small = MakePython("gymnasium:Reach-v0", WithPixels(4, /*resize=*/true));
  EXPECT_EQ(small->observation_spec().height, 4);
  EXPECT_EQ(small->DrawnBy(), "Python's render(), 8x8 resized to 4x4");
  whole->Reset();
  small->Reset();
  std::vector<std::uint8_t> large(8 * 8 * 3), reduced(4 * 4 * 3);
  whole->Observe(large.data());
  small->Observe(reduced.data());
  for (int i = 0; i < 4 * 3; ++i) {  // rows are alike: a column of two pixels becomes their mean
    const int at = i / 3 * 2 * 3 + i % 3;
    EXPECT_EQ(reduced[i], (large[at] + large[at + 3]) / 2);
  }
}

// What Physics.render gives has the size asked for.
TEST_F(Hosted, DmControlDrawsAsLargeAsAsked) {
  EXPECT_EQ(MakePython("dm_env:dm_reach:make", WithPixels(20))->observation_spec().height, 20);
}

TEST_F(Hosted, WhatItPrintsHarmsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  {
    const auto environment = MakePython("python:faults:prints", WithoutPixels());
    environment->Reset();
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(environment->Step({0.1}).last());
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr().size(), 200001);  // and the line's end
}

TEST_F(Hosted, AProcessThatItForksIsNoHost) {
  const auto environment = MakePython("python:faults:forks", WithoutPixels(3));
  const auto twin = MakePython("python:reach:make", WithoutPixels(3));
  environment->Reset();
  twin->Reset();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(environment->Step({0.1}).reward, twin->Step({0.1}).reward);
    EXPECT_EQ(StateOf(*environment), StateOf(*twin));
  }
}

// --- Faults --------------------------------------------------------------------------------------

struct Case {
  const char* name;
  const char* what;  // the message has
};

// Where nothing is made.
const Case kAtStart[] = {
    {"dies_while_made", "it cannot be made: the Python process ended: exit status 9"},
    {"discrete", "its actions are Discrete(2); allowed: Box"},
    {"unbounded", "without bounds; allowed: finite ones"},
    {"whole_numbers", "whole numbers; allowed: real numbers"},
    {"no_room", "allowed: low below high"},
    {"channels_first", "a picture of shape [3, 8, 8]; allowed: [height, width, 1 or 3]"},
    {"texts", "its observation is Text(9); allowed: Box, or a Dict of Box"},
    {"nothing", "nothing() returned None, which has no action_space or action_spec()"},
    {"needs_more", "missing 1 required positional argument: 'robot'"},
    {"old_reset", "reset() returned array; allowed: (observation, info)"},
    {"not_a_function", "faults has no function 'not_a_function'"},
    {"no_such", "faults has no function 'no_such'"},
    {"frame_flat_at_once", "has shape [8, 8]; allowed: [height, width, 1 or 3]"},
};

// In the third step.
const Case kInStep[] = {
    {"raises", "step: RuntimeError: the robot fell over"},
    {"exits", "step: SystemExit: 3"},
    {"dies", "step: the Python process ended: exit status 7"},
    {"is_killed", "step: the Python process ended: killed by signal 9"},
    {"crashes", "step: the Python process ended: killed by signal 11 (Segmentation fault)"},
    {"closes_everything", "step: the Python process closed its connection"},
    {"hangs", "step: no answer from Python within 5 s; the key environment.python_time_limit"},
    {"reward_nan", "its reward is nan at step 3 of episode 1"},
    {"reward_text", "its reward is str; allowed: real numbers"},
    {"reward_none", "its reward is None; allowed: real numbers"},
    {"state_infinite", "number 1 of its observation 'observation' is inf at step 3 of episode 1"},
    {"state_longer", "its observation 'observation' has shape [3], not [2]"},
    {"state_texts", "its observation 'observation' is str; allowed: real numbers"},
    {"state_none", "its observation 'observation' is None; allowed: real numbers"},
    {"four_values", "step() returned tuple of 4; allowed: (observation, reward, terminated"},
    {"frame_smaller", "what render() returned has shape [4, 4, 3], and had [8, 8, 3] before"},
    {"frame_of_doubles", "what render() returned has dtype d; allowed: uint8"},
    {"frame_none", "what render() returned is None; allowed: uint8"},
};

TEST_F(Hosted, AFaultAtTheStartIsToldInWords) {
  for (const Case& fault : kAtStart) {
    const std::string text = std::string("python:faults:") + fault.name;
    EXPECT_THAT(MessageOf([&] { MakePython(text, WithPixels(8)); }),
                AllOf(testing::StartsWith(text + ": "), HasSubstr(fault.what)));
  }
}

TEST_F(Hosted, AFaultInAStepIsToldInWordsAndEndsIt) {
  for (const Case& fault : kInStep) {
    const std::string text = std::string("python:faults:") + fault.name;
    EnvironmentOptions options = WithPixels(8);
    if (fault.name == std::string("hangs")) options.python.time_limit = 5.0;  // for its start too
    const auto environment = MakePython(text, options);
    std::vector<std::uint8_t> frame(8 * 8 * 3);
    const auto step = [&] {
      environment->Step({0.1});
      if (environment->observation_spec().has_pixels()) environment->Observe(frame.data());
    };
    environment->Reset();
    step();
    step();
    EXPECT_THAT(MessageOf(step), AllOf(testing::StartsWith(text + ": "), HasSubstr(fault.what)));
  }
}

TEST_F(Hosted, AfterAFaultEveryCallSaysSo) {
  const auto environment = MakePython("python:faults:raises", WithoutPixels());
  environment->Reset();
  for (int i = 0; i < 2; ++i) environment->Step({0.1});
  EXPECT_THROW(environment->Step({0.1}), std::runtime_error);
  EXPECT_THAT(MessageOf([&] { environment->Reset(); }),
              HasSubstr("reset: its Python process has ended"));
}

TEST_F(Hosted, ATracebackIsShort) {
  const auto message = MessageOf([] { MakePython("dm_env:broken:make", WithoutPixels()); });
  EXPECT_THAT(message, AllOf(HasSubstr("ModuleNotFoundError: No module named 'no_such_robot'"),
                             HasSubstr("broken.py:3 in <module>: import no_such_robot"),
                             HasSubstr("the key environment.python names another")));
  EXPECT_LT(std::count(message.begin(), message.end(), '\n'), 5) << message;
  EXPECT_THAT(MessageOf([] { MakePython("dm_env:wrong_syntax:make", WithoutPixels()); }),
              AllOf(HasSubstr("SyntaxError"), HasSubstr("wrong_syntax.py"), HasSubstr("line 1")));
}

TEST_F(Hosted, WhatIsNotThereIsNamed) {
  EXPECT_THAT(MessageOf([] { MakePython("dm_env:no_such_module:make", WithoutPixels()); }),
              HasSubstr("ModuleNotFoundError: No module named 'no_such_module'"));
  EXPECT_THAT(MessageOf([] { MakePython("python:/no/such.py:make", WithoutPixels()); }),
              HasSubstr("/no/such.py: no such file"));
  EXPECT_THAT(MessageOf([] { MakePython("gymnasium:Other-v0", WithoutPixels()); }),
              HasSubstr("KeyError: 'Other-v0'"));
  EnvironmentOptions options = WithoutPixels();
  options.python.program = "no_such_python";
  EXPECT_THAT(MessageOf([&] { MakePython("gymnasium:Reach-v0", options); }),
              AllOf(HasSubstr("Python 'no_such_python' cannot be started: No such file"),
                    HasSubstr("in PATH"), HasSubstr("the key environment.python")));
  options.python.program = "/bin/false";
  EXPECT_THAT(MessageOf([&] { MakePython("gymnasium:Reach-v0", options); }),
              HasSubstr("the Python process ended: exit status 1"));
}

TEST_F(Hosted, AStartThatHangsIsGivenUp) {
  EnvironmentOptions options = WithoutPixels();
  options.python.time_limit = 1.0;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(MessageOf([&] { MakePython("python:faults:reset_hangs", options); }),
              HasSubstr("it cannot be made: no answer from Python within 1 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST_F(Hosted, AFirstObservationThatIsNotFiniteIsRefused) {
  const auto environment = MakePython("python:faults:reset_nan", WithoutPixels());
  EXPECT_THAT(MessageOf([&] { environment->Reset(); }),
              HasSubstr("number 1 of its observation 'observation' is nan at step 0 of episode 1"));
}

}  // namespace
}  // namespace curl_rl::envs
