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

// "12-34.zst", "1-12-34.zst". Anything else in the folder is somebody else's.
bool IsSegmentName(const std::string& name) {
  const auto end = name.find_first_not_of("0123456789-");
  return end != std::string::npos && end > 0 && name.compare(end, std::string::npos, ".zst") == 0;
}

}  // namespace

FrameArchive::FrameArchive(std::string folder, std::vector<FrameSegment> segments)
    : folder_(std::move(folder)), segments_(std::move(segments)) {}

// Of the lane's observations, those before are in segments.
std::int64_t FrameArchive::Written(std::int64_t lane) const {
  const auto last = std::find_if(segments_.rbegin(), segments_.rend(),
                                 [&](const FrameSegment& s) { return s.lane == lane; });
  return last == segments_.rend() ? 0 : last->end;
}

void FrameArchive::Write(const replay::ReplayBuffer& replay, std::int64_t lane) {
  const auto begin = std::max(Written(lane), replay.first_id(lane));
  const auto end = replay.next_id(lane);
  if (begin >= end) return;
  const auto frames = replay.Observations(begin, end, lane);
  const auto packed = PackFrames(frames.data_ptr(), frames.nbytes());
  FrameSegment segment;
  segment.begin = begin;
  segment.end = end;
  segment.bytes = static_cast<std::int64_t>(packed.size());
  segment.crc32 = Crc32(packed);
  segment.lane = lane;
  fs::create_directories(folder_);
  WriteFileAtomically(folder_ + "/" + segment.FileName(), packed);
  segments_.push_back(segment);
}

void FrameArchive::Append(const replay::ReplayBuffer& replay) {
  const auto length = SegmentLength(replay.options());
  for (std::int64_t lane = 0; lane < replay.options().lanes; ++lane) {
    if (replay.next_id(lane) - Written(lane) >= length) Write(replay, lane);
  }
}

std::vector<FrameSegment> FrameArchive::Flush(const replay::ReplayBuffer& replay) {
  for (std::int64_t lane = 0; lane < replay.options().lanes; ++lane) Write(replay, lane);
  segments_.erase(
      std::remove_if(segments_.begin(), segments_.end(),
                     [&](const FrameSegment& s) { return s.end <= replay.first_id(s.lane); }),
      segments_.end());
  return segments_;
}

void FrameArchive::Restore(replay::ReplayBuffer& replay) const {
  for (std::int64_t lane = 0; lane < replay.options().lanes; ++lane) RestoreLane(replay, lane);
}

void FrameArchive::RestoreLane(replay::ReplayBuffer& replay, std::int64_t lane) const {
  // A replay that is larger than the one that was saved has room for frames that are gone.
  std::int64_t reached = std::max(replay.first_id(lane), replay.oldest_needed_id(lane));
  for (const auto& segment : segments_) {
    if (segment.lane != lane) continue;
    const auto path = folder_ + "/" + segment.FileName();
    const auto packed = ReadWholeFile(path);
    if (segment.end > replay.next_id(lane)) {
      throw std::runtime_error(path + ": damaged: it goes beyond the replay's last frame");
    }
    auto shape = replay.options().observation_shape;
    shape.insert(shape.begin(), segment.end - segment.begin);
    auto frames = torch::empty(shape, replay.options().pixels() ? torch::kUInt8 : torch::kFloat32);
    UnpackFrames(path, segment, packed, frames.data_ptr(), frames.nbytes());
    if (segment.begin > reached) break;  // a gap
    if (segment.end <= reached) continue;
    const auto skip = std::max<std::int64_t>(0, replay.first_id(lane) - segment.begin);
    replay.SetObservations(segment.begin + skip, frames.narrow(0, skip, frames.size(0) - skip),
                           lane);
    reached = segment.end;
  }
  if (reached != replay.next_id(lane)) {
    throw std::runtime_error(folder_ + ": frames " + std::to_string(reached) + " .. " +
                             std::to_string(replay.next_id(lane) - 1) + " are missing");
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
