// MuJoCo's C handles with owners, loading, names to indices, warnings. What differs between MuJoCo
// 2.2 and 3.x is in mujoco_model.cpp and mujoco_snapshot.cpp, and nowhere else.
#pragma once

#include <mujoco/mujoco.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace curl_rl::envs {

struct ModelDeleter {
  void operator()(mjModel* model) const { mj_deleteModel(model); }
};
struct DataDeleter {
  void operator()(mjData* data) const { mj_deleteData(data); }
};
using ModelPtr = std::unique_ptr<mjModel, ModelDeleter>;
using DataPtr = std::unique_ptr<mjData, DataDeleter>;

/// MuJoCo could not have the memory that it asked for: no fault of the model's.
class OutOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Compiles the MJCF file `path`. MuJoCo 2.2 draws the stars of the sky with C's rand(): it is
/// seeded with 1 first, so that a model always looks the same. Throws std::runtime_error with
/// MuJoCo's message (file, line) if the file is missing or wrong, OutOfMemory.
ModelPtr LoadModel(const std::string& path);

/// The same for the MJCF `text`; a file that it includes is the one of that name in `folder`.
/// `includes` lists the names of those files. `name` stands for the text in messages.
ModelPtr LoadModelText(const std::string& text, const std::string& name, const std::string& folder,
                       const std::vector<std::string>& includes);

/// Simulation data of `model`, at its reset state.
DataPtr MakeData(const mjModel& model);

/// The index of a named element. Throws std::invalid_argument that proposes the nearest name.
int ElementId(const mjModel& model, mjtObj type, const std::string& name);

/// The first of a named sensor's values in mjData.sensordata. Errors as ElementId.
int SensorAddress(const mjModel& model, const std::string& name);

/// What MuJoCo found wrong since the last reset of `data` (bad or too many numbers; drawing does
/// not count): the first warning's text, or "".
std::string PhysicsWarning(const mjData& data);

/// From the first model loaded on, MuJoCo's errors are thrown as std::runtime_error, where MuJoCo
/// would end the program, and its warnings go to stderr, not to a file MUJOCO_LOG.TXT; a handler
/// that the program has set itself is left alone. While an object of this class lives, its thread's
/// warnings are not printed: PhysicsWarning tells them.
class QuietWarnings {
 public:
  QuietWarnings();
  ~QuietWarnings();
  QuietWarnings(const QuietWarnings&) = delete;
  QuietWarnings& operator=(const QuietWarnings&) = delete;
};

}  // namespace curl_rl::envs
