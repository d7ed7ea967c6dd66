// Our models, compiled, equal the DeepMind Control Suite's field by field and simulate to the same
// last digit.
#include <gtest/gtest.h>

#include <fstream>
#include <ostream>

#include "envs/mujoco_environment.h"
#include "tests/envs/model_dump.h"

namespace curl_rl::envs {
namespace {

// Lines of tests/golden/dmc/<domain>.txt but the first, which names the tool.
std::vector<std::string> Golden(const std::string& domain) {
  std::ifstream file(CURL_RL_SOURCE_DIR "/tests/golden/dmc/" + domain + ".txt");
  EXPECT_TRUE(file) << domain;
  std::vector<std::string> lines;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    // A line's trailing blank and "  qpos" versus "   qpos" are layout.
    const std::size_t end = line.find_last_not_of(' ');
    lines.push_back(line.substr(0, end + 1));
  }
  return lines;
}

std::string WithoutIndent(const std::string& line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

// A recording and a task that has its model.
struct Recorded {
  const char* golden;
  const char* task;
};
void PrintTo(const Recorded& recorded, std::ostream* out) { *out << recorded.golden; }

constexpr Recorded kRecorded[] = {{"acrobot", "acrobot_swingup"},
                                  {"ball_in_cup", "ball_in_cup_catch"},
                                  {"cartpole", "cartpole_swingup"},
                                  {"cheetah", "cheetah_run"},
                                  {"finger", "finger_spin"},
                                  {"fish", "fish_swim"},
                                  {"hopper", "hopper_hop"},
                                  {"humanoid", "humanoid_run"},
                                  {"humanoid_CMU", "humanoid_CMU_run"},
                                  {"lqr", "lqr_lqr_6_2"},
                                  {"manipulator_insert_ball", "manipulator_insert_ball"},
                                  {"manipulator_insert_peg", "manipulator_insert_peg"},
                                  {"pendulum", "pendulum_swingup"},
                                  {"point_mass", "point_mass_easy"},
                                  {"quadruped_escape", "quadruped_escape"},
                                  {"quadruped_fetch", "quadruped_fetch"},
                                  {"reacher", "reacher_easy"},
                                  {"stacker", "stacker_stack_4"},
                                  {"swimmer", "swimmer_swimmer6"},
                                  {"walker", "walker_walk"}};

class ModelGoldenTest : public testing::TestWithParam<Recorded> {};

TEST_P(ModelGoldenTest, EqualsTheSuiteFieldByField) {
  if (mj_version() >= 300) {
    GTEST_SKIP() << "the figures are of MuJoCo 2.2.2, this is " << mj_versionString();
  }
  EnvironmentOptions options;
  options.pixels = false;
  const auto environment = Make(GetParam().task, options);  // no Reset yet: it may change the model
  const mjModel& model = dynamic_cast<const MujocoEnvironment&>(*environment).model();
  const DataPtr data = MakeData(model);
  std::vector<std::string> lines = DumpModel(model);
  for (const std::string& line : DumpRollout(model, *data)) lines.push_back(line);

  const std::vector<std::string> golden = Golden(GetParam().golden);
  ASSERT_EQ(lines.size(), golden.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(WithoutIndent(lines[i]), WithoutIndent(golden[i])) << "line " << i + 2;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ModelGoldenTest, testing::ValuesIn(kRecorded),
                         [](const auto& test) { return std::string(test.param.golden); });

}  // namespace
}  // namespace curl_rl::envs
