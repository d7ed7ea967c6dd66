// A task simulated by MuJoCo. A task derives from MujocoEnvironment and says four things: its
// model, its MujocoTask, how an episode starts, and what its reward and state vector are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envs/disturbed_scene.h"
#include "envs/environment.h"
#include "envs/mujoco_model.h"
#include "envs/numpy_random.h"
#include "envs/registry.h"

namespace curl_rl::envs {

class Renderer;

/// What a task fixes besides its model.
struct MujocoTask {
  std::string name;               // for messages
  double control_timestep = 0.0;  // seconds, a multiple of the model's timestep; 0: that timestep
  double time_limit = 0.0;        // seconds; 0: none
  std::vector<StateEntry> state;  // in the order of State()
};

/// Reward and state vector at a given state.
struct Evaluation {
  double reward = 0.0;
  std::vector<double> state;  // [state_size()]
};

/// Step and reset order are those of the DeepMind Control Suite (dm_control's "legacy step"), so
/// that between control steps positions, velocities and the sensors of these stages are current,
/// and the sensors of the acceleration stage (touch, force) are those of the last physics step.
///
/// A physics failure (a warning of MuJoCo, a number that is not finite) ends the episode truncated
/// with reward 0: the state goes back to that before the step, a line on stderr says what happened,
/// and it is counted. Nothing that is not finite is ever returned.
class MujocoEnvironment : public Environment {
 public:
  ~MujocoEnvironment() override;

  const ObservationSpec& observation_spec() const final { return observation_spec_; }
  const ActionSpec& action_spec() const final { return action_spec_; }
  double control_timestep() const final { return physics_steps_ * model_->opt.timestep; }
  int step_limit() const final { return step_limit_; }
  void Reset() final;
  StepResult Step(const std::vector<double>& action) final;
  std::string DrawnBy() const final;
  void Observe(std::uint8_t* pixels) final;
  void ObserveState(double* state) const final;
  std::vector<std::uint8_t> Snapshot() const override;
  void Restore(const std::vector<std::uint8_t>& bytes) override;

  /// Reward and state vector at qpos [nq], qvel [nv], ctrl [nu] (MuJoCo's own units), forward
  /// dynamics computed but no step made: acceleration sensors belong to that very state. The
  /// environment itself stays as it was. Valid after Reset; the model is as that Reset left it.
  /// Throws std::invalid_argument for other sizes or a state that MuJoCo refuses.
  Evaluation EvaluateAt(const std::vector<double>& qpos, const std::vector<double>& qvel,
                        const std::vector<double>& ctrl);

  /// A hand on a body: from the next step on the force that `perturb` says (xfrc_applied, by
  /// mjv_applyPerturbForce), until the next call or Reset; one that is not active is no hand. With
  /// `paused` a free body is put where the hand is at once. For people who watch: an episode with a
  /// hand in it is no episode of the task.
  void Perturb(const mjvPerturb& perturb, bool paused);

  const mjModel& model() const { return *model_; }
  const mjData& data() const { return *data_; }
  const MujocoTask& task() const { return task_; }
  int physics_steps() const { return physics_steps_; }          // per control step
  int physics_failures() const { return physics_failures_; }    // since construction
  const std::string& last_failure() const { return failure_; }  // message of the latest, or ""

  /// How the present frame is to be drawn, for a renderer from outside; null: as it is.
  const FrameDisturbance* disturbance() const { return disturbance_.get(); }

 protected:
  /// Owns `model`. Draws with `options.render` if `options.pixels`. Throws std::invalid_argument if
  /// the control timestep is not a multiple of the model's. `random`: the stream that the episodes
  /// draw from, for a task that has drawn its model from it; else it starts with `options.seed`.
  MujocoEnvironment(ModelPtr model, MujocoTask task, const EnvironmentOptions& options);
  MujocoEnvironment(ModelPtr model, MujocoTask task, const EnvironmentOptions& options,
                    const NumpyRandom& random);

  /// Writes the start of an episode through mutable_data (qpos, qvel, …) and mutable_model. Before,
  /// the data are at the model's reset state, after mj_forward without actuation; afterwards the
  /// same forward is run again. Model fields written here stay until the next reset.
  virtual void InitializeEpisode(NumpyRandom& random) = 0;

  /// The reward of the state in data(), reached by the last control step.
  virtual double Reward() const = 0;

  /// Whether the state in data() ends the episode, with nothing to gain behind it. Not asked in the
  /// last step of the time limit, which truncates.
  virtual bool Terminated() const { return false; }

  /// Appends the state vector of data(), as task().state says.
  virtual void State(std::vector<double>* state) const = 0;

  /// For InitializeEpisode. What stands in the model's arrays and options is part of a Snapshot.
  mjModel& mutable_model() { return *model_; }
  mjData& mutable_data() { return *data_; }

  /// mj_forward with actuation off: how a start is checked for contacts (data().ncon).
  void ForwardWithoutActuation();

  /// `count` physics steps with data().ctrl as it is, in the order of a control step.
  void StepPhysics(int count);

 private:
  // The state that a failed step goes back to.
  struct SoundState {
    double time;
    std::vector<double> qpos, qvel, act, warmstart, sensors;
  };

  std::string Defect(double reward) const;
  StepResult Fail(const std::string& defect);
  std::vector<double> CheckedState() const;
  void RequireReset(const char* what) const;
  void PrepareDisturbance(const EnvironmentOptions& options);

  MujocoTask task_;
  ModelPtr model_;
  DataPtr data_;
  DataPtr scratch_;  // of EvaluateAt
  NumpyRandom random_;
  ObservationSpec observation_spec_;
  ActionSpec action_spec_;
  std::unique_ptr<Renderer> renderer_;             // null: draws nothing
  std::unique_ptr<FrameDisturbance> disturbance_;  // null: drawn as it is
  std::uint32_t disturbance_seed_ = 0;
  std::uint32_t episode_ = 0;  // Resets since construction: which disturbance is drawn
  SoundState sound_;
  int physics_steps_ = 1;
  int step_limit_ = 0;
  int step_ = 0;  // control steps since Reset
  bool started_ = false;
  bool ended_ = false;
  int physics_failures_ = 0;
  std::string failure_;
};

}  // namespace curl_rl::envs
