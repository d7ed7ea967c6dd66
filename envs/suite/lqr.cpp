// The LQR tasks: bring a row of masses on springs to rest at the origin, driven at the first ones.
// A linear system with a quadratic cost, of which the best control is known.
// Figures and formulas: dm_control/suite/lqr.py.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/model_text.h"
#include "envs/suite/suite.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kSoftest = 15.0, kStiffest = 25.0;  // springs, N/m
constexpr double kControlCost = 0.1;
constexpr double kRest = 1e-6;  // norm of the state at which an episode ends

// A model with springs of its own, and the random stream they were drawn from.
struct Drawn {
  ModelPtr model;
  NumpyRandom random;
};

Drawn DrawModel(int masses, int motors, NumpyRandom random) {
  std::string bodies, bands, actuators;
  for (int i = 0; i < masses; ++i) {
    const std::string id = std::to_string(i);
    char stiffness[40];
    std::snprintf(stiffness, sizeof(stiffness), "%.17g", random.Uniform(kSoftest, kStiffest));
    random.Uniform();  // the suite draws a damping too, between 0 and 0
    bodies += "<body name=\"" + id + "\" pos=\"0.25 0 " + (i == 0 ? "0.1" : "0") +
              "\"><joint name=\"" + id + "\" stiffness=\"" + stiffness + "\"/><geom name=\"" + id +
              "\"/><site name=\"" + id + "\"/>\n";
    if (i < motors) actuators += "<motor name=\"" + id + "\" joint=\"" + id + "\"/>\n";
    if (i == masses - 1) continue;
    bands += "<spatial name=\"" + id + "\"><site site=\"" + id + "\"/><site site=\"" +
             std::to_string(i + 1) + "\"/></spatial>\n";
  }
  for (int i = 0; i < masses; ++i) bodies += "</body>";

  ModelText text(ModelPath("suite/lqr.xml"));
  text.Replace("<!-- masses -->", bodies);
  text.Replace("<!-- bands -->", bands);
  text.Replace("<!-- motors -->", actuators);
  return {text.Load(), random};
}

class Lqr final : public MujocoEnvironment {
 public:
  Lqr(const std::string& name, int masses, int motors, const EnvironmentOptions& options)
      : Lqr(name, masses, DrawModel(masses, motors, NumpyRandom(options.seed)), options) {}

 private:
  Lqr(const std::string& name, int masses, Drawn drawn, const EnvironmentOptions& options)
      : MujocoEnvironment(std::move(drawn.model),
                          {name, 0.0, 0.0, {{"position", masses}, {"velocity", masses}}}, options,
                          drawn.random) {}

  // At rest, the places drawn from a sphere.
  void InitializeEpisode(NumpyRandom& random) override {
    double* qpos = mutable_data().qpos;
    const int masses = model().nq;
    for (int i = 0; i < masses; ++i) qpos[i] = random.Normal();
    const double norm = Norm(qpos, masses);
    for (int i = 0; i < masses; ++i) qpos[i] = std::sqrt(2.0) * qpos[i] / norm;
  }

  // Half the squared distance and a tenth of half the squared control, from 1: it may be negative.
  double Reward() const override {
    const double state = 0.5 * mju_dot(data().qpos, data().qpos, model().nq);
    const double control = 0.5 * mju_dot(data().ctrl, data().ctrl, model().nu);
    return 1 - (state + control * kControlCost);
  }

  bool Terminated() const override {
    return std::hypot(Norm(data().qpos, model().nq), Norm(data().qvel, model().nv)) < kRest;
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos, data().qpos + model().nq);
    state->insert(state->end(), data().qvel, data().qvel + model().nv);
  }
};

constexpr char kSource[] = "dm_control/suite/lqr.py";

}  // namespace

std::vector<EnvironmentInfo> LqrTasks() {
  return {
      Task<Lqr>("lqr_lqr_2_1", "bring two masses on springs to rest, driving one", kSource, 2, 1),
      Task<Lqr>("lqr_lqr_6_2", "bring six masses on springs to rest, driving two", kSource, 6, 2)};
}

}  // namespace curl_rl::envs::suite
