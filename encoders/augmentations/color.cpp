// Colours of pixels: brightness, contrast, saturation, hue, by formula.
#include "encoders/augmentations/color.h"

#include <stdexcept>
#include <string>

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

// [B, K*3, H, W] -> [B, K, 3, H, W]
Tensor Frames(const Tensor& pixels) { return pixels.unflatten(1, {pixels.size(1) / 3, 3}); }
Tensor Stack(const Tensor& frames) { return frames.flatten(1, 2); }

Tensor PerRow(const Tensor& factor, const Tensor& pixels) {
  return factor.to(pixels.dtype()).view({-1, 1, 1, 1, 1});
}

Tensor Clamp(const Tensor& pixels) { return pixels.clamp(0.0, 1.0); }

// [B, K, 3, H, W] -> [B, K, 1, H, W]
Tensor Luma(const Tensor& frames) {
  return 0.2989 * frames.narrow(2, 0, 1) + 0.587 * frames.narrow(2, 1, 1) +
         0.114 * frames.narrow(2, 2, 1);
}

Tensor Blend(const Tensor& frames, const Tensor& other, const Tensor& factor) {
  return Clamp(factor * frames + (1.0 - factor) * other);
}

struct Hsv {
  Tensor hue, saturation, value;  // [B, K, 1, H, W]
};

// `guard` is added to divisors, as RAD does; without one, grey has hue and saturation 0.
Hsv HsvOf(const Tensor& frames, double guard) {
  const auto red = frames.narrow(2, 0, 1), green = frames.narrow(2, 1, 1),
             blue = frames.narrow(2, 2, 1);
  const auto highest = frames.amax(2, true), spread = highest - frames.amin(2, true);
  const auto divisor = [guard](const Tensor& value) {
    return guard > 0.0 ? value + guard
                       : torch::where(value.gt(0.0), value, torch::ones_like(value));
  };
  const auto by = divisor(spread);
  // Colours that tie for the highest give the same hue.
  const auto sector =
      torch::where(blue.eq(highest), 4.0 + (red - green) / by,
                   torch::where(green.eq(highest), 2.0 + (blue - red) / by, (green - blue) / by));
  const auto grey = spread.eq(0.0);
  Hsv hsv;
  hsv.hue = torch::where(grey, torch::zeros_like(sector), (sector / 6.0).remainder(1.0));
  hsv.saturation = spread / divisor(highest);
  hsv.value = highest;
  return hsv;
}

Tensor RgbOf(const Hsv& hsv) {
  const auto channel = [&hsv](double offset) {
    const auto place = (6.0 * hsv.hue + offset).remainder(6.0);
    const auto share = torch::minimum(place, 4.0 - place).clamp(0.0, 1.0);
    return hsv.value - hsv.value * hsv.saturation * share;
  };
  return torch::cat({channel(5.0), channel(3.0), channel(1.0)}, 2);
}

// How a blurred line draws on the line, [B, side, side].
Tensor BlurMatrix(const Tensor& sigma, std::int64_t kernel, std::int64_t side) {
  const auto reach = kernel / 2;
  if (kernel % 2 == 0 || reach >= side) {
    throw std::invalid_argument("Blur: kernel: got " + std::to_string(kernel) +
                                ", allowed odd and below " + std::to_string(2 * side));
  }
  const auto place = torch::arange(side, sigma.options().dtype(torch::kInt64));
  auto matrix = torch::zeros({sigma.size(0), side, side}, sigma.options());
  auto total = torch::zeros({sigma.size(0), 1, 1}, sigma.options());
  for (std::int64_t offset = -reach; offset <= reach; ++offset) {
    const auto tap = (-0.5 * (static_cast<double>(offset) / sigma).square()).exp().view({-1, 1, 1});
    const auto past = (place + offset).abs();  // reflected at the start, then at the end
    const auto source = torch::minimum(past, 2 * (side - 1) - past);
    matrix = matrix + tap * source.unsqueeze(1).eq(place.unsqueeze(0)).to(sigma.dtype());
    total = total + tap;
  }
  return matrix / total;
}

}  // namespace

Tensor Grayscale(const Tensor& pixels) {
  const auto frames = Frames(pixels);
  return Stack(Luma(frames).expand_as(frames));
}

Tensor RadGrayscale(const Tensor& pixels) {
  const auto levels = (Frames(pixels) * 255.0).floor();
  return Stack((Luma(levels).floor() / 255.0).expand_as(levels));
}

Tensor AdjustBrightness(const Tensor& pixels, const Tensor& factor) {
  const auto frames = Frames(pixels);
  return Stack(Clamp(frames * PerRow(factor, pixels)));
}

Tensor AdjustContrast(const Tensor& pixels, const Tensor& factor) {
  const auto frames = Frames(pixels);
  return Stack(Blend(frames, Luma(frames).mean({3, 4}, true), PerRow(factor, pixels)));
}

Tensor AdjustSaturation(const Tensor& pixels, const Tensor& factor) {
  const auto frames = Frames(pixels);
  return Stack(Blend(frames, Luma(frames), PerRow(factor, pixels)));
}

Tensor AdjustHue(const Tensor& pixels, const Tensor& shift) {
  auto hsv = HsvOf(Frames(pixels), 0.0);
  hsv.hue = (hsv.hue + PerRow(shift, pixels)).remainder(1.0);
  return Stack(Clamp(RgbOf(hsv)));
}

Tensor RadContrast(const Tensor& pixels, const Tensor& factor) {
  const auto frames = Frames(pixels);
  const auto mean = frames.mean({3, 4}, true);
  return Stack(Clamp((frames - mean) * PerRow(factor, pixels) + mean));
}

Tensor RadColors(const Tensor& pixels, const Tensor& brightness, const Tensor& hue,
                 const Tensor& saturation) {
  auto hsv = HsvOf(Frames(pixels), 1e-8);
  hsv.value = Clamp(hsv.value * PerRow(brightness, pixels));
  hsv.hue = (hsv.hue + PerRow(hue, pixels) * 255.0 / 360.0).remainder(1.0);
  hsv.saturation = Clamp(hsv.saturation * PerRow(saturation, pixels));
  return Stack(Clamp(RgbOf(hsv)));
}

Tensor ToHsv(const Tensor& pixels) {
  const auto hsv = HsvOf(Frames(pixels), 0.0);
  return Stack(torch::cat({hsv.hue, hsv.saturation, hsv.value}, 2));
}

Tensor ConvolveColors(const Tensor& pixels, const Tensor& weight) {
  const auto rows = pixels.size(0);
  // Frames become the batch, rows the groups.
  const auto frames = Frames(pixels).transpose(0, 1).flatten(1, 2);  // [K, B*3, H, W]
  const auto kernels = weight.to(pixels.dtype()).flatten(0, 1);      // [B*3, 3, 3, 3]
  const auto out = torch::conv2d(frames, kernels, {}, 1, 1, 1, rows);
  return out.unflatten(1, {rows, 3}).transpose(0, 1).flatten(1, 2);
}

Tensor Blur(const Tensor& pixels, const Tensor& sigma, std::int64_t kernel) {
  const auto of_row = sigma.to(pixels.dtype());
  const auto down = BlurMatrix(of_row, kernel, pixels.size(2)).unsqueeze(1);
  const auto across = BlurMatrix(of_row, kernel, pixels.size(3)).unsqueeze(1);
  return down.matmul(pixels).matmul(across.transpose(2, 3));
}

}  // namespace curl_rl::encoders
