// PNG files, read back by libpng.
#include "experiments/files/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

TEST(Png, ReadsBack) {
  const TemporaryDirectory directory;
  const std::vector<std::uint8_t> pixels = {
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};  // 3 rows of 2 RGB pixels
  WritePng(directory.File("a.png"), pixels.data(), 3, 2, 3);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&image, directory.File("a.png").c_str()));
  EXPECT_EQ(image.height, 3u);
  EXPECT_EQ(image.width, 2u);
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> read(18);
  ASSERT_TRUE(png_image_finish_read(&image, nullptr, read.data(), 0, nullptr));
  EXPECT_EQ(read, pixels);
  EXPECT_EQ(directory.Entries().size(), 1u);  // no temporary file stays
  EXPECT_THROW(WritePng(directory.File("b.png"), pixels.data(), 1, 1, 2), std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::experiments
