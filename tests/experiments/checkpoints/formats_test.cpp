// The bytes of what a checkpoint consists of: manifest, frame segments, the safetensors header.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/checkpoints/checkpoint_manifest.h"
#include "experiments/checkpoints/frame_segment.h"
#include "experiments/checkpoints/safetensors_header.h"
#include "experiments/files/checked_json.h"
#include "tests/experiments/error_message.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

// Every byte with every bit flipped in turn, and every shorter text.
template <typename Function>
void ForEveryDamage(const std::string& text, Function function) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto broken = text;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      function(broken, "bit " + std::to_string(bit) + " of byte " + std::to_string(i));
    }
    function(text.substr(0, i), "the first " + std::to_string(i) + " bytes");
  }
  function(text + "\n", "a byte more");
}

CheckpointManifest Some() {
  CheckpointManifest manifest;
  manifest.files = {{"agent.safetensors", {1234, 4000000000}}, {"replay.safetensors", {9, 0}}};
  manifest.state = {{"agent_step", 10}, {"episode_return", 0.1}, {"last_return", nullptr}};
  return manifest;
}

TEST(CheckpointManifest, ComesBackAsItWas) {
  const auto read = ParseManifest(ManifestText(Some()), "m");
  EXPECT_EQ(read.files, Some().files);
  EXPECT_EQ(read.state, Some().state);
}

TEST(CheckpointManifest, EveryDamageIsRefusedByName) {
  ForEveryDamage(ManifestText(Some()), [](const std::string& broken, const std::string& what) {
    EXPECT_THAT(Message([&] { ParseManifest(broken, "run/manifest.json"); }),
                HasSubstr("run/manifest.json: damaged"))
        << what;
  });
}

TEST(CheckpointManifest, OlderFormatIsReadAndNewerRefused) {
  const std::string old =
      "{\n  \"files\": {\"a.safetensors\": {\"bytes\": 3, \"crc32\": 7}},\n"
      "  \"format\": 1,\n  \"state\": {\"agent_step\": 5}\n}\n";
  EXPECT_EQ(ParseManifest(old, "m").files.at("a.safetensors"), (Fingerprint{3, 7}));
  EXPECT_EQ(ParseManifest(old, "m").state["agent_step"], 5);
  const auto newer = CheckedJsonText(
      {{"format", 3}, {"files", nlohmann::json::object()}, {"state", nlohmann::json::object()}});
  EXPECT_THAT(Message([&] { ParseManifest(newer, "m"); }),
              HasSubstr("m: format 3, this program reads formats 1 to 2"));
}

TEST(CheckpointManifest, HostileContentsAreRefused) {
  const auto with = [](const nlohmann::json& files, const nlohmann::json& format) {
    return CheckedJsonText({{"format", format}, {"files", files}, {"state", {{"a", 1}}}});
  };
  const nlohmann::json file = {{"bytes", 1}, {"crc32", 1}};
  for (const char* name : {"../agent", "/etc/passwd", "", ".."}) {
    EXPECT_THAT(Message([&] {
                  ParseManifest(with({{name, file}}, 2), "m");
                }),
                HasSubstr("m: damaged: a file named"));
  }
  EXPECT_THAT(Message([&] {
                ParseManifest(with({{"a", {{"bytes", 1e300}, {"crc32", 1}}}}, 2), "m");
              }),
              HasSubstr("a: bytes is 1e+300, a whole number is needed"));
  EXPECT_THAT(Message([&] { ParseManifest(with({{"a", 3}}, 2), "m"); }), HasSubstr("m: damaged"));
  EXPECT_NE(Message([&] { ParseManifest(with({}, "2"), "m"); }), "no error");
  EXPECT_NE(Message([&] { ParseManifest(with({}, 2.5), "m"); }), "no error");
}

