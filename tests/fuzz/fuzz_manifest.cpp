// A checkpoint's manifest: as it is, and, since hardly an input has its own checksum, as the
// contents of one with the right checksum.
#include <cstdlib>

#include "experiments/checkpoints/checkpoint_manifest.h"
#include "experiments/checkpoints/frame_segment.h"
#include "experiments/files/checked_json.h"

namespace {

void Read(const std::string& text) {
  using namespace curl_rl::experiments;
  try {
    const auto manifest = ParseManifest(text, "manifest.json");
    // What is accepted comes back from the text that would be written of it.
    const auto again = ParseManifest(ManifestText(manifest), "manifest.json");
    if (again.files != manifest.files || again.state != manifest.state) std::abort();
    if (manifest.state.is_object() && manifest.state.contains("frames")) {
      SegmentsFromJson(manifest.state["frames"]);
    }
  } catch (const std::runtime_error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Read(text);
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_object() && !object.empty()) {
    Read(curl_rl::experiments::CheckedJsonText(object));
  }
  return 0;
}
