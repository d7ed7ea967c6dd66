// The swimmer tasks: bring the nose of a snake of 6 or 15 links to a target in the plane.
// Figures and formulas: dm_control/suite/swimmer.py.
#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/local_frame.h"
#include "envs/suite/model_text.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kNear = 0.3, kFar = 2.0;  // metres: where a target is drawn
constexpr double kNearProbability = 0.2;

// The snake with `links` links, the head included. The joints' range shrinks with their number; the
// two cameras that follow it move away in proportion.
ModelPtr LoadSwimmer(int links) {
  std::string segments, motors, sensors;
  const std::string range = std::to_string(360.0 / links);
  for (int i = 1; i < links; ++i) {
    const std::string id = std::to_string(i);
    segments += "<body name=\"segment_" + id + "\" pos=\"0 0.1 0\"><geom class=\"looks\"/>" +
                "<geom class=\"mass\"/><site name=\"" + id + "\"/><joint name=\"" + id +
                "\" range=\"-" + range + " " + range + "\"/>\n";
    motors += "<motor name=\"" + id + "\" joint=\"" + id + "\"/>\n";
    sensors += "<velocimeter site=\"" + id + "\"/><gyro site=\"" + id + "\"/>\n";
  }
  for (int i = 1; i < links; ++i) segments += "</body>";

  ModelText text(ModelPath("suite/swimmer.xml"));
  text.Replace("<!-- segments -->", segments);
  text.Replace("<!-- motors -->", motors);
  text.Replace("<!-- sensors -->", sensors);
  const double scale = links / 6.0;
  const auto place = [&](double x, double y, double z) {
    return "pos=\"" + std::to_string(x * scale) + " " + std::to_string(y * scale) + " " +
           std::to_string(z * scale) + "\"";
  };
  text.Replace("pos=\"0 -0.2 0.5\"", place(0.0, -0.2, 0.5));
  text.Replace("pos=\"-0.9 0.5 0.15\"", place(-0.9, 0.5, 0.15));
  return text.Load();
}

class Swimmer final : public MujocoEnvironment {
 public:
  Swimmer(const std::string& name, int links, const EnvironmentOptions& options)
      : MujocoEnvironment(
            LoadSwimmer(links),
            {name,
             0.03,
             30.0,
             {{"joints", links - 1}, {"to_target", 2}, {"body_velocities", 3 * links}}},
            options),
        links_(links),
        head_(ElementId(model(), mjOBJ_BODY, "head")),
        nose_(ElementId(model(), mjOBJ_GEOM, "nose")),
        target_(ElementId(model(), mjOBJ_GEOM, "target")),
        target_light_(ElementId(model(), mjOBJ_LIGHT, "target_light")),
        velocities_(SensorAddress(model(), "velocity")) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    RandomizeJoints(model(), mutable_data(), random);
    const double box = random.Uniform() < kNearProbability ? kNear : kFar;
    for (int axis = 0; axis < 2; ++axis) {
      const double place = random.Uniform(-box, box);
      mutable_model().geom_pos[3 * target_ + axis] = place;
      mutable_model().light_pos[3 * target_light_ + axis] = place;
    }
  }

  double Reward() const override {
    const auto [x, y] = NoseToTarget();
    const double radius = model().geom_size[3 * target_];
    return Tolerance(std::sqrt(x * x + y * y), 0.0, radius, {5 * radius, 0.1, Sigmoid::kLongTail});
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos + 3, data().qpos + model().nq);
    const auto to_target = NoseToTarget();
    state->insert(state->end(), to_target.begin(), to_target.end());
    // Of each link in its own frame: velocity along x and y, rotation about z.
    for (int link = 0; link < links_; ++link) {
      const double* velocity = data().sensordata + velocities_ + 6 * link;
      state->insert(state->end(), {velocity[0], velocity[1], velocity[5]});
    }
  }

  // In the head's frame, x and y.
  std::array<double, 2> NoseToTarget() const {
    double world[3], local[3];
    mju_sub3(world, data().geom_xpos + 3 * target_, data().geom_xpos + 3 * nose_);
    ToLocal(local, world, data().xmat + 9 * head_);
    return {local[0], local[1]};
  }

  int links_;
  int head_;
  int nose_;
  int target_;
  int target_light_;
  int velocities_;  // six numbers a link
};

constexpr char kSource[] = "dm_control/suite/swimmer.py";

}  // namespace

std::vector<EnvironmentInfo> SwimmerTasks() {
  return {
      Task<Swimmer>("swimmer_swimmer6", "swim to a target as a snake of 6 links", kSource, 6),
      Task<Swimmer>("swimmer_swimmer15", "swim to a target as a snake of 15 links", kSource, 15)};
}

}  // namespace curl_rl::envs::suite
