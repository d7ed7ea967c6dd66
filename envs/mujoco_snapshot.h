// The bytes of a simulation: what the future of a model and its data depends on.
#pragma once

#include <mujoco/mujoco.h>

#include "envs/snapshot_bytes.h"

namespace curl_rl::envs {

/// Writes the model's options and arrays (a task may change them at a reset; textures and meshes,
/// that is arrays above 1 MiB, are taken to be constant) and the data's state, controls, warm start
/// and sensors. Always as many bytes for the same model.
void WriteSimulation(const mjModel& model, const mjData& data, SnapshotWriter& writer);

/// The reverse, for the same model compiled again; then positions and velocities are made current.
/// Throws std::runtime_error, before anything is changed, if the bytes are of another MuJoCo
/// version, or of a model that differs in what no task may change: whole numbers that say which
/// element belongs to which, and how many. Those a task may change (kFreeNumbers) must be in range.
void ReadSimulation(mjModel& model, mjData& data, SnapshotReader& reader);

}  // namespace curl_rl::envs
