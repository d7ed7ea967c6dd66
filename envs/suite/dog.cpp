// The dog tasks: stand, move at three speeds, fetch a ball. The model, its meshes and its skin are
// read from an installed dm_control. Figures and formulas: dm_control/suite/dog.py.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/joint_randomizer.h"
#include "envs/model_files.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/dm_control_folder.h"
#include "envs/suite/hinges.h"
#include "envs/suite/local_frame.h"
#include "envs/suite/model_text.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kWalkSpeed = 1.0, kTrotSpeed = 3.0, kRunSpeed = 9.0;  // m/s
constexpr double kControlTimestep = 0.015, kTimeLimit = 15.0;          // seconds
constexpr double kStandHeight = 0.9;                                   // of the height at rest
constexpr int kHinges = 73, kActuators = 38;

std::filesystem::path ModelOfDog(const EnvironmentOptions& options) {
  return FolderOfDmControl(options.python.program) / "suite" / "dog.xml";
}

// `floor`: half its edge, metres. `ball`: with it, its target, walls around and two cameras.
ModelPtr LoadDog(double floor, bool ball, const EnvironmentOptions& options) {
  const std::filesystem::path path = ModelOfDog(options);
  ModelText text(path.string());
  try {
    const std::string edge = std::to_string(floor);
    text.Replace("type=\"plane\" size=\"10 10 0.1\"",
                 "type=\"plane\" size=\"" + edge + " " + edge + " 0.1\"");
    if (!ball) {
      text.Remove("body", "ball");
      text.Remove("geom", "target");
      for (const char* camera : {"ball", "head"}) text.Remove("camera", camera);
      for (const char* wall : {"px", "nx", "py", "ny"}) {
        text.Remove("geom", std::string("wall_") + wall);
      }
    }
    for (const char* folder : {"meshdir", "texturedir"}) {
      text.ReplaceValue(folder, "dog_assets/", (path.parent_path() / "dog_assets").string() + "/");
    }
    for (const char* common : {"skybox.xml", "visual.xml", "materials.xml"}) {
      text.Replace(std::string("./common/") + common, common);
    }
  } catch (const std::logic_error& lacks) {
    throw std::runtime_error(path.string() +
                             " is not the dog of dm_control 1.0.50: " + lacks.what());
  }
  return text.LoadWith((path.parent_path() / "common").string(),
                       {"skybox.xml", "visual.xml", "materials.xml"});
}

// What all tasks share.
class Dog : public MujocoEnvironment {
 protected:
  Dog(const std::string& name, double floor, bool ball, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadDog(floor, ball, options),
                          {name, kControlTimestep, kTimeLimit, Entries(ball)}, options) {
    const DataPtr at_rest = MakeData(model());
    mj_kinematics(&model(), at_rest.get());
    for (int part = 0; part < 2; ++part) {
      stand_height_[part] = Height(*at_rest, part) * kStandHeight;
    }
    weight_ = -model().opt.gravity[2] * model().body_subtreemass[torso_];
  }

  void InitializeEpisode(NumpyRandom& random) override {
    const double azimuth = random.Uniform(0.0, 2 * mjPI);
    const double rotation[4] = {std::cos(azimuth / 2), 0.0, 0.0, std::sin(azimuth / 2)};
    mju_copy4(mutable_data().qpos + model().jnt_qposadr[root_] + 3, rotation);
    for (const int component : {0, 1, 5}) mutable_data().qvel[component] = 2 * random.Normal();
    for (int i = 0; i < model().nu; ++i) {
      const double* range = model().actuator_ctrlrange + 2 * i;
      mutable_data().act[i] = random.Uniform(range[0], range[1]);
    }
  }

  // Standing: high, upright, and with its weight on its feet.
  double Reward() const override {
    double reward = 1.0;
    for (int part = 0; part < 2; ++part) {
      reward *=
          Tolerance(Height(data(), part), stand_height_[part], kInfinity, {stand_height_[part]});
    }
    const double cosine = std::cos(30.0 * (mjPI / 180.0));
    for (const int body : {skull_, torso_, pelvis_}) {
      reward *= Tolerance(data().xmat[9 * body + 8], cosine, kInfinity,
                          {cosine + 1, 0.0, Sigmoid::kLinear});
    }
    double touch = 0.0;
    for (int i = 0; i < kTouches; ++i) touch += data().sensordata[touch_ + i];
    return reward * Tolerance(touch, weight_, kInfinity, {weight_, 0.9, Sigmoid::kLinear});
  }

