#include "experiments/frame_archive.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>

#include "experiments/atomic_file.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSegmentBytes = 32 << 20;  // before compression: some 50 ms of work
constexpr int kLevel = 1;  // rendered frames shrink tenfold and more at any level

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::string Compress(const torch::Tensor& frames) {
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(frames.nbytes()), '\0');
  const auto size = ZSTD_compress2(context.get(), packed.data(), packed.size(), frames.data_ptr(),
                                   frames.nbytes());
  if (ZSTD_isError(size)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

std::uint32_t Crc32(const std::string& bytes) {
  return static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()),
                                            static_cast<uInt>(bytes.size())));
}

// Observations a segment holds when it is full.
std::int64_t SegmentLength(const replay::ReplayOptions& options) {
  std::int64_t bytes = options.pixels() ? 1 : 4;
  for (const auto size : options.observation_shape) bytes *= size;
  return std::max<std::int64_t>(1, kSegmentBytes / bytes);
}

}  // namespace

std::string FrameSegment::FileName() const {
  return std::to_string(begin) + "-" + std::to_string(end) + ".zst";
}

nlohmann::json ToJson(const std::vector<FrameSegment>& segments) {
  auto json = nlohmann::json::array();
  for (const auto& s : segments) {
    json.push_back({{"begin", s.begin}, {"end", s.end}, {"bytes", s.bytes}, {"crc32", s.crc32}});
  }
  return json;
}

std::vector<FrameSegment> SegmentsFromJson(const nlohmann::json& json) {
  std::vector<FrameSegment> segments;
  try {
    for (const auto& item : json) {
      segments.push_back({item.at("begin").get<std::int64_t>(), item.at("end").get<std::int64_t>(),
                          item.at("bytes").get<std::int64_t>(),
                          item.at("crc32").get<std::uint32_t>()});
      const auto& s = segments.back();
      if (s.begin < 0 || s.end <= s.begin)
        throw std::runtime_error("frame segments: a wrong range");
    }
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(std::string("frame segments: ") + error.what());
  }
  return segments;
}

FrameArchive::FrameArchive(std::string folder, std::vector<FrameSegment> segments)
    : folder_(std::move(folder)), segments_(std::move(segments)) {}

void FrameArchive::Write(const replay::ReplayBuffer& replay, std::int64_t end) {
  const auto begin = std::max(segments_.empty() ? 0 : segments_.back().end, replay.first_id());
  if (begin >= end) return;
  const auto packed = Compress(replay.Observations(begin, end));
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
  std::int64_t reached = replay.first_id();
  for (const auto& segment : segments_) {
    const auto path = folder_ + "/" + segment.FileName();
    const auto packed = ReadWholeFile(path);
    if (static_cast<std::int64_t>(packed.size()) != segment.bytes ||
        Crc32(packed) != segment.crc32) {
      throw std::runtime_error(path + ": damaged: not the bytes that the checkpoint names");
    }
    auto shape = replay.options().observation_shape;
    shape.insert(shape.begin(), segment.end - segment.begin);
    auto frames = torch::empty(shape, replay.options().pixels() ? torch::kUInt8 : torch::kFloat32);
    const auto size =
        ZSTD_decompress(frames.data_ptr(), frames.nbytes(), packed.data(), packed.size());
    if (ZSTD_isError(size) || size != frames.nbytes()) {
      throw std::runtime_error(path + ": damaged: it does not unpack to its frames");
    }
    if (segment.begin > reached) break;  // a gap
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
    if (names.count(entry.path().filename().string()) == 0) fs::remove(entry.path());
  }
}

}  // namespace curl_rl::experiments
