// The list of environments, and the conformance of every one in it.
#include "envs/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "envs/conformance.h"
#include "tests/envs/environment_names.h"

namespace curl_rl::envs {
namespace {

using testing::AllOf;
using testing::HasSubstr;

#ifdef __SANITIZE_ADDRESS__
constexpr int kEpisodes = 10;  // simulating takes several times as long
#else
constexpr int kEpisodes = 100;
#endif

std::string MessageOf(const std::function<void()>& function) {
  try {
    function();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(RegistryTest, ListsTheBenchmarkTasks) {
  std::set<std::string> names;
  for (const EnvironmentInfo& info : Environments()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " twice";
    EXPECT_FALSE(info.description.empty());
    EXPECT_FALSE(info.source.empty());
  }
  for (const char* name : {"finger_spin", "cartpole_swingup", "reacher_easy", "cheetah_run",
                           "walker_walk", "ball_in_cup_catch", "toy_reach"}) {
    EXPECT_EQ(names.count(name), 1) << name;
  }
}

TEST(RegistryTest, AWrongNameProposesTheNearest) {
  EXPECT_THAT(MessageOf([] { Make("cartpole_swignup", {}); }),
              AllOf(HasSubstr("unknown environment 'cartpole_swignup'"),
                    HasSubstr("did you mean 'cartpole_swingup'?"), HasSubstr("toy_reach")));
}

TEST(RegistryTest, RefusesBadRegistrations) {
  const Factory factory = Find("toy_reach").factory;
  const auto add = [&](const std::string& name, const Factory& made_by) {
    return MessageOf([&] { Register({name, "", "", made_by}); });
  };
  EXPECT_THAT(add("toy_reach", factory), HasSubstr("'toy_reach' is taken"));
  for (const char* name : {"", "Toy", "my-task", "2d", "my task"}) {
    EXPECT_THAT(add(name, factory), HasSubstr("not snake_case")) << name;
  }
  EXPECT_THAT(add("my_task", nullptr), HasSubstr("no factory"));
}

TEST(RegistryTest, AUsersEnvironmentIsFound) {
  Register({"my_own_2", "mine", "me", Find("toy_reach").factory});
  EXPECT_EQ(Make("my_own_2", {})->action_spec().size, 1);
  Register({"makes_nothing", "", "", [](const EnvironmentOptions&) { return nullptr; }});
  EXPECT_THROW(Make("makes_nothing", {}), std::runtime_error);
}

// Models of which an episode takes a second and more.
bool IsSlow(const std::string& name) {
  for (const char* model : {"humanoid", "manipulator", "stacker", "quadruped", "dog"}) {
    if (name.rfind(model, 0) == 0) return true;
  }
  return false;
}

// By name, as CTest prints the parameter.
class ConformanceOfTest : public testing::TestWithParam<std::string> {};

TEST_P(ConformanceOfTest, KeepsTheContract) {
  if (const std::string lacking = Lacking(GetParam()); !lacking.empty()) GTEST_SKIP() << lacking;
  const std::vector<std::string> models = OneNameOfEachModel();
  const bool first_of_model = std::count(models.begin(), models.end(), GetParam()) > 0;
  ConformanceOptions options;
  options.environment.pixels = false;
  options.episodes = first_of_model ? kEpisodes : kEpisodes / 10;  // the others simulate the same
  if (IsSlow(GetParam())) options.episodes = 2;
  for (const std::string& failure : CheckConformance(Find(GetParam()).factory, options)) {
    ADD_FAILURE() << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConformanceOfTest, testing::ValuesIn(AllNames()),
                         [](const auto& test) { return test.param; });
}  // namespace
}  // namespace curl_rl::envs
