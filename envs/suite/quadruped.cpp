// The quadruped tasks: walk and run forward, leave a bowl-shaped terrain, fetch a ball.
// Figures and formulas: dm_control/suite/quadruped.py.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/hinges.h"
#include "envs/suite/local_frame.h"
#include "envs/suite/model_text.h"
#include "envs/suite/suite.h"
#include "envs/suite/terrain.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kWalkSpeed = 0.5, kRunSpeed = 5.0;  // m/s
constexpr double kTimeLimit = 20.0;                  // seconds
constexpr int kRangeRows = 4, kRangeColumns = 5;     // of range finders
constexpr int kForces = 24;                          // force and torque at four toes
constexpr double kBumpScale = 2.0;                   // metres between the terrain's knots
constexpr double kSmoothness = 0.15;                 // 0: bumpy, 1: smooth

// Which parts of the model a task has.
struct World {
  double floor;  // half its edge, metres
  bool terrain;
  bool ball;  // and walls and target
};

ModelPtr LoadQuadruped(const World& world) {
  ModelText text(ModelPath("suite/quadruped.xml"));
  const std::string edge = std::to_string(world.floor);
  text.Replace("size=\"15 15 0.5\"", "size=\"" + edge + " " + edge + " 0.5\"");
  if (!world.ball) {
    for (const char* wall : {"wall_left", "wall_front", "wall_right", "wall_back"}) {
      text.Remove("geom", wall);
    }
    text.Remove("body", "ball");
    text.Remove("site", "target");
  }
  if (!world.terrain) {
    text.Remove("geom", "terrain");
    for (int row = 0; row < kRangeRows; ++row) {
      for (int column = 0; column < kRangeColumns; ++column) {
        text.Remove("rangefinder", "beam_" + std::to_string(row) + "_" + std::to_string(column));
      }
    }
  }
  return text.Load();
}

std::vector<StateEntry> Entries(const std::vector<StateEntry>& more) {
  std::vector<StateEntry> entries = {{"egocentric_state", 44},
                                     {"torso_velocity", 3},
                                     {"torso_upright", 1},
                                     {"imu", 6},
                                     {"force_torque", kForces}};
  entries.insert(entries.end(), more.begin(), more.end());
  return entries;
}

// What all tasks share.
class Quadruped : public MujocoEnvironment {
 protected:
  Quadruped(const std::string& name, const World& world, const std::vector<StateEntry>& more,
            const EnvironmentOptions& options)
      : MujocoEnvironment(LoadQuadruped(world), {name, 0.02, kTimeLimit, Entries(more)}, options) {}

  // Raises the quadruped from within the floor until it touches nothing.
  void PutAboveGround(double x, double y, const double* quaternion) {
    double z = 0.0;
    do {
      mj_resetData(&model(), &mutable_data());
      ForwardWithoutActuation();
      double* root = mutable_data().qpos;
      root[0] = x;
      root[1] = y;
      root[2] = z;
      mju_copy4(root + 3, quaternion);
      ForwardWithoutActuation();
      z += 0.01;
    } while (data().ncon > 0);
  }

  // 1 when the torso's z axis is at most the angle of `cosine` from upright, 0 upside down.
  double Upright(double cosine) const {
    return Tolerance(data().xmat[9 * torso_ + 8], cosine, kInfinity,
                     {1 + cosine, 0.0, Sigmoid::kLinear});
  }

  void State(std::vector<double>* state) const override {
    AppendHinges(model(), data(), state);
    state->insert(state->end(), data().act, data().act + model().na);
    const double* sensors = data().sensordata;
    state->insert(state->end(), sensors + velocity_, sensors + velocity_ + 3);
    state->push_back(data().xmat[9 * torso_ + 8]);
    state->insert(state->end(), sensors + imu_, sensors + imu_ + 6);
    for (int i = 0; i < kForces; ++i) state->push_back(std::asinh(sensors[forces_ + i]));
  }

  // Appends a vector of the world in the torso's frame.
  void AppendLocal(const double* vector, std::vector<double>* state) const {
    double local[3];
    ToLocal(local, vector, data().xmat + 9 * torso_);
    state->insert(state->end(), local, local + 3);
  }

  const double* TorsoPlace() const { return data().xpos + 3 * torso_; }

  const int torso_ = ElementId(model(), mjOBJ_BODY, "torso");
  const int workspace_ = ElementId(model(), mjOBJ_SITE, "workspace");
  const int velocity_ = SensorAddress(model(), "velocity");

 private:
  const int imu_ = SensorAddress(model(), "imu");
  const int forces_ = SensorAddress(model(), "force_front_left");
};

class Move final : public Quadruped {
 public:
  // The floor is as long as the way of an episode at full speed.
  Move(const std::string& name, double speed, const EnvironmentOptions& options)
      : Quadruped(name, {speed * kTimeLimit, false, false}, {}, options), speed_(speed) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    double rotation[4];
    RandomRotation(rotation, random);
    PutAboveGround(0.0, 0.0, rotation);
  }

  double Reward() const override {
    return Upright(1.0) * Tolerance(data().sensordata[velocity_], speed_, kInfinity,
                                    {speed_, 0.5, Sigmoid::kLinear});
  }

  double speed_;
};

