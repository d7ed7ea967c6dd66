// The line of progress: what it tells, where it is cut, when it comes.
#include "experiments/run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

TEST(Progress, LineTellsStepRateAndReturns) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(FormatProgress({4000, 100000, 0, none, none}), "  4000/100000 env steps   4 %");
  EXPECT_EQ(FormatProgress({40000, 100000, 200, 183.21, 210.7}),
            " 40000/100000 env steps  40 %  200/s  ETA 5:00  train 183.2  eval 210.7");
  EXPECT_THAT(FormatProgress({0, 500000, 50, none, none}), HasSubstr("ETA 2:46:40"));
  // It was "351/250 env steps 140 %", with a time left below zero.
  EXPECT_EQ(FormatProgress({351, 250, 20, none, 3.5}),
            "351 env steps, the budget is 250  eval 3.5");
}

TEST(Progress, PipedOutputIsWholeLines) {
  std::ostringstream out;
  {
    Progress progress(out, false, 100, 0, std::chrono::seconds(1000));
    progress.Update(10);  // too soon for a line
    progress.Print("eval 3.5");
    progress.Update(100);  // the end always has one
  }
  EXPECT_EQ(out.str().rfind("eval 3.5\n100/100 env steps 100 %", 0), 0u) << out.str();
  EXPECT_EQ(out.str().find('\r'), std::string::npos);
}

// A line that the terminal breaks in two cannot be rewritten.
// The first step after an evaluation of a second tells no speed of 8 steps a second.
TEST(Progress, TheFirstEvaluationIsNoMeasureOfSpeed) {
  std::ostringstream out;
  Progress progress(out, /*terminal=*/false, /*env_steps=*/800, /*first_env_step=*/0,
                    std::chrono::seconds(0));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  progress.set_eval_return(1.0);
  progress.Update(8);
  const auto line = out.str();
  const auto at = line.find("/s");
  ASSERT_NE(at, std::string::npos) << line;
  const auto begin = line.rfind(' ', at);
  EXPECT_GT(std::stod(line.substr(begin, at - begin)), 8 / 0.3) << line;
}

// Evaluations that follow each other sooner than lines do.
TEST(Progress, IsToldBetweenManyEvaluations) {
  std::ostringstream out;
  Progress progress(out, /*terminal=*/false, /*env_steps=*/800, /*first_env_step=*/0,
                    std::chrono::seconds(1));
  for (int i = 0; i < 60; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    progress.set_eval_return(1.0);
    progress.Update(8 * i);
  }
  EXPECT_NE(out.str().find("ETA"), std::string::npos);
}

TEST(Progress, TerminalLineIsCutToItsWidth) {
  std::ostringstream out;
  {
    Progress progress(out, true, 100000, 0, std::chrono::seconds(10),
                      [] { return std::size_t{20}; });
    progress.set_eval_return(123456.7);
    progress.Update(100000);
    progress.Print("a line of its own, as long as it likes");
  }
  std::istringstream updates(out.str());
  for (std::string update; std::getline(updates, update, '\r');) {
    if (update.find("a line of") == std::string::npos) {
      EXPECT_LT(update.substr(0, update.find('\n')).size(), 20u) << update;
    }
  }
  EXPECT_THAT(out.str(), HasSubstr("\r100000/100000 env s"));
}

TEST(Progress, TerminalLineIsRewritten) {
  std::ostringstream out;
  {
    Progress progress(out, true, 100, 0);
    progress.Update(100);
    progress.Print("done");
  }
  EXPECT_EQ(out.str().rfind("\r100/100 env steps", 0), 0u) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("\rdone\n\r100/100"));
  EXPECT_EQ(out.str().back(), '\n');
}

}  // namespace
}  // namespace curl_rl::experiments