  void State(std::vector<double>* state) const override {
    AppendHinges(model(), data(), state);
    for (int part = 0; part < 2; ++part) state->push_back(Height(data(), part));
    for (const int body : {skull_, torso_, pelvis_}) {
      const double* axes = data().xmat + 9 * body;
      state->insert(state->end(), axes + 6, axes + 9);
    }
    double velocity[3];
    Velocity(velocity);
    state->insert(state->end(), velocity, velocity + 3);
    AppendSensors(inertial_, kInertial, state);
    AppendSensors(forces_, kForces, state);
    AppendSensors(touch_, kTouches, state);
    state->insert(state->end(), data().act, data().act + model().na);
  }

  // Of the centre of mass, in the torso's frame, m/s.
  void Velocity(double* local) const {
    ToLocal(local, data().sensordata + velocity_, data().xmat + 9 * torso_);
  }

 private:
  static constexpr int kInertial = 9, kForces = 12, kTouches = 4;  // values

  static std::vector<StateEntry> Entries(bool ball) {
    std::vector<StateEntry> entries = {
        {"joint_angles", kHinges},       {"joint_velocites", kHinges},  // dm_control's spelling
        {"torso_pelvis_height", 2},      {"z_projection", 9},          {"torso_com_velocity", 3},
        {"inertial_sensors", kInertial}, {"foot_forces", kForces},     {"touch_sensors", kTouches},
        {"actuator_state", kActuators}};
    if (ball) entries.insert(entries.end(), {{"ball_state", 6}, {"target_position", 3}});
    return entries;
  }

  // Of the torso (0) or the pelvis (1), metres.
  double Height(const mjData& data, int part) const {
    return data.xpos[3 * (part == 0 ? torso_ : pelvis_) + 2];
  }

  void AppendSensors(int first, int count, std::vector<double>* state) const {
    const double* values = data().sensordata + first;
    state->insert(state->end(), values, values + count);
  }

  const int root_ = ElementId(model(), mjOBJ_JOINT, "root");
  const int skull_ = ElementId(model(), mjOBJ_BODY, "skull");
  const int torso_ = ElementId(model(), mjOBJ_BODY, "torso");
  const int pelvis_ = ElementId(model(), mjOBJ_BODY, "pelvis");
  const int inertial_ = SensorAddress(model(), "accelerometer");  // velocimeter and gyro behind it
  const int velocity_ = SensorAddress(model(), "torso_linvel");
  const int touch_ = SensorAddress(model(), "palm_L");   // the other palm and the soles behind it
  const int forces_ = SensorAddress(model(), "foot_L");  // the other foot and the hands behind it
  double stand_height_[2] = {};                          // metres, of torso and pelvis
  double weight_ = 0.0;                                  // newtons
};

class Stand final : public Dog {
 public:
  Stand(const std::string& name, const EnvironmentOptions& options)
      : Dog(name, kWalkSpeed * kTimeLimit, false, options) {}
};

class Move final : public Dog {
 public:
  // The floor is as long as the way of an episode at full speed.
  Move(const std::string& name, double speed, const EnvironmentOptions& options)
      : Dog(name, speed * kTimeLimit, false, options), speed_(speed) {}

 private:
  double Reward() const override {
    double velocity[3];
    Velocity(velocity);
    const double forward =
        Tolerance(velocity[0], speed_, 2 * speed_, {std::max(1.0, speed_), 0.0, Sigmoid::kLinear});
    return Dog::Reward() * ((4 * forward + 1) / 5);
  }

  double speed_;  // m/s
};

class Fetch final : public Dog {
 public:
  Fetch(const std::string& name, const EnvironmentOptions& options)
      : Dog(name, kArena, true, options) {}

 private:
  static constexpr double kArena = 10.0;  // half its edge, metres

