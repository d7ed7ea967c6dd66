// A frame segment whose checksum fits, so that zstd gets to see it, and an event file: as it is,
// and behind an event whose checksums fit.
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "experiments/checkpoints/frame_segment.h"
#include "experiments/files/checked_json.h"
#include "experiments/run/tensorboard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  FrameSegment segment;
  segment.bytes = static_cast<std::int64_t>(size);
  segment.crc32 = Crc32(bytes);
  std::vector<char> frames(4096);
  try {
    UnpackFrames("f", segment, bytes, frames.data(), frames.size());
  } catch (const std::runtime_error&) {
  }
  const ResumedEvents resumed{1000, 900, 800};
  if (EventsKept(bytes, resumed).size() > size) std::abort();
  const auto record = FrameRecord(bytes);
  const auto kept = EventsKept(record + bytes, resumed);
  if (kept.size() > record.size() + size || EventsKept(kept, resumed) != kept) std::abort();
  return 0;
}
