// Gather, stack, cut and convert in one pass, beside the plain twin.
#include "replay/gather.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace curl_rl::replay {
namespace {

// The fast path against its plain twin, bit for bit: every number of channels, stacks of one to
// four frames, both types, windows inside the frames and reaching out of them.
TEST(GatherStackCrop, EqualsThePlainTwin) {
  for (const auto& [channels, depth] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 3}, {3, 3}, {3, 1}, {3, 4}, {4, 3}}) {
    const auto frames = torch::randint(256, {17, 30, 28, channels}, torch::kUInt8);
    const auto slots = torch::randint(17, {11, depth}, torch::kInt64);
    for (const int pad : {0, 4}) {
      const auto offsets =
          torch::stack({torch::randint(-pad, 30 - 21 + 1 + pad, {11}, torch::kInt64),
                        torch::randint(-pad, 28 - 21 + 1 + pad, {11}, torch::kInt64)},
                       1);
      for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
        const auto fast = GatherStackCrop(frames, slots, offsets, 21, dtype);
        const auto plain = GatherStackCropPlain(frames, slots, offsets, 21, dtype);
        EXPECT_EQ(fast.sizes(), plain.sizes());
        EXPECT_TRUE(fast.is_contiguous(torch::MemoryFormat::ChannelsLast));
        EXPECT_TRUE(torch::equal(fast, plain)) << channels << " channels, " << dtype << ' ' << pad;
      }
    }
  }
}

// The conversion is no division but equals one, for every value that a pixel can have.
TEST(GatherStackCrop, DividesEveryPixelValueBy255) {
  const auto frames = torch::arange(256, torch::kUInt8).view({1, 16, 16, 1});
  const auto zero = torch::zeros({1, 1}, torch::kInt64);
  const auto exact = torch::arange(256, torch::kFloat32).div(255.0).view({1, 1, 16, 16});
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const auto out = GatherStackCrop(frames, zero, torch::zeros({1, 2}, torch::kInt64), 16, dtype);
    EXPECT_TRUE(torch::equal(out, exact.to(dtype))) << dtype;
  }
}

// A crop that ends with the last byte of the last frame reads nothing beyond it (AddressSanitizer
// sees to that in the dev preset).
TEST(GatherStackCrop, ReadsNothingBeyondTheLastFrame) {
  const auto frames = torch::randint(256, {2, 8, 8, 3}, torch::kUInt8);
  const auto slots = torch::ones({1, 3}, torch::kInt64);
  const auto offsets = torch::full({1, 2}, 3, torch::kInt64);
  EXPECT_TRUE(torch::equal(GatherStackCrop(frames, slots, offsets, 5, torch::kFloat32),
                           GatherStackCropPlain(frames, slots, offsets, 5, torch::kFloat32)));
}

TEST(GatherStackCrop, PutsEveryPixelWhereItBelongs) {
  const auto frames = torch::randint(256, {5, 10, 10, 3}, torch::kUInt8);
  const auto slots = torch::tensor({{4, 0, 2}}, torch::kInt64);
  const auto offsets = torch::tensor({{3, 1}}, torch::kInt64);
  const auto out = GatherStackCrop(frames, slots, offsets, 6, torch::kFloat32);
  ASSERT_EQ(out.sizes(), (std::vector<std::int64_t>{1, 9, 6, 6}));
  for (int k = 0; k < 3; ++k) {
    for (int c = 0; c < 3; ++c) {
      for (int row = 0; row < 6; ++row) {
        for (int column = 0; column < 6; ++column) {
          const auto pixel = frames[slots[0][k].item<int>()][3 + row][1 + column][c].item<float>();
          EXPECT_EQ(out[0][3 * k + c][row][column].item<float>(), pixel / 255.0f);
        }
      }
    }
  }
}

TEST(CenterCrop, LeavesEqualMargins) {
  auto image = torch::zeros({1, 1, 100, 100});
  image[0][0][8][8] = 1.0;    // offset of the reference: (100 - 84) / 2
  image[0][0][91][91] = 2.0;  // the last pixel inside
  const auto crop = CenterCrop(image, 84);
  EXPECT_EQ(crop.size(2), 84);
  EXPECT_EQ(crop[0][0][0][0].item<float>(), 1.0f);
  EXPECT_EQ(crop[0][0][83][83].item<float>(), 2.0f);
}

}  // namespace
}  // namespace curl_rl::replay
