// A plug-in: a MuJoCo task in a shared library, for a program that knows nothing of it.
//   curl-rl envs roll_ball --plugin build/roll_ball.so --check
//   curl-rl train roll_ball.yaml
#include "envs/mujoco_environment.h"
#include "envs/plugin.h"
#include "envs/tolerance.h"

namespace {

using namespace curl_rl::envs;

// A ball that is pushed along a track and should roll to the flag.
constexpr char kModel[] = R"(
<mujoco model="roll_ball">
  <option timestep="0.01"><flag contact="disable"/></option>
  <worldbody>
    <light pos="0 0 4"/>
    <camera name="side" pos="0 -3 0.6" xyaxes="1 0 0 0 0.1 1"/>
    <geom name="track" type="box" size="1.2 0.2 0.02" rgba="0.4 0.5 0.4 1"/>
    <geom name="flag" type="cylinder" size="0.02 0.3" pos="0.8 0.15 0.3" rgba="0.8 0.2 0.2 1"/>
    <body name="ball" pos="0 0 0.12">
      <joint name="slide" type="slide" axis="1 0 0" limited="true" range="-1 1" damping="0.2"/>
      <geom type="sphere" size="0.1" mass="1" rgba="0.9 0.7 0.2 1"/>
    </body>
  </worldbody>
  <actuator><motor name="push" joint="slide" gear="2" ctrllimited="true" ctrlrange="-1 1"/></actuator>
</mujoco>)";

class RollBall final : public MujocoEnvironment {
 public:
  explicit RollBall(const EnvironmentOptions& options)
      : MujocoEnvironment(LoadModelText(kModel, "roll_ball.xml", ".", {}),
                          {"roll_ball", 0.02, 5.0, {{"position", 1}, {"velocity", 1}}}, options) {}

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    mutable_data().qpos[0] = random.Uniform(-0.8, 0.0);
  }
  double Reward() const override {
    return Tolerance(data().qpos[0], 0.75, 0.85, {1.8, 0.0, Sigmoid::kLinear});
  }
  void State(std::vector<double>* state) const override {
    state->push_back(data().qpos[0]);
    state->push_back(data().qvel[0]);
  }
};

std::vector<EnvironmentInfo> Tasks() {
  return {{"roll_ball", "push a ball to the flag", "this example",
           [](const EnvironmentOptions& options) { return std::make_unique<RollBall>(options); }}};
}

}  // namespace

CURL_RL_PLUGIN(Tasks)
