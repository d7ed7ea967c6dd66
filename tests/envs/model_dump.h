// A compiled model as lines of text, the form of tests/golden/dmc/<domain>.txt.
#pragma once

#include <mujoco/mujoco.h>

#include <string>
#include <vector>

namespace curl_rl::envs {

/// Every field that matters for dynamics and pixels, a line an element, without names: doubles with
/// 17 digits, floats with 9, textures as FNV-1a hashes of their texels.
std::vector<std::string> DumpModel(const mjModel& model);

/// 1000 physics steps from the reset state with random controls, the state every 100 steps.
std::vector<std::string> DumpRollout(const mjModel& model, mjData& data);

}  // namespace curl_rl::envs
