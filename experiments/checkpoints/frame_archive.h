// The replay's observations on disk. They are never changed once stored, so each is written once,
// in compressed segments, while the run goes on; a checkpoint only names the segments it needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/checkpoints/frame_segment.h"
#include "replay/replay_buffer.h"

namespace curl_rl::experiments {

/// Where a run keeps its frames.
inline std::string FrameArchiveFolder(const std::string& run_dir) {
  return run_dir + "/checkpoints/frames";
}

class FrameArchive {
 public:
  /// `segments`: those of the checkpoint that a run is taken up at; empty for a new run.
  FrameArchive(std::string folder, std::vector<FrameSegment> segments);

  /// Writes what came since the last call, if it fills a segment. To be called after every
  /// decision: the work of a checkpoint is done in small parts before it is due. Throws FileError;
  /// nothing is lost, the next call or Flush writes it.
  void Append(const replay::ReplayBuffer& replay);

  /// Writes the rest, and returns the segments that hold all that `replay` still has.
  std::vector<FrameSegment> Flush(const replay::ReplayBuffer& replay);

  /// Fills `replay`, whose counters are loaded, from the segments. Throws std::runtime_error naming
  /// the file that is missing, cut off or changed.
  void Restore(replay::ReplayBuffer& replay) const;

  /// Removes every segment from the folder that is not in `needed`.
  void Prune(const std::vector<FrameSegment>& needed) const;

 private:
  std::int64_t Written(std::int64_t lane) const;
  void Write(const replay::ReplayBuffer& replay, std::int64_t lane);
  void RestoreLane(replay::ReplayBuffer& replay, std::int64_t lane) const;

  std::string folder_;
  std::vector<FrameSegment> segments_;  // those of a lane in their order
};

}  // namespace curl_rl::experiments
