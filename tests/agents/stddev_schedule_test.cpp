// Exploration schedules: their spelling, their values at knees, and what is refused.
#include "agents/stddev_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace curl_rl::agents {
namespace {

TEST(StddevSchedule, FollowsItsPieces) {
  EXPECT_DOUBLE_EQ(StddevSchedule("0.2").At(12345), 0.2);
  const StddevSchedule linear("linear(1.0,0.1,500000)");
  EXPECT_DOUBLE_EQ(linear.At(0), 1.0);
  EXPECT_DOUBLE_EQ(linear.At(250000), 0.55);
  EXPECT_DOUBLE_EQ(linear.At(500000), 0.1);
  EXPECT_DOUBLE_EQ(linear.At(9000000), 0.1);
  const StddevSchedule steps("step_linear(1.0, 0.5, 100, 0.1, 200)");
  EXPECT_DOUBLE_EQ(steps.At(50), 0.75);
  EXPECT_DOUBLE_EQ(steps.At(100), 0.5);
  EXPECT_DOUBLE_EQ(steps.At(200), 0.3);
  EXPECT_DOUBLE_EQ(steps.At(300), 0.1);
  EXPECT_DOUBLE_EQ(steps.At(301), 0.1);
}

TEST(StddevSchedule, RefusesWhatIsNone) {
  for (const char* text :
       {"", "fast", "linear", "linear()", "linear(1,2)", "linear(1,2,3,4)", "linear(1,2,0)",
        "linear(1,-2,3)", "linear(1,2,3", "linear(1,2,3))", "cosine(1,0,10)", "1,2", "nan", "inf",
        "-0.1", "step_linear(1,2,3)", "step_linear(1,2,3,4,0)", "linear(1;2;3)"}) {
    try {
      StddevSchedule schedule(text);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("allowed: NUMBER, linear(FROM,TO,DECISIONS)"));
    }
  }
}

}  // namespace
}  // namespace curl_rl::agents
