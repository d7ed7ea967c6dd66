// The control step of a MuJoCo task: reset, physics steps, reward, observation, snapshots.
#include "envs/mujoco_environment.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "envs/mujoco_snapshot.h"
#include "envs/renderer.h"
#include "envs/snapshot_bytes.h"

namespace curl_rl::envs {
namespace {

bool AllFinite(const double* values, int size) {
  return std::all_of(values, values + size, [](double value) { return std::isfinite(value); });
}

// Beyond these a step, or an episode, would hardly ever end.
constexpr double kMostPhysicsSteps = 1e5;  // a control step
constexpr double kMostControlSteps = 1e7;  // an episode

int PhysicsStepsPerControlStep(const MujocoTask& task, double timestep) {
  if (!(timestep > 0.0) || !std::isfinite(timestep)) {
    throw std::invalid_argument(task.name + ": the model's timestep must be above 0 s and finite");
  }
  if (task.control_timestep == 0.0) return 1;
  const double ratio = task.control_timestep / timestep;
  if (!(ratio <= kMostPhysicsSteps)) {
    throw std::invalid_argument(task.name + ": control timestep " +
                                std::to_string(task.control_timestep) +
                                " s is more than 100000 of the model's timesteps");
  }
  const int steps = static_cast<int>(std::lround(ratio));
  if (steps < 1 || std::abs(ratio - steps) > 1e-6 * steps) {
    throw std::invalid_argument(
        task.name + ": control timestep " + std::to_string(task.control_timestep) +
        " s is not a multiple of the model's timestep " + std::to_string(timestep) + " s");
  }
  return steps;
}

// A component of an action, [-1, 1], in the actuator's units. The usual range is passed on as it
// is: the arithmetic would cost the last digits.
double Control(const mjModel& model, int actuator, double action) {
  const double* range = model.actuator_ctrlrange + 2 * actuator;
  if (model.actuator_ctrllimited[actuator] == 0) return action;
  if (range[0] == -1.0 && range[1] == 1.0) return action;
  return (action + 1.0) / 2.0 * (range[1] - range[0]) + range[0];
}

}  // namespace

MujocoEnvironment::MujocoEnvironment(ModelPtr model, MujocoTask task,
                                     const EnvironmentOptions& options)
    : MujocoEnvironment(std::move(model), std::move(task), options, NumpyRandom(options.seed)) {}

MujocoEnvironment::MujocoEnvironment(ModelPtr model, MujocoTask task,
                                     const EnvironmentOptions& options, const NumpyRandom& random)
    : task_(std::move(task)),
      model_(std::move(model)),
      data_(MakeData(*model_)),
      random_(random),
      disturbance_seed_(options.seed),
      physics_steps_(PhysicsStepsPerControlStep(task_, model_->opt.timestep)) {
  action_spec_.size = model_->nu;
  observation_spec_.state = task_.state;
  if (task_.time_limit > 0.0) {
    // An episode ends with the first step that reaches the limit; the slack is rounding.
    const double steps = std::ceil(task_.time_limit / control_timestep() - 1e-6);
    if (!(steps <= kMostControlSteps)) {
      throw std::invalid_argument(
          task_.name + ": a time limit of " + std::to_string(task_.time_limit) +
          " s is more than 10000000 control steps of " + std::to_string(control_timestep()) + " s");
    }
    step_limit_ = std::max(1, static_cast<int>(steps));
  }
  PrepareDisturbance(options);
  if (!options.pixels) return;
  observation_spec_.height = observation_spec_.width = options.image_size;
  observation_spec_.channels = 3;
  renderer_ =
      std::make_unique<Renderer>(*model_, options.render, options.image_size, options.image_size);
}

MujocoEnvironment::~MujocoEnvironment() = default;

void MujocoEnvironment::PrepareDisturbance(const EnvironmentOptions& options) {
  const Disturbances& kinds = options.disturbances;
  if (!kinds.any()) return;
  const bool from_files = kinds.pictures != Strength::kNone || kinds.video != Strength::kNone;
  if (from_files && (options.backdrop == nullptr || options.backdrop->clips.empty())) {
    throw std::invalid_argument(task_.name + ": the background has no pictures");
  }
  disturbance_ = std::make_unique<FrameDisturbance>();
  disturbance_->kinds = kinds;
  if (from_files) disturbance_->backdrop = options.backdrop;
  disturbance_->camera_id = options.render.camera_id;
}

void MujocoEnvironment::RequireReset(const char* what) const {
  if (!started_) throw std::logic_error(task_.name + ": " + what + " before Reset");
}

void MujocoEnvironment::ForwardWithoutActuation() {
  const int flags = model_->opt.disableflags;
  model_->opt.disableflags |= mjDSBL_ACTUATION;
  mj_forward(model_.get(), data_.get());
  model_->opt.disableflags = flags;
}

void MujocoEnvironment::StepPhysics(int count) {
  // The second half of the first step is left over from before; the first half of the last one
  // makes positions and velocities current. RK4 cannot be halved.
  if (model_->opt.integrator == mjINT_RK4) {
    for (int i = 0; i < count; ++i) mj_step(model_.get(), data_.get());
  } else {
    mj_step2(model_.get(), data_.get());
    for (int i = 1; i < count; ++i) mj_step(model_.get(), data_.get());
  }
  mj_step1(model_.get(), data_.get());
}

void MujocoEnvironment::Reset() {
  const QuietWarnings quiet;
  started_ = false;
  mj_resetData(model_.get(), data_.get());
  ForwardWithoutActuation();
  InitializeEpisode(random_);
  ForwardWithoutActuation();
  const std::string defect = Defect(0.0);
  if (!defect.empty()) {
    throw std::runtime_error(task_.name + ": bad start of an episode: " + defect);
  }
  started_ = true;
  ended_ = false;
  step_ = 0;
  ++episode_;
  if (disturbance_ == nullptr) return;
  disturbance_->drawn =
      DrawDisturbance(*disturbance_, *model_, *data_, disturbance_seed_, episode_);
  disturbance_->step = 0;
}

StepResult MujocoEnvironment::Step(const std::vector<double>& action) {
  RequireReset("Step");
  if (ended_) throw std::logic_error(task_.name + ": Step after the episode's last step");
  CheckAction(action_spec_, action);

  // 1. Remember the state, should this step fail.
  const mjModel& m = *model_;
  mjData& d = *data_;
  sound_.time = d.time;
  sound_.qpos.assign(d.qpos, d.qpos + m.nq);
  sound_.qvel.assign(d.qvel, d.qvel + m.nv);
  sound_.act.assign(d.act, d.act + m.na);
  sound_.warmstart.assign(d.qacc_warmstart, d.qacc_warmstart + m.nv);
  sound_.sensors.assign(d.sensordata, d.sensordata + m.nsensordata);

  // 2. Simulate.
  const QuietWarnings quiet;
  for (int i = 0; i < m.nu; ++i) d.ctrl[i] = Control(m, i, action[i]);
  ++step_;
  if (disturbance_ != nullptr) disturbance_->step = step_;
  try {
    StepPhysics(physics_steps_);
  } catch (const OutOfMemory&) {
    throw;
  } catch (const std::runtime_error& error) {  // MuJoCo's own: see QuietWarnings
    return Fail(error.what());
  }

  // 3. Judge.
  const double reward = Reward();
  const std::string defect = Defect(reward);
  if (!defect.empty()) return Fail(defect);
  StepResult result;
  result.reward = reward;
  result.truncated = step_limit_ > 0 && step_ >= step_limit_;
  result.terminated = !result.truncated && Terminated();
  ended_ = result.last();
  return result;
}

std::string MujocoEnvironment::Defect(double reward) const {
  std::string warning = PhysicsWarning(*data_);
  if (!warning.empty()) return warning;
  if (!AllFinite(data_->qpos, model_->nq)) return "qpos is not finite";
  if (!AllFinite(data_->qvel, model_->nv)) return "qvel is not finite";
  if (!std::isfinite(reward)) return "the reward is not finite";
  const std::vector<double> state = CheckedState();
  if (!AllFinite(state.data(), static_cast<int>(state.size()))) return "the state is not finite";
  return "";
}

StepResult MujocoEnvironment::Fail(const std::string& defect) {
  ++physics_failures_;
  failure_ = task_.name + ": physics failed at control step " + std::to_string(step_) +
             " of an episode, which ends here: " + defect;
  std::cerr << failure_ << std::endl;

  mjData& d = *data_;
  mj_resetData(model_.get(), &d);  // clears the warnings too
  d.time = sound_.time;
  std::copy(sound_.qpos.begin(), sound_.qpos.end(), d.qpos);
  std::copy(sound_.qvel.begin(), sound_.qvel.end(), d.qvel);
  std::copy(sound_.act.begin(), sound_.act.end(), d.act);
  std::copy(sound_.warmstart.begin(), sound_.warmstart.end(), d.qacc_warmstart);
  ForwardWithoutActuation();
  std::copy(sound_.sensors.begin(), sound_.sensors.end(), d.sensordata);
  ended_ = true;
  StepResult result;
  result.truncated = true;
  return result;
}

std::string MujocoEnvironment::DrawnBy() const {
  return renderer_ == nullptr ? Environment::DrawnBy() : renderer_->gl().Describe();
}

void MujocoEnvironment::Observe(std::uint8_t* pixels) {
  RequireReset("Observe");
  if (renderer_ == nullptr) {
    throw std::logic_error(task_.name + ": Observe, but it was made without pixels");
  }
  renderer_->Render(*data_, pixels, disturbance_.get());
}

std::vector<double> MujocoEnvironment::CheckedState() const {
  std::vector<double> state;
  state.reserve(observation_spec_.state_size());
  State(&state);
  if (state.size() != static_cast<std::size_t>(observation_spec_.state_size())) {
    throw std::logic_error(task_.name + ": the state vector has " + std::to_string(state.size()) +
                           " numbers, its spec says " +
                           std::to_string(observation_spec_.state_size()));
  }
  return state;
}

void MujocoEnvironment::ObserveState(double* state) const {
  RequireReset("ObserveState");
  if (observation_spec_.state.empty()) {
    throw std::logic_error(task_.name + ": ObserveState, but it has no state vector");
  }
  const std::vector<double> values = CheckedState();
  std::copy(values.begin(), values.end(), state);
}

Evaluation MujocoEnvironment::EvaluateAt(const std::vector<double>& qpos,
                                         const std::vector<double>& qvel,
                                         const std::vector<double>& ctrl) {
  RequireReset("EvaluateAt");
  const auto check = [](const char* name, const std::vector<double>& values, int size) {
    if (values.size() == static_cast<std::size_t>(size) && AllFinite(values.data(), size)) return;
    throw std::invalid_argument(std::string(name) + " must be " + std::to_string(size) +
                                " finite numbers, got " + std::to_string(values.size()));
  };
  check("qpos", qpos, model_->nq);
  check("qvel", qvel, model_->nv);
  check("ctrl", ctrl, model_->nu);

  if (scratch_ == nullptr) scratch_ = MakeData(*model_);
  mj_copyData(scratch_.get(), model_.get(), data_.get());
  std::copy(qpos.begin(), qpos.end(), scratch_->qpos);
  std::copy(qvel.begin(), qvel.end(), scratch_->qvel);
  std::copy(ctrl.begin(), ctrl.end(), scratch_->ctrl);

  const QuietWarnings quiet;
  Evaluation evaluation;
  data_.swap(scratch_);  // Reward and State read data()
  std::string defect;
  try {
    mj_forward(model_.get(), data_.get());
    evaluation.reward = Reward();
    evaluation.state = CheckedState();
    defect = Defect(evaluation.reward);
  } catch (...) {
    data_.swap(scratch_);
    throw;
  }
  data_.swap(scratch_);
  if (!defect.empty()) throw std::invalid_argument("this state cannot be evaluated: " + defect);
  return evaluation;
}

void MujocoEnvironment::Perturb(const mjvPerturb& perturb, bool paused) {
  RequireReset("Perturb");
  mju_zero(data_->xfrc_applied, 6 * model_->nbody);
  mjv_applyPerturbPose(model_.get(), data_.get(), &perturb, paused ? 1 : 0);
  mjv_applyPerturbForce(model_.get(), data_.get(), &perturb);
  if (paused && perturb.active != 0) ForwardWithoutActuation();
}

std::vector<std::uint8_t> MujocoEnvironment::Snapshot() const {
  SnapshotWriter writer;
  writer.Write(random_);
  writer.Write(step_);
  writer.Write(started_);
  writer.Write(ended_);
  if (disturbance_ != nullptr) {
    writer.Write(disturbance_seed_);
    writer.Write(episode_);
    writer.Write(disturbance_->drawn);
  }
  WriteSimulation(*model_, *data_, writer);
  return writer.Take();
}

void MujocoEnvironment::Restore(const std::vector<std::uint8_t>& bytes) {
  // Sizes and header first, so that wrong bytes change nothing.
  const std::vector<std::uint8_t> like = Snapshot();
  if (bytes.size() != like.size()) {
    throw std::runtime_error(task_.name + ": a snapshot of this environment has " +
                             std::to_string(like.size()) + " bytes, got " +
                             std::to_string(bytes.size()));
  }
  SnapshotReader reader(bytes);
  const auto random = reader.Read<NumpyRandom>();
  const auto step = reader.Read<int>();
  const auto started = reader.ReadFlag();
  const auto ended = reader.ReadFlag();
  auto disturbance_seed = disturbance_seed_;
  auto episode = episode_;
  DrawnDisturbance drawn;
  if (disturbance_ != nullptr) {
    disturbance_seed = reader.Read<std::uint32_t>();
    episode = reader.Read<std::uint32_t>();
    drawn = reader.Read<DrawnDisturbance>();
  }
  if (!random.IsValid() || step < 0 || !IsValid(drawn)) {
    throw std::runtime_error(task_.name + ": the snapshot is of no episode");
  }
  ReadSimulation(*model_, *data_, reader);
  random_ = random;
  step_ = step;
  started_ = started;
  ended_ = ended;
  if (disturbance_ == nullptr) return;
  disturbance_seed_ = disturbance_seed;
  episode_ = episode;
  disturbance_->drawn = drawn;
  disturbance_->step = step;
}

}  // namespace curl_rl::envs
