// Colours, noise and filters of frame stacks: pixels [B, K*3, H, W] in [0, 1]; factors [B], the
// same for a row's frames, each of which is treated by itself.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// Luma 0.2989 R + 0.587 G + 0.114 B of each frame in its three channels.
torch::Tensor Grayscale(const torch::Tensor& pixels);

/// The same in whole grey levels, cut off to an integer of 0..255 as RAD does.
torch::Tensor RadGrayscale(const torch::Tensor& pixels);

/// torchvision's adjustments, clamped to [0, 1]: times the factor; about the frame's mean luma;
/// about each pixel's luma; the hue turned by `shift` (turns) in HSV.
torch::Tensor AdjustBrightness(const torch::Tensor& pixels, const torch::Tensor& factor);
torch::Tensor AdjustContrast(const torch::Tensor& pixels, const torch::Tensor& factor);
torch::Tensor AdjustSaturation(const torch::Tensor& pixels, const torch::Tensor& factor);
torch::Tensor AdjustHue(const torch::Tensor& pixels, const torch::Tensor& shift);

/// RAD's contrast: about the mean of each channel of each frame.
torch::Tensor RadContrast(const torch::Tensor& pixels, const torch::Tensor& factor);

/// RAD's colours: in HSV, V times `brightness`, H plus `hue` * 255/360, S times `saturation`.
torch::Tensor RadColors(const torch::Tensor& pixels, const torch::Tensor& brightness,
                        const torch::Tensor& hue, const torch::Tensor& saturation);

/// Hue (0..1), saturation and value of each frame, in the channels' places.
torch::Tensor ToHsv(const torch::Tensor& pixels);

/// A 3x3 convolution of each frame's colours by its row's `weight` [B, 3, 3, 3, 3] (output, input,
/// row, column), black around the picture; not clamped.
torch::Tensor ConvolveColors(const torch::Tensor& pixels, const torch::Tensor& weight);

/// Gaussian blur: `sigma` [B] pixels, `kernel` odd number of taps a side, the picture reflected
/// about its border pixels.
torch::Tensor Blur(const torch::Tensor& pixels, const torch::Tensor& sigma, std::int64_t kernel);

}  // namespace curl_rl::encoders
