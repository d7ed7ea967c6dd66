// Writes segments as observations come, reads them back, and removes what nobody needs.
#include "experiments/checkpoints/frame_archive.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSegmentBytes = 8 << 20;  // before compression: some 10 ms of work

// Observations a segment holds when it is full.
std::int64_t SegmentLength(const replay::ReplayOptions& options) {
  std::int64_t bytes = options.pixels() ? 1 : 4;
  for (const auto size : options.observation_shape) bytes *= size;
  return std::max<std::int64_t>(1, kSegmentBytes / bytes);
}

// "12-34.zst". Anything else in the folder is somebody else's.
bool IsSegmentName(const std::string& name) {
  const auto end = name.find_first_not_of("0123456789-");
  return end != std::string::npos && end > 0 && name.compare(end, std::string::npos, ".zst") == 0;
}

}  // namespace

FrameArchive::FrameArchive(std::string folder, std::vector<FrameSegment> segments)
    : folder_(std::move(folder)), segments_(std::move(segments)) {}

void FrameArchive::Write(const replay::ReplayBuffer& replay, std::int64_t end) {
  const auto begin = std::max(segments_.empty() ? 0 : segments_.back().end, replay.first_id());
  if (begin >= end) return;
  const auto frames = replay.Observations(begin, end);
  const auto packed = PackFrames(frames.data_ptr(), frames.nbytes());
  FrameSegment segment;
  segment.begin = begin;
  segment.end = end;
  segment.bytes = static_cast<std::int64_t>(packed.size());
  segment.crc32 = Crc32(packed);
  fs::create_directories(folder_);
  WriteFileAtomically(folder_ + "/" + segment.FileName(), packed);
  segments_.push_back(segment);
}

void FrameArchive::Append(const replay::ReplayBuffer& replay) {
  const auto written = segments_.empty() ? 0 : segments_.back().end;
  if (replay.next_id() - written >= SegmentLength(replay.options()))
    Write(replay, replay.next_id());
}

std::vector<FrameSegment> FrameArchive::Flush(const replay::ReplayBuffer& replay) {
  Write(replay, replay.next_id());
  const auto first = replay.first_id();
  segments_.erase(std::remove_if(segments_.begin(), segments_.end(),
                                 [&](const FrameSegment& s) { return s.end <= first; }),
                  segments_.end());
  return segments_;
}

void FrameArchive::Restore(replay::ReplayBuffer& replay) const {
  // A replay that is larger than the one that was saved has room for frames that are gone.
  std::int64_t reached = std::max(replay.first_id(), replay.oldest_needed_id());
  for (const auto& segment : segments_) {
    const auto path = folder_ + "/" + segment.FileName();
    const auto packed = ReadWholeFile(path);
    if (segment.end > replay.next_id()) {
      throw std::runtime_error(path + ": damaged: it goes beyond the replay's last frame");
    }
    auto shape = replay.options().observation_shape;
    shape.insert(shape.begin(), segment.end - segment.begin);
    auto frames = torch::empty(shape, replay.options().pixels() ? torch::kUInt8 : torch::kFloat32);
    UnpackFrames(path, segment, packed, frames.data_ptr(), frames.nbytes());
    if (segment.begin > reached) break;  // a gap
    if (segment.end <= reached) continue;
    const auto skip = std::max<std::int64_t>(0, replay.first_id() - segment.begin);
    replay.SetObservations(segment.begin + skip, frames.narrow(0, skip, frames.size(0) - skip));
    reached = segment.end;
  }
  if (reached != replay.next_id()) {
    throw std::runtime_error(folder_ + ": frames " + std::to_string(reached) + " .. " +
                             std::to_string(replay.next_id() - 1) + " are missing");
  }
}

void FrameArchive::Prune(const std::vector<FrameSegment>& needed) const {
  if (!fs::is_directory(folder_)) return;
  std::set<std::string> names;
  for (const auto& segment : needed) names.insert(segment.FileName());
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const auto name = entry.path().filename().string();
    if (IsSegmentName(name) && names.count(name) == 0) fs::remove(entry.path());
  }
}

}  // namespace curl_rl::experiments
