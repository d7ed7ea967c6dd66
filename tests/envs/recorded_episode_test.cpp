// Every suite task reproduces two episodes recorded from the DeepMind Control Suite's own task code
// (tests/golden/dmc/env_<task>.txt): the same seed, the same actions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "envs/mujoco_environment.h"
#include "tests/envs/environment_names.h"
#include "tests/envs/lcg.h"

namespace curl_rl::envs {
namespace {

// States are equal to the last digit. Rewards and observations were computed by numpy, whose sums
// and functions round otherwise: at most 4e-15 was seen.
constexpr double kTolerance = 1e-12;

// What a task sets in the model at a reset: numpy's sine and cosine differ from libm's by one unit
// in the last place on some processors.
constexpr double kModelTolerance = 1e-15;

std::vector<double> Numbers(std::string text) {
  for (char& c : text) {
    if (c == ',' || c == ';') c = ' ';
  }
  std::istringstream stream(text);
  std::vector<double> numbers;
  // strtod, unlike stod, takes numbers below the smallest normal one.
  for (std::string number; stream >> number;) {
    numbers.push_back(std::strtod(number.c_str(), nullptr));
  }
  return numbers;
}

// "key=value key=value" to a map; words without "=" are left out.
std::map<std::string, std::string> Fields(const std::string& line) {
  std::map<std::string, std::string> fields;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) {
    const std::size_t equal = word.find('=');
    if (equal != std::string::npos) fields[word.substr(0, equal)] = word.substr(equal + 1);
  }
  return fields;
}

// Entries "name:shape" with each shape, "scalar" or "8x2", as one size.
std::string Flat(const std::string& entries) {
  std::istringstream words(entries);
  std::string flat, word;
  while (words >> word) {
    const std::size_t colon = word.find(':');
    if (!flat.empty()) flat += ' ';
    flat += word.substr(0, colon + 1);
    if (colon == std::string::npos) {
      flat += word;
      continue;
    }
    std::replace(word.begin(), word.end(), 'x', ' ');
    std::istringstream shape(word.substr(colon + 1));
    int size = 1;
    for (int length = 0; shape >> length;) size *= length;
    flat += std::to_string(size);
  }
  return flat;
}

void ExpectNear(const std::vector<double>& got, const std::vector<double>& want, double tolerance,
                const std::string& where) {
  ASSERT_EQ(got.size(), want.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], tolerance * std::max(1.0, std::abs(want[i])))
        << where << " component " << i;
  }
}

// A field of the model that a task sets at a reset, e.g. "geom_pos", of the named element.
std::vector<double> ModelField(const mjModel& m, const std::string& field,
                               const std::string& name) {
  const auto row = [](const auto* values, int id, int width) {
    return std::vector<double>(values + width * id, values + width * (id + 1));
  };
  const auto id = [&](mjtObj type) { return ElementId(m, type, name); };
  if (field == "geom_pos") return row(m.geom_pos, id(mjOBJ_GEOM), 3);
  if (field == "geom_size") return row(m.geom_size, id(mjOBJ_GEOM), 3);
  if (field == "site_pos") return row(m.site_pos, id(mjOBJ_SITE), 3);
  if (field == "site_size") return row(m.site_size, id(mjOBJ_SITE), 3);
  if (field == "site_rgba") return row(m.site_rgba, id(mjOBJ_SITE), 4);
  if (field == "dof_damping") return row(m.dof_damping, m.jnt_dofadr[id(mjOBJ_JOINT)], 1);
  if (field == "geom_rgba") return row(m.geom_rgba, id(mjOBJ_GEOM), 4);
  if (field == "light_pos") return row(m.light_pos, id(mjOBJ_LIGHT), 3);
  if (field == "wrap_prm") return std::vector<double>(m.wrap_prm, m.wrap_prm + m.nwrap);
  ADD_FAILURE() << "unknown model field " << field;
  return {};
}

class RecordedEpisodeTest : public testing::TestWithParam<std::string> {
 protected:
  void Replay(std::istream& file);
  void StepTo(int step);
  void ExpectState(const std::string& line, std::istream& file);
  void ExpectModel(const std::string& line);

  std::unique_ptr<Environment> environment_;
  MujocoEnvironment* simulated_ = nullptr;
  Lcg actions_{1};
  int step_ = 0;
  StepResult result_;
  double return_ = 0.0;
};

void RecordedEpisodeTest::StepTo(int step) {
  while (step_ < step) {
    ASSERT_FALSE(result_.last()) << "ended at step " << step_;
    std::vector<double> action(environment_->action_spec().size);
    for (double& component : action) component = -1.0 + actions_.Next() * 2.0;
    result_ = environment_->Step(action);
    return_ += result_.reward;
    ++step_;
  }
}