// What copies JSON recurses once a level: a million levels would be more than the stack holds.
TEST(CheckpointManifest, EndlessNestingIsRefused) {
  const std::string levels(1'000'000, '[');
  const std::string deep = levels + std::string(levels.size(), ']');
  const auto format_1 = "{\n  \"files\": {}, \"format\": 1, \"state\": " + deep + "}";
  EXPECT_THAT(Message([&] { ParseManifest(format_1, "m"); }), HasSubstr("m: damaged"));
  auto checked = CheckedJsonText({{"format", 2}, {"files", nlohmann::json::object()}});
  checked.insert(checked.rfind('}'), ", \"state\": " + deep);
  const std::size_t at = checked.find("\"crc32\": \"") + 10;  // eight digits, zero in the sum
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", Crc32(checked.replace(at, 8, 8, '0')));
  EXPECT_THAT(Message([&] { ParseManifest(checked.replace(at, 8, digits), "m"); }),
              HasSubstr("m: damaged: not a JSON object"));
}

TEST(FrameSegment, EveryDamageIsRefusedByName) {
  std::string frames(3000, '\0');
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<char>(i / 100);
  const auto packed = PackFrames(frames.data(), frames.size());
  EXPECT_LT(packed.size(), frames.size());
  FrameSegment segment;
  segment.begin = 0;
  segment.end = 3;
  segment.bytes = static_cast<std::int64_t>(packed.size());
  segment.crc32 = Crc32(packed);
  std::string unpacked(frames.size(), '\0');
  UnpackFrames("f", segment, packed, unpacked.data(), unpacked.size());
  EXPECT_EQ(unpacked, frames);
  ForEveryDamage(packed, [&](const std::string& broken, const std::string& what) {
    EXPECT_THAT(Message([&] { UnpackFrames("f", segment, broken, unpacked.data(), 3000); }),
                HasSubstr("f: damaged"))
        << what;
    // With a checksum that fits the damage, zstd's own checksum and sizes are left.
    auto forged = segment;
    forged.bytes = static_cast<std::int64_t>(broken.size());
    forged.crc32 = Crc32(broken);
    std::string out(frames.size(), '\0');
    const auto message = Message([&] { UnpackFrames("f", forged, broken, out.data(), 3000); });
    EXPECT_TRUE(message != "no error" || out == frames) << what;
  });
  EXPECT_NE(Message([&] { UnpackFrames("f", segment, packed, unpacked.data(), 2999); }),
            "no error");
}

TEST(FrameSegment, RangesAreChecked) {
  const std::vector<FrameSegment> segments = {{0, 5, 100, 7}, {5, 6, 20, 8}};
  const auto read = SegmentsFromJson(ToJson(segments));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].FileName(), "5-6.zst");
  for (const auto& bad : std::vector<FrameSegment>{{-1, 5, 1, 1}, {5, 5, 1, 1}, {6, 5, 1, 1}}) {
    EXPECT_THAT(Message([&] { SegmentsFromJson(ToJson({bad})); }), HasSubstr("a wrong range"));
  }
  EXPECT_NE(Message([] { SegmentsFromJson({{"begin", 0}}); }), "no error");
}

TEST(SafetensorsHeader, EmptyTensorsMayShareAPlace) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  EXPECT_EQ(ParseSafetensorsHeader("f", header, 4).size(), 2u);
}

// LibTorch takes time with the square of the dimensions: minutes for what a small file can hold.
TEST(SafetensorsHeader, AHundredThousandDimensionsAreRefused) {
  std::string ones = "1";
  for (int i = 1; i < 100000; ++i) ones += ",1";
  const std::string header =
      R"({"a":{"dtype":"U8","shape":[)" + ones + R"(],"data_offsets":[0,1]}})";
  EXPECT_THAT(Message([&] { ParseSafetensorsHeader("f", header, 1); }),
              HasSubstr("'a' has 100000 dimensions, allowed: 64"));
}

TEST(SafetensorsHeader, NoDamageLeadsOutOfTheFile) {
  const std::string header =
      R"({"__metadata__":{"x":"y"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}})";
  ForEveryDamage(header, [&](const std::string& broken, const std::string& what) {
    std::vector<SafetensorsEntry> entries;
    const auto message = Message([&] { entries = ParseSafetensorsHeader("f", broken, 9); });
    if (message != "no error") {
      EXPECT_EQ(message.rfind("f: ", 0), 0u) << message;
      return;
    }
    std::uint64_t end = 0;  // accepted, e.g. a changed name: every byte has one owner still
    for (const auto& entry : entries) {
      EXPECT_EQ(entry.begin, end) << what;
      end = entry.end;
    }
    EXPECT_EQ(end, 9u) << what;
  });
}

}  // namespace
}  // namespace curl_rl::experiments
