// The stacker tasks: bring one of two or four boxes to a height that only a stack reaches, and let
// go. Figures and formulas: dm_control/suite/stacker.py.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "envs/model_path.h"
#include "envs/suite/model_text.h"
#include "envs/suite/planar_arm.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr int kMostBoxes = 4;
constexpr double kHandOff = 0.1;  // metres from the target that the hand shall keep
constexpr double kHandMargin = 0.01;

ModelPtr LoadStacker(int boxes) {
  ModelText text(ModelPath("suite/stacker.xml"));
  for (int i = boxes; i < kMostBoxes; ++i) text.Remove("body", "box" + std::to_string(i));
  return text.Load();
}

class Stacker final : public PlanarArm {
 public:
  Stacker(const std::string& name, int boxes, const EnvironmentOptions& options)
      : PlanarArm(LoadStacker(boxes), name,
                  {{"box_pos", 4 * boxes}, {"box_vel", 3 * boxes}, {"target_pos", 2}}, options),
        target_body_(Body("target")),
        target_site_(Site("target")),
        size_(model().geom_size[3 * ElementId(model(), mjOBJ_GEOM, "target")]) {
    for (int i = 0; i < boxes; ++i) {
      const std::string box = "box" + std::to_string(i);
      boxes_.push_back(
          {Body(box), Site(box), Joint(box + "_x"), Joint(box + "_y"), Joint(box + "_z")});
    }
  }

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    do {
      RandomizeArm(random);
      const auto below = random.Integer(static_cast<std::uint32_t>(boxes_.size()));
      double* target = mutable_model().body_pos + 3 * target_body_;
      target[2] = size_ * (2 * below + 1);
      target[0] = random.Uniform(-0.37, 0.37);
      for (const Box& box : boxes_) {
        Position(box.x) = random.Uniform(0.1, 0.3);
        Position(box.z) = random.Uniform(0.0, 0.7);
        Position(box.y) = random.Uniform(0.0, 2 * mjPI);
      }
      ForwardWithoutActuation();
    } while (data().ncon > 0);
  }

  double Reward() const override {
    double nearest = kInfinity;
    for (const Box& box : boxes_) nearest = std::min(nearest, Distance(box.site, target_site_));
    const double placed = Tolerance(nearest, 0.0, 0.0, {2 * size_});
    return placed * Tolerance(Distance(grasp_, target_site_), kHandOff, kInfinity, {kHandMargin});
  }

  void State(std::vector<double>* state) const override {
    PlanarArm::State(state);
    for (const Box& box : boxes_) AppendPose(box.body, state);
    for (const Box& box : boxes_) {
      state->insert(state->end(), {Velocity(box.x), Velocity(box.y), Velocity(box.z)});
    }
    const double* target = data().xpos + 3 * target_body_;
    state->insert(state->end(), {target[0], target[2]});
  }

  struct Box {
    int body, site;
    int x, y, z;  // joints; y: the rotation
  };
  std::vector<Box> boxes_;
  int target_body_;
  int target_site_;
  double size_;  // half a box's edge, metres
};

constexpr char kSource[] = "dm_control/suite/stacker.py";

}  // namespace

std::vector<EnvironmentInfo> StackerTasks() {
  return {
      Task<Stacker>("stacker_stack_2", "put one of two boxes where a stack puts it", kSource, 2),
      Task<Stacker>("stacker_stack_4", "put one of four boxes where a stack puts it", kSource, 4)};
}

}  // namespace curl_rl::envs::suite
