// One piece of the frame archive: a range of a replay's observations, packed with zstd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// Observations `begin` .. `end` - 1 of a lane of a replay, in a zstd file.
struct FrameSegment {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t bytes = 0;  // of the file
  std::uint32_t crc32 = 0;
  std::int64_t lane = 0;

  std::string FileName() const;  // in the archive's folder: "0-100.zst", of lane 2 "2-0-100.zst"
};

/// The first lane goes unsaid, as where there is no other.
nlohmann::json ToJson(const std::vector<FrameSegment>& segments);

/// Throws std::runtime_error if `json` is not what ToJson gives.
std::vector<FrameSegment> SegmentsFromJson(const nlohmann::json& json);

/// `size` bytes as the file of a segment.
std::string PackFrames(const void* frames, std::size_t size);

/// Unpacks the file `packed` of `segment` to exactly `size` bytes at `frames`. Throws
/// std::runtime_error "path: damaged: ..." if it is not the file that the segment names, or does
/// not unpack to as many.
void UnpackFrames(const std::string& path, const FrameSegment& segment, const std::string& packed,
                  void* frames, std::size_t size);

}  // namespace curl_rl::experiments