// `line`: "step N reward=… ncon=… time=…"; then come the lines qpos, qvel, obs.
void RecordedEpisodeTest::ExpectState(const std::string& line, std::istream& file) {
  const int step = std::stoi(line.substr(5));
  StepTo(step);
  const std::string where = "step " + std::to_string(step);
  const mjData& data = simulated_->data();
  auto fields = Fields(line);
  EXPECT_EQ(data.ncon, std::stoi(fields["ncon"])) << where;
  if (step > 0) {
    ExpectNear({result_.reward}, Numbers(fields["reward"]), kTolerance, where + " reward");
  }
  std::string qpos, qvel, observation;
  std::getline(file, qpos);
  std::getline(file, qvel);
  std::getline(file, observation);
  const mjModel& m = simulated_->model();
  ExpectNear({data.qpos, data.qpos + m.nq}, Numbers(Fields(qpos)["qpos"]), 0.0, where + " qpos");
  ExpectNear({data.qvel, data.qvel + m.nv}, Numbers(Fields(qvel)["qvel"]), 0.0, where + " qvel");
  std::vector<double> state(environment_->observation_spec().state_size());
  environment_->ObserveState(state.data());
  ExpectNear(state, Numbers(Fields(observation)["obs"]), kTolerance, where + " observation");
}

// `line`: "model FIELD NAME=numbers".
void RecordedEpisodeTest::ExpectModel(const std::string& line) {
  std::istringstream stream(line);
  std::string word, field, value;
  stream >> word >> field >> value;
  const std::size_t equal = value.find('=');
  ExpectNear(ModelField(simulated_->model(), field, value.substr(0, equal)),
             Numbers(value.substr(equal + 1)), kModelTolerance, line);
}

void RecordedEpisodeTest::Replay(std::istream& file) {
  int episodes = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("episode ", 0) == 0) {
      environment_->Reset();
      step_ = 0;
      return_ = 0.0;
      result_ = {};
      ++episodes;
    } else if (line.rfind("model ", 0) == 0) {
      ExpectModel(line);
    } else if (line.rfind("step ", 0) == 0) {
      ExpectState(line, file);
    } else if (line.rfind("end ", 0) == 0) {
      auto fields = Fields(line);
      EXPECT_EQ(step_, std::stoi(fields["step"]));
      EXPECT_EQ(result_.truncated, fields["last"] == "1");
      EXPECT_FALSE(result_.terminated);
      ExpectNear({return_}, Numbers(fields["return"]), kTolerance, "return");
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(episodes, 2);
}

TEST_P(RecordedEpisodeTest, IsReproduced) {
  if (mj_version() >= 300) {
    GTEST_SKIP() << "recorded with MuJoCo 2.2.2, this is " << mj_versionString();
  }
  if (const std::string lacking = Lacking(GetParam()); !lacking.empty()) GTEST_SKIP() << lacking;
  std::ifstream file(CURL_RL_SOURCE_DIR "/tests/golden/dmc/env_" + GetParam() + ".txt");
  ASSERT_TRUE(file) << "no recording of " << GetParam();
  EnvironmentOptions options;
  options.pixels = false;
  environment_ = Make(GetParam(), options);
  simulated_ = dynamic_cast<MujocoEnvironment*>(environment_.get());
  ASSERT_NE(simulated_, nullptr);

  std::string title, sizes, entries;
  std::getline(file, title);
  std::getline(file, sizes);
  std::getline(file, entries);
  auto fields = Fields(sizes);
  EXPECT_EQ(environment_->control_timestep(), std::stod(fields["control_timestep"]));
  const double step_limit = std::stod(fields["step_limit"]);  // infinity: none, here 0
  EXPECT_EQ(environment_->step_limit(), std::isinf(step_limit) ? 0.0 : step_limit);
  EXPECT_EQ(environment_->action_spec().size, std::stoi(fields["nu"]));
  std::string spec = "obs";
  for (const StateEntry& entry : environment_->observation_spec().state) {
    spec += " " + entry.name + ":" + std::to_string(entry.size);
  }
  EXPECT_EQ(spec, Flat(entries));
  Replay(file);
}

// Every registered task of the suite, so that one without a recording fails.
std::vector<std::string> SuiteTasks() {
  std::vector<std::string> names;
  for (const EnvironmentInfo& info : Environments()) {
    if (info.source.rfind("dm_control", 0) == 0) names.push_back(info.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tasks, RecordedEpisodeTest, testing::ValuesIn(SuiteTasks()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace curl_rl::envs