class Escape final : public Quadruped {
 public:
  Escape(const std::string& name, const EnvironmentOptions& options)
      : Quadruped(name, {40.0, true, false},
                  {{"origin", 3}, {"rangefinder", kRangeRows * kRangeColumns}}, options),
        ranges_(SensorAddress(model(), "beam_0_0")),
        radius_(model().hfield_size[0]) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    const int bumps = static_cast<int>(2 * radius_ / kBumpScale);
    const std::vector<double> heights =
        MakeTerrain(model().hfield_nrow[0], bumps, kSmoothness, random);
    for (std::size_t i = 0; i < heights.size(); ++i) {
      mutable_model().hfield_data[i] = static_cast<float>(heights[i]);
    }
    double rotation[4];
    RandomRotation(rotation, random);
    PutAboveGround(0.0, 0.0, rotation);
  }

  double Reward() const override {
    const double distance = mju_norm3(data().site_xpos + 3 * workspace_);
    return Upright(std::cos(20.0 * mjPI / 180.0)) *
           Tolerance(distance, radius_, kInfinity, {radius_, 0.0, Sigmoid::kLinear});
  }

  void State(std::vector<double>* state) const override {
    Quadruped::State(state);
    double to_origin[3];
    mju_scl3(to_origin, TorsoPlace(), -1.0);
    AppendLocal(to_origin, state);
    for (int i = 0; i < kRangeRows * kRangeColumns; ++i) {
      const double range = data().sensordata[ranges_ + i];
      state->push_back(range == -1.0 ? 1.0 : std::tanh(range));  // -1: nothing is in sight
    }
  }

  int ranges_;
  double radius_;  // half the terrain's edge, metres
};

class Fetch final : public Quadruped {
 public:
  Fetch(const std::string& name, const EnvironmentOptions& options)
      : Quadruped(name, {kArena, false, true}, {{"ball_state", 9}, {"target_position", 3}},
                  options),
        ball_(ElementId(model(), mjOBJ_BODY, "ball")),
        ball_joint_(ElementId(model(), mjOBJ_JOINT, "ball")),
        target_(ElementId(model(), mjOBJ_SITE, "target")),
        reach_(model().site_size[3 * workspace_] +
               model().geom_size[3 * ElementId(model(), mjOBJ_GEOM, "ball")]) {}

 private:
  static constexpr double kArena = 15.0;  // half its edge, metres

  void InitializeEpisode(NumpyRandom& random) override {
    const double azimuth = random.Uniform(0.0, 2 * mjPI);
    const double rotation[4] = {std::cos(azimuth / 2), 0.0, 0.0, std::sin(azimuth / 2)};
    const double spawn = 0.9 * kArena;
    const double x = random.Uniform(-spawn, spawn);
    const double y = random.Uniform(-spawn, spawn);
    PutAboveGround(x, y, rotation);
    double* place = mutable_data().qpos + model().jnt_qposadr[ball_joint_];
    double* velocity = mutable_data().qvel + model().jnt_dofadr[ball_joint_];
    for (int axis = 0; axis < 2; ++axis) place[axis] = random.Uniform(-spawn, spawn);
    place[2] = 2.0;
    for (int axis = 0; axis < 2; ++axis) velocity[axis] = 5 * random.Normal();
  }

  double Reward() const override {
    const double arena = kArena * std::sqrt(2.0);
    const double* ball = data().xpos + 3 * ball_;
    const double reach = Tolerance(FlatDistance(data().site_xpos + 3 * workspace_, ball), 0.0,
                                   reach_, {arena, 0.0, Sigmoid::kLinear});
    const double fetch = Tolerance(FlatDistance(data().site_xpos + 3 * target_, ball), 0.0,
                                   model().site_size[3 * target_], {arena, 0.0, Sigmoid::kLinear});
    return Upright(1.0) * (reach * (0.5 + 0.5 * fetch));
  }

  static double FlatDistance(const double* a, const double* b) {
    const double between[2] = {a[0] - b[0], a[1] - b[1]};
    return Norm(between, 2);
  }

  void State(std::vector<double>* state) const override {
    Quadruped::State(state);
    double between[3];
    mju_sub3(between, data().xpos + 3 * ball_, TorsoPlace());
    AppendLocal(between, state);
    const double* velocity = data().qvel + model().jnt_dofadr[ball_joint_];
    mju_sub3(between, velocity, data().qvel);
    AppendLocal(between, state);
    AppendLocal(velocity + 3, state);
    mju_sub3(between, data().site_xpos + 3 * target_, TorsoPlace());
    AppendLocal(between, state);
  }

  int ball_;
  int ball_joint_;
  int target_;
  double reach_;  // metres from the workspace's middle at which the ball is reached
};

constexpr char kSource[] = "dm_control/suite/quadruped.py";

}  // namespace

std::vector<EnvironmentInfo> QuadrupedTasks() {
  return {
      Task<Move>("quadruped_walk", "walk forward on four legs, at 0.5 m/s", kSource, kWalkSpeed),
      Task<Move>("quadruped_run", "run forward on four legs, at 5 m/s", kSource, kRunSpeed),
      Task<Escape>("quadruped_escape", "leave a bowl with a bumpy ground", kSource),
      Task<Fetch>("quadruped_fetch", "push a ball to the middle", kSource)};
}

}  // namespace curl_rl::envs::suite
