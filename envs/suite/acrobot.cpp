// The acrobot tasks: bring the tip of two links to the target above, driving the elbow only.
// Figures and formulas: dm_control/suite/acrobot.py.
#include <memory>

#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

class Acrobot final : public MujocoEnvironment {
 public:
  // `margin`: metres outside the target within which there is some reward.
  Acrobot(const std::string& name, double margin, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModel(ModelPath("suite/acrobot.xml")),
                          {name, 0.01, 10.0, {{"orientations", 4}, {"velocity", 2}}}, options),
        margin_(margin),
        upper_arm_(ElementId(model(), mjOBJ_BODY, "upper_arm")),
        lower_arm_(ElementId(model(), mjOBJ_BODY, "lower_arm")),
        tip_(ElementId(model(), mjOBJ_SITE, "tip")),
        target_(ElementId(model(), mjOBJ_SITE, "target")) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    for (int joint = 0; joint < 2; ++joint) {
      mutable_data().qpos[joint] = random.Uniform(-mjPI, mjPI);
    }
  }

  double Reward() const override {
    const double distance = mju_dist3(data().site_xpos + 3 * tip_, data().site_xpos + 3 * target_);
    return Tolerance(distance, 0.0, model().site_size[3 * target_], {margin_});
  }

  // Sines, then cosines, of the links' angles to the vertical (x and z of their z axes).
  void State(std::vector<double>* state) const override {
    const double* upper = data().xmat + 9 * upper_arm_;
    const double* lower = data().xmat + 9 * lower_arm_;
    state->insert(state->end(), {upper[2], lower[2], upper[8], lower[8]});
    state->insert(state->end(), data().qvel, data().qvel + 2);
  }

  double margin_;
  int upper_arm_;
  int lower_arm_;
  int tip_;
  int target_;
};

constexpr char kSource[] = "dm_control/suite/acrobot.py";

}  // namespace

std::vector<EnvironmentInfo> AcrobotTasks() {
  return {Task<Acrobot>("acrobot_swingup", "bring the tip of two links up, driven at the elbow",
                        kSource, 1.0),
          Task<Acrobot>("acrobot_swingup_sparse", "the same, rewarded inside the target only",
                        kSource, 0.0)};
}

}  // namespace curl_rl::envs::suite
