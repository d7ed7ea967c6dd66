// Checkpoints of a run: folders <run>/checkpoints/env_step_<12 digits>, each whole or not there at
// all.
//
// A checkpoint is written to a temporary folder: its parts first, each synced, then manifest.json
// with the size and checksum of every part, then the folder is renamed. There is no pointer to "the
// latest" that could be torn: the newest is found by looking.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "replay/named_tensors.h"

namespace curl_rl::experiments {

// NOLINTNEXTLINE(bugprone-exception-escape): moving JSON throws nothing
struct Checkpoint {
  std::int64_t env_step = 0;
  nlohmann::json state;                               // what is no tensor
  std::map<std::string, replay::NamedTensors> parts;  // file name without .safetensors
};

/// Writes `checkpoint` below `run_dir`, synced with all names it needs. One of the same env step is
/// replaced. Throws FileError or std::filesystem::filesystem_error; what was there before is then
/// untouched.
void WriteCheckpoint(const std::string& run_dir, const Checkpoint& checkpoint);

/// The env steps of all checkpoints, ascending.
std::vector<std::int64_t> ListCheckpoints(const std::string& run_dir);

/// Reads one. Every part named in `parts` (empty: all) is read and checked against the manifest;
/// throws std::runtime_error that names the file for anything missing, cut off or changed.
Checkpoint ReadCheckpoint(const std::string& run_dir, std::int64_t env_step,
                          const std::vector<std::string>& parts = {});

/// What is no tensor of one: `state` alone, no file read but the manifest.
nlohmann::json ReadCheckpointState(const std::string& run_dir, std::int64_t env_step);

/// Why a checkpoint that is whole cannot be taken up here and now.
class CannotTakeUp : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether what reading a checkpoint threw says that its files are damaged or not there. False for
/// what they cannot help: want of memory, a permission, a failing disk, CannotTakeUp.
bool IsDamage(const std::exception& error);

/// Which checkpoint `which` means: "latest", "best" (noted by MarkBest) or an env step. Throws
/// std::runtime_error that lists what there is, or names the file if the note is damaged.
std::int64_t FindCheckpoint(const std::string& run_dir, const std::string& which);

struct SavedAgent {
  std::int64_t env_step = 0;
  replay::NamedTensors tensors;  // as Agent::Save gave them
};

/// The agent alone of the checkpoint that `which` means (FindCheckpoint). For readers beside a run
/// that goes on: if it removes that checkpoint meanwhile, the one that `which` means by then is
/// read. Throws as FindCheckpoint and ReadCheckpoint do.
SavedAgent ReadAgent(const std::string& run_dir, const std::string& which);

/// Notes that the checkpoint of `env_step` has the best evaluation so far.
void MarkBest(const std::string& run_dir, std::int64_t env_step, double episode_return);

/// Removes all but the newest `keep` and the best; none if the note of the best is damaged.
void PruneCheckpoints(const std::string& run_dir, std::int64_t keep);

/// Renames the checkpoint of `env_step` to <name>.damaged (.damaged_2, ... if there is such a one
/// already) and returns its new path.
std::string SetAsideCheckpoint(const std::string& run_dir, std::int64_t env_step);

/// The same for those after `env_step`: the run goes on from there without them, and they must not
/// count among the newest.
std::vector<std::string> SetAsideCheckpointsAfter(const std::string& run_dir,
                                                  std::int64_t env_step);

/// Removes what a killed process left of checkpoints it was writing or removing.
void RemoveHalfCheckpoints(const std::string& run_dir);

}  // namespace curl_rl::experiments