  // The ball flies from the edge towards the middle.
  void InitializeEpisode(NumpyRandom& random) override {
    Dog::InitializeEpisode(random);
    const double radius = 0.75 * kArena;
    const double azimuth = random.Uniform(0.0, 2 * mjPI);
    double* place = mutable_data().qpos + model().jnt_qposadr[ball_joint_];
    place[0] = radius * std::sin(azimuth);
    place[1] = radius * std::cos(azimuth);
    place[2] = 0.05;
    const double height = random.Uniform(0.0, 3.0);  // that it reaches
    const double up = std::sqrt(2 * -model().opt.gravity[2] * height);
    const double speed = random.Uniform(0.0, 5.0);
    const double x = -std::sin(azimuth) + 0.05 * random.Normal();
    const double y = -std::cos(azimuth) + 0.05 * random.Normal();
    double* velocity = mutable_data().qvel + model().jnt_dofadr[ball_joint_];
    velocity[0] = speed * x;
    velocity[1] = speed * y;
    velocity[2] = up;
  }

  double Reward() const override {
    const double to_mouth = 0.5 * (Length(Ball(), data().site_xpos + 3 * upper_) +
                                   Length(Ball(), data().site_xpos + 3 * lower_));
    const double reach =
        Tolerance(to_mouth, 0.0, model().site_size[3 * upper_], {2.0, 0.1, Sigmoid::kReciprocal});
    const double near = model().geom_size[3 * target_];
    const double to_target = Length(Ball(), Target());
    const double fetch = Tolerance(to_target, 0.0, near, {kArena, 0.1, Sigmoid::kReciprocal});
    // One that was fetched may be let go.
    const double held = to_target < 2 * near ? 1.0 : (6 * reach + 1) / 7;
    return Dog::Reward() * held * ((fetch + 1) / 2);
  }

  void State(std::vector<double>* state) const override {
    Dog::State(state);
    const double* head = data().site_xpos + 3 * head_;
    double between[3], of_head[6], of_ball[6];
    mju_sub3(between, Ball(), head);
    AppendLocal(between, state);
    mj_objectVelocity(&model(), &data(), mjOBJ_SITE, head_, of_head, 0);
    mj_objectVelocity(&model(), &data(), mjOBJ_GEOM, ball_, of_ball, 0);
    mju_sub3(between, of_ball + 3, of_head + 3);  // angular velocities come first
    AppendLocal(between, state);
    mju_sub3(between, Target(), head);
    AppendLocal(between, state);
  }

  static double Length(const double* a, const double* b) {
    const double between[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return Norm(between, 3);
  }

  // Appends a vector of the world in the head's frame.
  void AppendLocal(const double* vector, std::vector<double>* state) const {
    double local[3];
    ToLocal(local, vector, data().site_xmat + 9 * head_);
    state->insert(state->end(), local, local + 3);
  }

  const double* Ball() const { return data().geom_xpos + 3 * ball_; }
  const double* Target() const { return data().geom_xpos + 3 * target_; }

  const int ball_ = ElementId(model(), mjOBJ_GEOM, "ball");
  const int ball_joint_ = ElementId(model(), mjOBJ_JOINT, "ball_root");
  const int target_ = ElementId(model(), mjOBJ_GEOM, "target");
  const int head_ = ElementId(model(), mjOBJ_SITE, "head");
  const int upper_ = ElementId(model(), mjOBJ_SITE, "upper_bite");
  const int lower_ = ElementId(model(), mjOBJ_SITE, "lower_bite");
};

constexpr char kSource[] = "dm_control/suite/dog.py";

// Another dm_control may have another dog.
std::vector<std::string> FilesOfDog(const EnvironmentOptions& options) {
  return FilesOfModel(ModelOfDog(options).string());
}

}  // namespace

std::vector<EnvironmentInfo> DogTasks() {
  std::vector<EnvironmentInfo> tasks = {
      Task<Stand>("dog_stand", "stand on four legs", kSource),
      Task<Move>("dog_walk", "walk forward as a dog, at 1 m/s", kSource, kWalkSpeed),
      Task<Move>("dog_trot", "trot forward as a dog, at 3 m/s", kSource, kTrotSpeed),
      Task<Move>("dog_run", "run forward as a dog, at 9 m/s", kSource, kRunSpeed),
      Task<Fetch>("dog_fetch", "fetch a thrown ball and bring it to the middle", kSource)};
  for (EnvironmentInfo& task : tasks) task.files = FilesOfDog;
  return tasks;
}

}  // namespace curl_rl::envs::suite
