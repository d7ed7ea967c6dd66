// The body of the CUDA kernel, run on the CPU block by block and thread by thread.
#include "replay/gather_kernel.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "replay/gather.h"

namespace curl_rl::replay {
namespace {

struct Case {
  std::int64_t batch, depth, height, width, channels, crop;
  int rows_per_block;    // 0: what the launch takes
  std::int64_t pad = 0;  // pixels by which a window may reach out of the frame
};

// Frames, slots and offsets of a case, the first two crops being the extreme ones.
struct Input {
  explicit Input(const Case& c)
      : frames(torch::randint(256, {kSlots, c.height, c.width, c.channels}, torch::kUInt8)),
        slots(torch::randint(kSlots, {c.batch, c.depth}, torch::kInt64)),
        offsets(torch::stack(
            {torch::randint(-c.pad, c.height - c.crop + 1 + c.pad, {c.batch}, torch::kInt64),
             torch::randint(-c.pad, c.width - c.crop + 1 + c.pad, {c.batch}, torch::kInt64)},
            1)) {
    offsets[0] = -c.pad;
    slots[0] = 0;
    slots[1] = kSlots - 1;
    offsets[1][0] = c.height - c.crop + c.pad;
    offsets[1][1] = c.width - c.crop + c.pad;
  }
  static constexpr std::int64_t kSlots = 7;
  torch::Tensor frames, slots, offsets;
};

template <typename Scalar>
torch::Tensor RunKernelOnCpu(const Case& c, const Input& input, torch::ScalarType dtype,
                             int pitch = 0) {
  if (pitch == 0) pitch = static_cast<int>(c.depth * c.channels);
  auto out = torch::full({c.batch, pitch, c.crop, c.crop}, -1.0, torch::TensorOptions(dtype))
                 .contiguous(torch::MemoryFormat::ChannelsLast);
  GatherProblem p{};
  p.frames = input.frames.data_ptr<std::uint8_t>();
  p.frame_bytes = input.frames.numel();
  p.slots = input.slots.data_ptr<std::int64_t>();
  p.offsets = input.offsets.data_ptr<std::int64_t>();
  p.out = out.data_ptr();
  p.batch = static_cast<int>(c.batch);
  p.depth = static_cast<int>(c.depth);
  p.height = static_cast<int>(c.height);
  p.width = static_cast<int>(c.width);
  p.channels = static_cast<int>(c.channels);
  p.crop = static_cast<int>(c.crop);
  p.pitch = pitch;
  p.rows_per_block = c.rows_per_block > 0 ? c.rows_per_block : RowsPerBlock(p);
  constexpr int kThreads = 64;
  for (std::int64_t block = 0; block < p.Blocks(); ++block) {
    // A block's memory is not cleared on the GPU either; its end is watched by AddressSanitizer.
    std::vector<std::uint8_t> staged(static_cast<std::size_t>(p.StagedBytes()), 0xee);
    for (int t = 0; t < kThreads; ++t) StageFrames(p, block, t, kThreads, staged.data());
    for (int t = 0; t < kThreads; ++t) WriteBatch<Scalar>(p, block, t, kThreads, staged.data());
  }
  return out;
}

TEST(GatherKernel, EqualsThePlainTwinOnTheCpu) {
  const std::vector<Case> cases = {
      {4, 3, 100, 100, 3, 84, 0},  // the usual one: every vector is whole and aligned
      {3, 3, 100, 100, 3, 84, 5},  // blocks that begin between two multiples of 16 bytes
      {5, 3, 30, 28, 3, 21, 0},    {5, 1, 30, 28, 3, 21, 2},
      {5, 4, 30, 28, 1, 7, 3},     {3, 3, 21, 21, 4, 21, 0},  // no room to crop
      {2, 2, 9, 9, 3, 1, 0},                                  // one pixel
      {9, 3, 84, 84, 3, 84, 0, 4},                            // DrQ's shift
      {9, 2, 30, 28, 3, 21, 2, 6}, {9, 3, 12, 12, 1, 12, 0, 3},
  };
  for (const auto& c : cases) {
    const Input input(c);
    const auto plain = [&](torch::ScalarType dtype) {
      return GatherStackCropPlain(input.frames, input.slots, input.offsets, c.crop, dtype);
    };
    EXPECT_TRUE(
        torch::equal(RunKernelOnCpu<float>(c, input, torch::kFloat32), plain(torch::kFloat32)))
        << c.crop << " pixels, " << c.channels << " channels, float32";
    EXPECT_TRUE(torch::equal(RunKernelOnCpu<std::uint16_t>(c, input, torch::kBFloat16),
                             plain(torch::kBFloat16)))
        << c.crop << " pixels, " << c.channels << " channels, bfloat16";
    // Pixels further apart in memory, zeros between them.
    const auto pitched = RunKernelOnCpu<std::uint16_t>(c, input, torch::kBFloat16, 16);
    const auto stacked = c.depth * c.channels;
    EXPECT_TRUE(torch::equal(pitched.narrow(1, 0, stacked), plain(torch::kBFloat16)));
    EXPECT_EQ(pitched.narrow(1, stacked, 16 - stacked).abs().sum().item<double>(), 0.0);
  }
}

TEST(GatherKernel, ConvertsEveryPixelValueAsTheTwin) {
  const auto exact = torch::arange(256, torch::kFloat32).div(255.0);
  const auto rounded = exact.to(torch::kBFloat16);
  for (int pixel = 0; pixel < 256; ++pixel) {
    float as_float = 0;
    std::uint16_t as_bfloat16 = 0;
    ConvertPixel(static_cast<std::uint8_t>(pixel), &as_float);
    ConvertPixel(static_cast<std::uint8_t>(pixel), &as_bfloat16);
    EXPECT_EQ(as_float, exact[pixel].item<float>());
    EXPECT_EQ(as_bfloat16, rounded[pixel].item<at::BFloat16>().x);
  }
}

TEST(GatherKernel, BlocksAreAboutAlikeAndFitTheirMemory) {
  for (const int crop : {1, 7, 64, 84, 100, 512}) {
    GatherProblem p{};
    p.batch = 2;
    p.depth = 3;
    p.channels = 3;
    p.crop = crop;
    p.rows_per_block = RowsPerBlock(p);
    EXPECT_LE(p.StagedBytes(), 16384) << crop;
    EXPECT_GE(p.BlocksPerCrop() * p.rows_per_block, crop);
    EXPECT_LT((p.BlocksPerCrop() - 1) * p.rows_per_block, crop);
  }
}

// The real kernel, where there is a device.
TEST(GatherKernel, EqualsThePlainTwinOnTheGpu) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  for (const auto& c : std::vector<Case>{
           {512, 3, 100, 100, 3, 84, 0}, {5, 4, 30, 28, 1, 7, 0}, {64, 3, 84, 84, 3, 84, 0, 4}}) {
    const Input input(c);
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
      const auto plain =
          GatherStackCropPlain(input.frames, input.slots, input.offsets, c.crop, dtype);
      const auto fast = GatherStackCrop(input.frames.cuda(), input.slots.cuda(),
                                        input.offsets.cuda(), c.crop, dtype);
      EXPECT_TRUE(fast.is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(torch::equal(fast.cpu(), plain)) << c.crop << ' ' << dtype;
      auto padded = MakePictures(c.batch, c.depth * c.channels, c.crop, fast.options());
      GatherStackCropOut(input.frames.cuda(), input.slots.cuda(), input.offsets.cuda(), padded);
      EXPECT_TRUE(torch::equal(padded.cpu(), plain)) << c.crop << ' ' << dtype << ", padded";
    }
  }
}

}  // namespace
}  // namespace curl_rl::replay
