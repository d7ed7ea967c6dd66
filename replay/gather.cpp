// Gather, stack, cut and convert: the fast loops, the launch on a GPU, the plain twin.
#include "replay/gather.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "replay/vector_clones.h"

#ifdef CURL_RL_CUDA_KERNEL
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "replay/gather_cuda.h"
#endif

namespace curl_rl::replay {
namespace {

using Shape = PictureShape;

// One row of `depth` RGB frames as out[column][frame][channel]. Each pixel is copied as four bytes:
// the fourth is overwritten by the next pixel, and only the last column may not read beyond its
// row.
void InterleaveRgb(const std::uint8_t* const* rows, const Shape& s, std::uint8_t* out) {
  const auto last = 3 * (s.crop - 1);
  if (s.depth == 3) {  // spelt out: a third of the time of the general loop
    const std::uint8_t *oldest = rows[0], *middle = rows[1], *newest = rows[2];
    for (std::int64_t i = 0; i < last; i += 3, out += 9) {
      std::memcpy(out, oldest + i, 4);
      std::memcpy(out + 3, middle + i, 4);
      std::memcpy(out + 6, newest + i, 4);
    }
  } else {
    for (std::int64_t i = 0; i < last; i += 3) {
      for (std::int64_t k = 0; k < s.depth; ++k, out += 3) std::memcpy(out, rows[k] + i, 4);
    }
  }
  for (std::int64_t k = 0; k < s.depth; ++k, out += 3) std::memcpy(out, rows[k] + last, 3);
}

// The same for any number of channels.
void Interleave(const std::uint8_t* const* rows, const Shape& s, std::uint8_t* out) {
  for (std::int64_t column = 0; column < s.crop; ++column) {
    for (std::int64_t k = 0; k < s.depth; ++k, out += s.channels) {
      std::memcpy(out, rows[k] + column * s.channels, static_cast<std::size_t>(s.channels));
    }
  }
}

// Columns left .. left + crop - 1 of a frame's row where the window reaches out of it: the pixels
// at the edges are repeated.
void RepeatEdges(const std::uint8_t* row, const Shape& s, std::int64_t left, std::uint8_t* out) {
  // Columns begin .. end - 1 lie within the row.
  const auto begin = std::clamp<std::int64_t>(-left, 0, s.crop);
  const auto end = std::clamp<std::int64_t>(s.width - left, begin, s.crop);
  const auto repeat = [&](std::int64_t from, std::int64_t first, std::int64_t last) {
    for (std::int64_t byte = first * s.channels; byte < last * s.channels; ++byte) {
      out[byte] = row[from * s.channels + byte % s.channels];
    }
  };
  repeat(0, 0, begin);
  if (begin < end) {
    std::memcpy(out + begin * s.channels, row + (left + begin) * s.channels,
                static_cast<std::size_t>((end - begin) * s.channels));
  }
  repeat(s.width - 1, end, s.crop);
}

// uint8 to float, divided by 255, to the same bits as a division: 1/255 in two parts, of which the
// first times a pixel is exact. A division takes as long as all the rest.
void ConvertRow(const std::uint8_t* from, std::int64_t count, float* to) {
  constexpr float kHigh = 0x1.01p-8f;
  constexpr float kLow = 0x1.010102p-24f;
  for (std::int64_t i = 0; i < count; ++i) {
    const float pixel = from[i];
    to[i] = pixel * kHigh + pixel * kLow;
  }
}

// uint8 to bfloat16, divided by 255. Rounded to nearest even on the bits, so that the compiler can
// vectorise it (no pixel is a NaN); for these 256 numbers the product rounds as the quotient does.
// Narrowing to 16 bits takes many instructions in the baseline, one with AVX2.
CURL_RL_VECTOR_CLONES
void ConvertRow(const std::uint8_t* from, std::int64_t count, at::BFloat16* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(from[i]) * (1.0f / 255.0f);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    to[i].x = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
  }
}

// One picture; `offset`: row and column of its window.
template <typename Scalar>
void Picture(const std::uint8_t* const* stack, const std::int64_t* offset, const Shape& s,
             PictureRows& memory, Scalar* out) {
  const auto row_size = s.crop * s.depth * s.channels;
  memory.interleaved.resize(static_cast<std::size_t>(row_size));
  memory.repeated.resize(static_cast<std::size_t>(row_size));
  memory.rows.resize(static_cast<std::size_t>(s.depth));
  const auto interleave = s.channels == 3 ? InterleaveRgb : Interleave;
  const auto top = offset[0], left = offset[1];
  const bool inside = left >= 0 && left + s.crop <= s.width;
  for (std::int64_t row = 0; row < s.crop; ++row) {
    const auto source = std::clamp<std::int64_t>(top + row, 0, s.height - 1);
    for (std::int64_t k = 0; k < s.depth; ++k) {
      const auto* frame_row = stack[k] + source * s.width * s.channels;
      auto& out_row = memory.rows[static_cast<std::size_t>(k)];
      out_row = frame_row + left * s.channels;
      if (inside) continue;
      auto* const own = memory.repeated.data() + k * s.crop * s.channels;
      RepeatEdges(frame_row, s, left, own);
      out_row = own;
    }
    interleave(memory.rows.data(), s, memory.interleaved.data());
    ConvertRow(memory.interleaved.data(), row_size, out + row * row_size);
  }
}

template <typename Scalar>
void Gather(const torch::Tensor& frames, const torch::Tensor& slots, const torch::Tensor& offsets,
            const Shape& s, torch::Tensor& out) {
  const auto* frame_data = frames.data_ptr<std::uint8_t>();
  const auto* slot_data = slots.data_ptr<std::int64_t>();
  const auto* offset_data = offsets.data_ptr<std::int64_t>();
  auto* out_data = out.data_ptr<Scalar>();
  const auto frame_size = s.height * s.width * s.channels;
  const auto picture_size = s.crop * s.crop * s.depth * s.channels;
  at::parallel_for(0, slots.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    PictureRows memory;
    std::vector<const std::uint8_t*> stack(static_cast<std::size_t>(s.depth));
    for (std::int64_t b = begin; b < end; ++b) {
      for (std::int64_t k = 0; k < s.depth; ++k) {
        stack[static_cast<std::size_t>(k)] = frame_data + slot_data[b * s.depth + k] * frame_size;
      }
      Picture(stack.data(), offset_data + 2 * b, s, memory, out_data + b * picture_size);
    }
  });
}

