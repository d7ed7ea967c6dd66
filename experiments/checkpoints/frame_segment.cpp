// Packs and unpacks a segment; a damaged one is noticed by its checksum before it is unpacked.
#include "experiments/checkpoints/frame_segment.h"

#include <zstd.h>

#include <memory>
#include <stdexcept>

#include "experiments/files/checked_json.h"

namespace curl_rl::experiments {
namespace {

constexpr int kLevel = 1;  // rendered frames shrink tenfold and more at any level

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string FrameSegment::FileName() const {
  return (lane > 0 ? std::to_string(lane) + "-" : "") + std::to_string(begin) + "-" +
         std::to_string(end) + ".zst";
}

nlohmann::json ToJson(const std::vector<FrameSegment>& segments) {
  auto json = nlohmann::json::array();
  for (const auto& s : segments) {
    json.push_back({{"begin", s.begin}, {"end", s.end}, {"bytes", s.bytes}, {"crc32", s.crc32}});
    if (s.lane > 0) json.back()["lane"] = s.lane;
  }
  return json;
}

std::vector<FrameSegment> SegmentsFromJson(const nlohmann::json& json) {
  std::vector<FrameSegment> segments;
  try {
    for (const auto& item : json) {
      const auto number = [&](const char* key) { return WholeNumber(item.at(key), key); };
      segments.push_back({number("begin"), number("end"), number("bytes"),
                          static_cast<std::uint32_t>(number("crc32")),
                          WholeNumber(item.value("lane", nlohmann::json(0)), "lane")});
      const auto& s = segments.back();
      if (s.begin < 0 || s.end <= s.begin || s.lane < 0)
        throw std::runtime_error("frame segments: a wrong range");
    }
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(std::string("frame segments: ") + error.what());
  }
  return segments;
}

std::string PackFrames(const void* frames, std::size_t size) {
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(size), '\0');
  const auto end = ZSTD_compress2(context.get(), packed.data(), packed.size(), frames, size);
  if (ZSTD_isError(end)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(end));
  packed.resize(end);
  return packed;
}

void UnpackFrames(const std::string& path, const FrameSegment& segment, const std::string& packed,
                  void* frames, std::size_t size) {
  if (static_cast<std::int64_t>(packed.size()) != segment.bytes || Crc32(packed) != segment.crc32) {
    throw std::runtime_error(path + ": damaged: not the bytes that the checkpoint names");
  }
  const auto end = ZSTD_decompress(frames, size, packed.data(), packed.size());
  if (ZSTD_isError(end) || end != size) {
    throw std::runtime_error(path + ": damaged: it does not unpack to its frames");
  }
}

}  // namespace curl_rl::experiments
