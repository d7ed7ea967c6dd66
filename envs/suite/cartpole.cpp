// The cartpole tasks: balance one pole, or swing up one, two or three hung on each other, by moving
// the cart. Figures and formulas: dm_control/suite/cartpole.py.
#include <algorithm>
#include <memory>

#include "envs/model_path.h"
#include "envs/mujoco_environment.h"
#include "envs/suite/model_text.h"
#include "envs/suite/suite.h"
#include "envs/tolerance.h"

namespace curl_rl::envs::suite {
namespace {

constexpr double kCartRange = 0.25;       // metres about the middle that the sparse reward allows
constexpr double kUprightCosine = 0.995;  // least cosine of a pole that it calls upright

struct Variant {
  const char* name;
  const char* description;
  int poles;
  bool swing_up;  // start hanging instead of nearly upright
  bool sparse;
};

constexpr Variant kVariants[] = {
    {"cartpole_balance", "keep a pole upright on a cart", 1, false, false},
    {"cartpole_balance_sparse", "the same, rewarded when upright in the middle only", 1, false,
     true},
    {"cartpole_swingup", "swing a pole up and keep it upright", 1, true, false},
    {"cartpole_swingup_sparse", "the same, rewarded when upright in the middle only", 1, true,
     true},
    {"cartpole_two_poles", "swing up two poles, one on the other", 2, true, false},
    {"cartpole_three_poles", "swing up three poles, each on the one before", 3, true, false}};

// The model with more poles: each hangs on the end of the one before, the floor is lowered and the
// cameras move back.
ModelPtr LoadCartpole(int poles) {
  ModelText text(ModelPath("suite/cartpole.xml"));
  if (poles == 1) return text.Load();

  const std::string first = "<joint name=\"hinge_1\"/>\n        <geom name=\"pole_1\"/>\n";
  std::string nested = first;
  for (int i = 2; i <= poles; ++i) {
    const std::string number = std::to_string(i);
    nested += "<body name=\"pole_" + number + "\" pos=\"0 0 1\"><joint name=\"hinge_" + number +
              "\"/><geom name=\"pole_" + number + "\"/>\n";
  }
  for (int i = 2; i <= poles; ++i) nested += "</body>\n";
  text.Replace(first, nested);
  const auto position = [](int y, const char* z) { return "0 " + std::to_string(y) + z; };
  text.Replace("pos=\"0 0 -0.05\"", "pos=\"0 0 " + std::to_string(1 - poles) + ".05\"");
  text.Replace("pos=\"0 -4 1\"", "pos=\"" + position(-1 - 2 * poles, " 1") + "\"");
  text.Replace("pos=\"0 -2 2\"", "pos=\"" + position(-2 * poles, " 2") + "\"");
  return text.Load();
}

class Cartpole final : public MujocoEnvironment {
 public:
  Cartpole(const Variant& variant, const EnvironmentOptions& options)
      : MujocoEnvironment(LoadCartpole(variant.poles),
                          {variant.name,
                           0.01,
                           10.0,
                           {{"position", 1 + 2 * variant.poles}, {"velocity", 1 + variant.poles}}},
                          options),
        variant_(variant),
        first_pole_(ElementId(model(), mjOBJ_BODY, "pole_1")) {}

 private:
  // Coordinates: the cart's place (metres), then each pole's angle to the one before (0: in line).
  void InitializeEpisode(NumpyRandom& random) override {
    double* qpos = mutable_data().qpos;
    if (variant_.swing_up) {
      qpos[0] = 0.01 * random.Normal();
      qpos[1] = mjPI + 0.01 * random.Normal();
      for (int i = 2; i < model().nq; ++i) qpos[i] = 0.1 * random.Normal();
    } else {
      qpos[0] = random.Uniform(-0.1, 0.1);
      for (int i = 1; i < model().nq; ++i) qpos[i] = random.Uniform(-0.034, 0.034);
    }
    for (int i = 0; i < model().nv; ++i) mutable_data().qvel[i] = 0.01 * random.Normal();
  }

  double Reward() const override { return variant_.sparse ? SparseReward() : SmoothReward(); }

  double SparseReward() const {
    double reward = Tolerance(data().qpos[0], -kCartRange, kCartRange);
    for (int i = 0; i < variant_.poles; ++i) {
      reward *= Tolerance(Cosine(i), kUprightCosine, 1.0);
    }
    return reward;
  }

  double SmoothReward() const {
    double upright = 0.0;
    double slow = 1.0;  // of the fastest pole
    for (int i = 0; i < variant_.poles; ++i) {
      upright += (Cosine(i) + 1) / 2;
      slow = std::min(slow, Tolerance(data().qvel[1 + i], 0.0, 0.0, {5.0}));
    }
    upright /= variant_.poles;
    const double centered = (1 + Tolerance(data().qpos[0], 0.0, 0.0, {2.0})) / 2;
    const double small_control =
        (4 + Tolerance(data().ctrl[0], 0.0, 0.0, {1.0, 0.0, Sigmoid::kQuadratic})) / 5;
    return upright * small_control * ((1 + slow) / 2) * centered;
  }

  void State(std::vector<double>* state) const override {
    state->push_back(data().qpos[0]);
    for (int i = 0; i < variant_.poles; ++i) state->insert(state->end(), {Cosine(i), Sine(i)});
    state->insert(state->end(), data().qvel, data().qvel + model().nv);
  }

  // Of pole i's angle to the vertical: z and x of its z axis.
  double Cosine(int i) const { return data().xmat[9 * (first_pole_ + i) + 8]; }
  double Sine(int i) const { return data().xmat[9 * (first_pole_ + i) + 2]; }

  const Variant& variant_;
  int first_pole_;
};

}  // namespace

std::vector<EnvironmentInfo> CartpoleTasks() {
  std::vector<EnvironmentInfo> tasks;
  for (const Variant& variant : kVariants) {
    tasks.push_back({variant.name, variant.description, "dm_control/suite/cartpole.py",
                     [&variant](const EnvironmentOptions& options) {
                       return std::make_unique<Cartpole>(variant, options);
                     }});
  }
  return tasks;
}

}  // namespace curl_rl::envs::suite
