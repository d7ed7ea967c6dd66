// The ball-in-cup task: swing the ball on its string into the cup.
// Figures and formulas: dm_control/suite/ball_in_cup.py.
#include <cmath>
#include <memory>

#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"

namespace curl_rl::envs::suite {
namespace {

class BallInCup final : public MujocoEnvironment {
 public:
  explicit BallInCup(const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/ball_in_cup.xml")),
                          {"ball_in_cup_catch", 0.02, 20.0, {{"position", 4}, {"velocity", 4}}},
                          options),
        target_(ElementId(model(), mjOBJ_SITE, "target")),
        ball_body_(ElementId(model(), mjOBJ_BODY, "ball")),
        ball_geom_(ElementId(model(), mjOBJ_GEOM, "ball")) {}

 private:
  // Draws until the ball touches nothing; qpos is (cup x, cup z, ball x, ball z).
  void InitializeEpisode(NumpyRandom& random) override {
    do {
      mutable_data().qpos[2] = random.Uniform(-0.2, 0.2);
      mutable_data().qpos[3] = random.Uniform(0.2, 0.5);
      ForwardWithoutActuation();
    } while (data().ncon > 0);
  }

  // 1 while the whole ball is inside the target box, seen in the x-z plane.
  double Reward() const override {
    const double* target = data().site_xpos + 3 * target_;
    const double* size = model().site_size + 3 * target_;
    const double* ball = data().xpos + 3 * ball_body_;
    const double radius = model().geom_size[3 * ball_geom_];
    for (int axis : {0, 2}) {
      if (!(std::abs(target[axis] - ball[axis]) < size[axis] - radius)) return 0.0;
    }
    return 1.0;
  }

  void State(std::vector<double>* state) const override {
    state->insert(state->end(), data().qpos, data().qpos + 4);
    state->insert(state->end(), data().qvel, data().qvel + 4);
  }

  int target_;
  int ball_body_;
  int ball_geom_;
};

}  // namespace

std::vector<EnvironmentInfo> BallInCupTasks() {
  return {{"ball_in_cup_catch", "swing a ball on a string into the cup",
           "dm_control/suite/ball_in_cup.py",
           [](const EnvironmentOptions& options) { return std::make_unique<BallInCup>(options); }}};
}

}  // namespace curl_rl::envs::suite
