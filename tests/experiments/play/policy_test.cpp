// Policies without an agent.
#include "experiments/play/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "envs/toy_reach.h"
#include "experiments/config/usage_error.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PolicyTest : public testing::Test {
 protected:
  PolicyTest() : environment_(envs::Make("toy_reach", {})) { environment_->Reset(); }

  std::unique_ptr<envs::Environment> environment_;
  TemporaryDirectory directory_;
};

// The formula, and the first words of std::mt19937_64, are the same in every standard library.
TEST_F(PolicyTest, RandomActionsComeFromTheSeedAlone) {
  const auto policy = MakeRandomPolicy(7);
  std::mt19937_64 words(7);
  for (int i = 0; i < 5; ++i) {
    const double expected = static_cast<double>(words() >> 11) * 0x1.0p-52 - 1.0;
    EXPECT_THAT(policy->Decide(*environment_, i == 0)->action, ElementsAre(expected));
    environment_->Reset();  // draws from the environment's own stream
  }
}

TEST_F(PolicyTest, ZeroIsZeroInEveryComponent) {
  EXPECT_THAT(MakeZeroPolicy()->Decide(*environment_, true)->action, ElementsAre(0.0));
}

TEST_F(PolicyTest, AFilesRowsAreTakenOnceAndFaultsHaveTheirPlace) {
  directory_.Write("actions.csv", "# one a row\n0.5\n\n -1 \r\n1.5\n");
  const auto policy = MakeCsvPolicy(directory_.File("actions.csv"));
  EXPECT_THAT(policy->Decide(*environment_, true)->action, ElementsAre(0.5));
  EXPECT_THAT(policy->Decide(*environment_, true)->action, ElementsAre(-1.0));
  try {
    policy->Decide(*environment_, false);
    FAIL() << "1.5 was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("actions.csv:5: an action must be in [-1, 1], got 1.5"));
  }
  EXPECT_FALSE(policy->Decide(*environment_, false).has_value());
  EXPECT_THROW(MakeCsvPolicy(directory_.File("nowhere.csv")), UsageError);
}

}  // namespace
}  // namespace curl_rl::experiments
