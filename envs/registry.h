// The list of environments: names to factories. Built-in tasks are listed in registry.cpp; a user's
// program or plug-in adds its own with Register.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envs/disturbances.h"
#include "envs/environment.h"

namespace curl_rl::envs {

/// How frames are drawn. The defaults give the pixels of the DeepMind Control Suite.
struct RenderOptions {
  int camera_id = 0;       // index in the model
  int samples = 4;         // multisampling, 0: off
  int slices = 28;         // tessellation of round shapes about their axis, at least 3
  int stacks = 16;         // and along it, at least 2
  int shadow_size = 2048;  // shadow map, texels a side
  bool shadows = true;
  bool reflections = true;
};

/// How an environment that Python hosts is run (envs/python/); the others take no notice.
struct PythonOptions {
  std::string program;       // interpreter; without a '/' looked for in PATH; empty: python3
  double time_limit = 60.0;  // seconds for any one answer: a step, a reset, the start
  bool resize = false;       // frames of another size than image_size; false: they are refused
};

/// What every factory is given.
struct EnvironmentOptions {
  std::uint32_t seed = 1;  // of the environment's own random stream
  bool pixels = true;      // false: no renderer is made and the spec has no pixels
  int image_size = 100;    // height and width of a frame
  RenderOptions render;
  PythonOptions python;
  Disturbances disturbances;  // of the frames; refused by Make where MuJoCo draws none
  std::shared_ptr<const Backdrop> backdrop;  // of disturbances that have files
};

using Factory = std::function<std::unique_ptr<Environment>(const EnvironmentOptions&)>;

/// What is known of a task without making it.
struct EnvironmentInfo {
  std::string name;         // snake_case, e.g. "cartpole_swingup"
  std::string description;  // one line
  std::string source;       // where the task's definition comes from
  Factory factory;
  // Its environments share something that only one thread may touch at a time (a library with
  // global state): several that play side by side (config keys `environments`,
  // `eval_environments`) then take turns in one thread.
  bool one_thread = false;
  // The files outside this program that decide the task; null: none.
  std::function<std::vector<std::string>(const EnvironmentOptions&)> files = nullptr;
};

/// Adds an environment. Throws std::invalid_argument if the name is taken, empty or not snake_case.
void Register(EnvironmentInfo info);

/// Every environment, built-in ones first, in the order of registration.
const std::vector<EnvironmentInfo>& Environments();

/// The environment `name`. Throws std::invalid_argument that proposes the nearest name and lists
/// all.
const EnvironmentInfo& Find(const std::string& name);

/// Find(name).factory(options). Throws std::invalid_argument if disturbances are asked for and the
/// task is not MuJoCo's, whose scene is what they change.
std::unique_ptr<Environment> Make(const std::string& name, const EnvironmentOptions& options);

}  // namespace curl_rl::envs
