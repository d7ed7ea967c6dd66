// A MuJoCo task as plain data: what a task file says (experiments/config/task_file.h reads it), or
// what a program fills in itself.
#pragma once

#include <mujoco/mujoco.h>

#include <memory>
#include <string>
#include <vector>

#include "envs/registry.h"
#include "envs/tolerance.h"

namespace curl_rl::envs {

/// Numbers of the simulation, by an element of the model: its name, or its number in the model's
/// order, "0" the first; an actuator also by the joint that it alone drives.
struct Quantity {
  enum class Kind {
    kPosition,     // qpos of a joint: 1, ball 4, free 7
    kVelocity,     // qvel of a joint: 1, ball 3, free 6
    kSensor,       // a sensor's values
    kControl,      // an actuator's control, in its own units: 1
    kPlace,        // a body's place in the world, x y z in metres: 3
    kOrientation,  // a body's rotation matrix, row by row: 9
  };
  static constexpr int kAll = -1;   // component: every one
  static constexpr int kNorm = -2;  // component: one number, the Euclidean length of all

  Kind kind = Kind::kPosition;
  std::string name;  // of the joint, sensor, actuator or body; empty: all joints' (kPosition and
                     // kVelocity only)
  int component = kAll;
};

/// One draw at the start of an episode for every number of `target`, a position or a velocity.
struct StartDraw {
  Quantity target;
  bool normal = false;  // mean `first`, standard deviation `second`; else uniform between them
  double first = 0.0;
  double second = 0.0;
};

/// A part of the reward. Its worth is weight * (least + (1 - least) * value).
struct RewardTerm {
  enum class Kind { kTolerance, kProduct, kSum, kMean, kMin };

  Kind kind = Kind::kTolerance;
  std::vector<RewardTerm> terms;  // of all but kTolerance, whose value is Tolerance(quantity, …)
  Quantity quantity;              // must be one number
  double lower = 0.0;
  double upper = 0.0;
  Falloff falloff;
  double least = 0.0;
  double weight = 1.0;
};

struct ObservationEntry {
  std::string name;
  std::vector<Quantity> quantities;  // one behind the other
};

/// The episode ends, terminated, as soon as the quantity is below `lower` or above `upper`.
struct Bound {
  Quantity quantity;  // must be one number
  double lower = 0.0;
  double upper = 0.0;
};

/// What the action range [-1, 1] means in an actuator's units, instead of the model's ctrlrange.
struct ActionRange {
  std::string actuator;
  double low = -1.0;
  double high = 1.0;
};

struct TaskDescription {
  std::string name;
  std::string description;         // one line
  std::string model;               // MJCF file
  std::string camera;              // seen as camera 0; empty: the model's own camera 0
  double control_timestep = 0.0;   // seconds, a multiple of the model's timestep; 0: that timestep
  double time_limit = 0.0;         // seconds
  std::vector<ActionRange> range;  // actuators not named keep the model's
  std::string keyframe;            // of the model, where an episode starts; empty: qpos0
  std::vector<StartDraw> start;    // in this order; the rest starts as the keyframe or model says
  std::vector<Bound> terminate;    // any of them ends the episode
  std::vector<ObservationEntry> observation;
  RewardTerm reward;
};

/// The index of an element as task files name it (see Quantity). Throws std::invalid_argument if
/// the model has none such, and proposes the nearest name.
int DescribedElement(const mjModel& model, mjtObj type, const std::string& name);

/// How many numbers a quantity is in `model`. Throws std::invalid_argument if the model has no
/// element of its name (and lists those it has) or too few components.
int QuantitySize(const mjModel& model, const Quantity& quantity);

/// Makes the environment. Throws std::invalid_argument for what the model does not have,
/// std::runtime_error if it cannot be loaded.
std::unique_ptr<Environment> MakeDescribed(const TaskDescription& task,
                                           const EnvironmentOptions& options);

}  // namespace curl_rl::envs