#ifdef CURL_RL_CUDA_KERNEL
// Channels last, its pixels as far apart as they may be.
bool IsPitched(const torch::Tensor& out) {
  const auto pitch = out.stride(3);
  return out.stride(1) == 1 && pitch >= out.size(1) && out.stride(2) == pitch * out.size(3) &&
         out.stride(0) == pitch * out.size(3) * out.size(2);
}

void GatherOnGpu(const torch::Tensor& frames, const torch::Tensor& slots,
                 const torch::Tensor& offsets, const Shape& s, torch::Tensor& out) {
  const c10::cuda::CUDAGuard guard(frames.device());
  GatherProblem problem{};
  problem.frames = frames.data_ptr<std::uint8_t>();
  problem.frame_bytes = frames.numel();
  problem.slots = slots.data_ptr<std::int64_t>();
  problem.offsets = offsets.data_ptr<std::int64_t>();
  problem.out = out.data_ptr();
  problem.batch = static_cast<int>(slots.size(0));
  problem.depth = static_cast<int>(s.depth);
  problem.height = static_cast<int>(s.height);
  problem.width = static_cast<int>(s.width);
  problem.channels = static_cast<int>(s.channels);
  problem.crop = static_cast<int>(s.crop);
  problem.pitch = static_cast<int>(out.stride(3));
  problem.rows_per_block = RowsPerBlock(problem);
  const char* error = LaunchGather(problem, out.scalar_type() == torch::kBFloat16,
                                   c10::cuda::getCurrentCUDAStream().stream());
  TORCH_CHECK(error == nullptr, "gathering a batch on ", frames.device(), ": ", error);
}
#endif

}  // namespace

