// From stored frames to what an encoder reads, in one pass: gather, stack, crop, convert.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace curl_rl::replay {

/// `frames`  uint8 [slots, H, W, C]
/// `slots`   int64 [B, K], the frames of each stack, oldest first
/// `offsets` int64 [B, 2], row and column of each window's top left pixel, the same for all frames
///           of a stack. A window may reach out of the frame: the edge's pixels are repeated.
/// Returns `dtype` [B, K*C, crop, crop] in channels-last memory, pixels divided by 255. All on one
/// device. Indices are the caller's responsibility.
torch::Tensor GatherStackCrop(const torch::Tensor& frames, const torch::Tensor& slots,
                              const torch::Tensor& offsets, std::int64_t crop,
                              torch::ScalarType dtype);

/// The same into `out`, which has the shape, memory and type of the result; in memory its pixels
/// may be PaddedChannels apart, what lies between is then zero.
void GatherStackCropOut(const torch::Tensor& frames, const torch::Tensor& slots,
                        const torch::Tensor& offsets, torch::Tensor& out);

/// Rows, columns and channels of a frame, frames of a stack, and side of its picture.
struct PictureShape {
  std::int64_t height, width, channels, depth, crop;
};

/// Memory that making a picture takes; the next one takes it again.
struct PictureRows {
  std::vector<std::uint8_t> interleaved, repeated;
  std::vector<const std::uint8_t*> rows;
};

/// Whether MakePicture can write into `out`: on the CPU, channels last, float32 or bfloat16.
bool TakesPictures(const torch::Tensor& out);

/// The picture `b` of `out` [B, K*C, crop, crop], to the same bits as GatherStackCropOut, of frames
/// that lie anywhere in the CPU's memory: `stack` K of them, uint8 [H, W, C], oldest first;
/// `offset`: row and column of the window.
void MakePicture(const std::uint8_t* const* stack, const std::int64_t* offset,
                 const PictureShape& shape, PictureRows& memory, const torch::Tensor& out,
                 std::int64_t b);

/// Channels that a pixel takes in memory: in bfloat16 on a GPU a multiple of 8, whose convolution
/// is two and a half times as fast (docs/cuda.md); elsewhere `channels`.
std::int64_t PaddedChannels(std::int64_t channels, const torch::TensorOptions& options);

/// A tensor [batch, channels, size, size] of zeros, channels last, with PaddedChannels in memory.
torch::Tensor MakePictures(std::int64_t batch, std::int64_t channels, std::int64_t size,
                           const torch::TensorOptions& options);

/// The same by tensor operations, for any device: the plain twin that the fast path is tested
/// against, bit for bit.
torch::Tensor GatherStackCropPlain(const torch::Tensor& frames, const torch::Tensor& slots,
                                   const torch::Tensor& offsets, std::int64_t crop,
                                   torch::ScalarType dtype);

/// The middle of each image: uint8 or floating [B, C, H, W] to [B, C, crop, crop], offset
/// (H - crop) / 2. A view.
torch::Tensor CenterCrop(const torch::Tensor& images, std::int64_t crop);

}  // namespace curl_rl::replay
