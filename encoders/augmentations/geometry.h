// Where pixels come from: whole-pixel gathers, and one affine matrix a row with one interpolation.
// All pixels [B, C, H, W]; every row has numbers of its own.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace curl_rl::encoders {

/// out[i, j] = in[i + top, j + left], `height` x `width` pixels; outside the picture its edge
/// (`edge`) or black. `top`, `left` int64 [B], of any sign.
torch::Tensor Cut(const torch::Tensor& pixels, const torch::Tensor& top, const torch::Tensor& left,
                  std::int64_t height, std::int64_t width, bool edge);

/// Turned counter-clockwise by `quarter_turns` int64 [B]. Square pictures.
torch::Tensor QuarterTurns(const torch::Tensor& pixels, const torch::Tensor& quarter_turns);

/// `size` x `size` windows every `stride` pixels, row by row of windows: [B, windows, C, size,
/// size].
torch::Tensor Patches(const torch::Tensor& pixels, std::int64_t size, std::int64_t stride);

/// grid x grid tiles in another order: tile t of the result is tile order[t] (int64 [B, grid^2]).
torch::Tensor Jigsaw(const torch::Tensor& pixels, const torch::Tensor& order, std::int64_t grid);

/// True inside rows top .. top+height-1, columns left .. left+width-1: bool [B, 1, H, W].
torch::Tensor InBox(const torch::Tensor& pixels, const torch::Tensor& top,
                    const torch::Tensor& left, const torch::Tensor& height,
                    const torch::Tensor& width);

/// source (x, y) = M (x, y, 1) of a torchvision affine: [B, 2, 3], in pixel indices, about the
/// centre
/// ((W-1)/2, (H-1)/2). `parameters` [B, 6]: degrees (clockwise), shift in pixels (x, y), zoom,
/// shear in degrees (x, y). A rotation counter-clockwise by d is one of -d degrees.
torch::Tensor AffineMatrix(const torch::Tensor& parameters, std::int64_t height,
                           std::int64_t width);

/// The pictures seen through such matrices. `border` edge or zeros, `sampling` bilinear or nearest.
torch::Tensor Warp(const torch::Tensor& pixels, const torch::Tensor& matrix,
                   const std::string& border, const std::string& sampling);

/// The box `top`, `left`, `height`, `width` ([B] each, pixels) drawn to the whole picture, bilinear
/// between pixel centres; no pixel outside the box is read, and what of it is outside the picture
/// is black.
torch::Tensor ResizedCrop(const torch::Tensor& pixels, const torch::Tensor& top,
                          const torch::Tensor& left, const torch::Tensor& height,
                          const torch::Tensor& width);

}  // namespace curl_rl::encoders
