// Safetensors files: every type comes back, hostile ones are refused.
#include "experiments/checkpoints/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "experiments/files/atomic_file.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

replay::NamedTensors Some() {
  return {{"bytes", torch::arange(7, torch::kUInt8)},
          {"half", torch::tensor({1.5f, -2.0f}).to(torch::kBFloat16)},
          {"matrix", torch::randn({3, 4})},
          {"nothing", torch::empty({0, 5})},
          {"scalar", torch::tensor(2.5, torch::kFloat64)},
          {"steps", torch::tensor(std::int64_t{1} << 40)}};
}

class SafetensorsTest : public testing::Test {
 protected:
  std::string WriteBytes(const std::string& bytes) {
    auto path = directory_.File("broken.safetensors");
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  // A file with this header and `data_size` zero bytes of data.
  std::string WithHeader(const std::string& header, std::size_t data_size) {
    std::string length(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(length.data(), &size, 8);
    return WriteBytes(length + header + std::string(data_size, '\0'));
  }
  static std::string Message(const std::string& path) {
    try {
      ReadSafetensors(path);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryDirectory directory_;
};

TEST_F(SafetensorsTest, EveryTypeAndShapeComesBack) {
  const auto path = directory_.File("some.safetensors");
  const auto tensors = Some();
  WriteSafetensors(path, tensors, {{"note", "x"}});
  const auto read = ReadSafetensors(path);
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
  }
}

TEST_F(SafetensorsTest, AnExistingFileIsNotOverwritten) {
  const auto path = directory_.File("some.safetensors");
  WriteSafetensors(path, Some());
  EXPECT_THROW(WriteSafetensors(path, Some()), std::runtime_error);
}

TEST_F(SafetensorsTest, EveryTruncationIsRefused) {
  const auto path = directory_.File("some.safetensors");
  WriteSafetensors(path, Some());
  const auto bytes = ReadWholeFile(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Message(WriteBytes(bytes.substr(0, size))), testing::HasSubstr("broken"))
        << size << " of " << bytes.size() << " bytes";
  }
  EXPECT_THAT(Message(WriteBytes(bytes + "x")), testing::HasSubstr("belong to no tensor"));
}

TEST_F(SafetensorsTest, HostileHeadersAreRefused) {
  const auto entry = [](const std::string& dtype, const std::string& shape,
                        const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  struct Case {
    std::string header;
    const char* expected;
  };
  const Case cases[] = {
      {"[]", "not a JSON object"},
      {"{", "not a JSON object"},
      {R"({"a":3})", "entry 'a'"},
      {R"({"a":{"dtype":"U8"}})", "entry 'a'"},
      {entry("F128", "[8]", "[0,8]"), "unknown dtype 'F128'"},
      {entry("U8", "[8]", "[0]"), "no two offsets"},
      {entry("U8", "[-8]", "[0,8]"), "impossible shape"},
      {entry("F64", "[4611686018427387904]", "[0,8]"), "impossible shape"},
      {entry("U8", "[7]", "[0,8]"), "do not fit"},
      {entry("U8", "[8]", "[8,16]"), "do not fit"},
      {entry("U8", "[8]", "[8,0]"), "do not fit"},
      {entry("U8", "[16]", "[0,16]"), "do not fit"},
      {entry("U8", "[4]", "[0,4]"), "belong to no tensor"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Message(WithHeader(c.header, 8)), testing::HasSubstr(c.expected)) << c.header;
  }
  EXPECT_THAT(Message(WriteBytes(std::string(8, '\xff') + "{}")), testing::HasSubstr("too short"));
  EXPECT_THAT(Message(directory_.File("absent")), testing::HasSubstr("absent: cannot read"));
}

}  // namespace
}  // namespace curl_rl::experiments