torch::Tensor GatherStackCrop(const torch::Tensor& frames, const torch::Tensor& slots,
                              const torch::Tensor& offsets, std::int64_t crop,
                              torch::ScalarType dtype) {
  auto out =
      torch::empty({slots.size(0), slots.size(1) * frames.size(3), crop, crop},
                   frames.options().dtype(dtype).memory_format(torch::MemoryFormat::ChannelsLast));
  GatherStackCropOut(frames, slots, offsets, out);
  return out;
}

void GatherStackCropOut(const torch::Tensor& frames, const torch::Tensor& slots,
                        const torch::Tensor& offsets, torch::Tensor& out) {
  const auto dtype = out.scalar_type();
  const bool fast = frames.is_contiguous() && slots.is_contiguous() && offsets.is_contiguous() &&
                    (dtype == torch::kFloat32 || dtype == torch::kBFloat16);
  const Shape s{frames.size(1), frames.size(2), frames.size(3), slots.size(1), out.size(2)};
  if (fast && frames.device().is_cpu() && TakesPictures(out)) {
    if (dtype == torch::kFloat32) {
      Gather<float>(frames, slots, offsets, s, out);
    } else {
      Gather<at::BFloat16>(frames, slots, offsets, s, out);
    }
    return;
  }
#ifdef CURL_RL_CUDA_KERNEL
  if (fast && frames.is_cuda() && IsPitched(out)) {
    GatherOnGpu(frames, slots, offsets, s, out);
    return;
  }
#endif
  out.copy_(GatherStackCropPlain(frames, slots, offsets, s.crop, dtype));
}

bool TakesPictures(const torch::Tensor& out) {
  return out.device().is_cpu() && out.is_contiguous(torch::MemoryFormat::ChannelsLast) &&
         (out.scalar_type() == torch::kFloat32 || out.scalar_type() == torch::kBFloat16);
}

void MakePicture(const std::uint8_t* const* stack, const std::int64_t* offset,
                 const PictureShape& shape, PictureRows& memory, const torch::Tensor& out,
                 std::int64_t b) {
  const auto at = b * shape.crop * shape.crop * shape.depth * shape.channels;
  if (out.scalar_type() == torch::kFloat32) {
    Picture(stack, offset, shape, memory, out.data_ptr<float>() + at);
  } else {
    Picture(stack, offset, shape, memory, out.data_ptr<at::BFloat16>() + at);
  }
}

std::int64_t PaddedChannels(std::int64_t channels, const torch::TensorOptions& options) {
  if (!options.device().is_cuda() || options.dtype() != torch::kBFloat16) return channels;
  return (channels + 7) / 8 * 8;
}

torch::Tensor MakePictures(std::int64_t batch, std::int64_t channels, std::int64_t size,
                           const torch::TensorOptions& options) {
  return torch::zeros({batch, size, size, PaddedChannels(channels, options)}, options)
      .permute({0, 3, 1, 2})
      .narrow(1, 0, channels);
}

torch::Tensor GatherStackCropPlain(const torch::Tensor& frames, const torch::Tensor& slots,
                                   const torch::Tensor& offsets, std::int64_t crop,
                                   torch::ScalarType dtype) {
  const auto batch = slots.size(0);
  const auto depth = slots.size(1);
  const auto channels = frames.size(3);
  const auto range = torch::arange(crop, slots.options());
  const auto frame = slots.view({batch, depth, 1, 1});
  const auto row = (offsets.select(1, 0).unsqueeze(1) + range)
                       .clamp(0, frames.size(1) - 1)
                       .view({batch, 1, crop, 1});
  const auto column = (offsets.select(1, 1).unsqueeze(1) + range)
                          .clamp(0, frames.size(2) - 1)
                          .view({batch, 1, 1, crop});
  const auto pixels = frames.index({frame, row, column});  // [B, K, crop, crop, C]
  return pixels.permute({0, 1, 4, 2, 3})
      .reshape({batch, depth * channels, crop, crop})
      .to(torch::kFloat32)
      .div(255.0)
      .to(dtype)
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor CenterCrop(const torch::Tensor& images, std::int64_t crop) {
  const auto top = (images.size(2) - crop) / 2;
  const auto left = (images.size(3) - crop) / 2;
  return images.narrow(2, top, crop).narrow(3, left, crop);
}

}  // namespace curl_rl::replay
