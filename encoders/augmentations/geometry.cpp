// Geometry of pixels: one matrix and one gather for all that moves them.
#include "encoders/augmentations/geometry.h"

#include <cmath>
#include <stdexcept>

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

Tensor Range(std::int64_t length, const Tensor& like) {
  return torch::arange(length, like.options());
}

// out[i, j] = in[row[i, j], column[i, j]]; both int64, broadcastable to [B, H', W'].
Tensor Take(const Tensor& pixels, const Tensor& row, const Tensor& column) {
  const auto flat = row * pixels.size(3) + column;  // [B, H', W']
  const auto rows = pixels.size(0), channels = pixels.size(1);
  const auto index = flat.expand({rows, flat.size(1), flat.size(2)})
                         .reshape({rows, 1, -1})
                         .expand({rows, channels, -1});
  return pixels.flatten(2).gather(2, index).view({rows, channels, flat.size(1), flat.size(2)});
}

// The picture at sources in pixel indices, [B, H', W'] each.
Tensor Sample(const Tensor& pixels, const Tensor& x, const Tensor& y, bool edge, bool nearest) {
  const double width = static_cast<double>(pixels.size(3)),
               height = static_cast<double>(pixels.size(2));
  if (width < 2 || height < 2) {
    throw std::invalid_argument(
        "Sample: pixels: got one row or column, allowed at least 2 of each");
  }
  const auto grid =
      torch::stack({2.0 * x / (width - 1.0) - 1.0, 2.0 * y / (height - 1.0) - 1.0}, 3);
  return torch::grid_sampler(pixels, grid.to(pixels.dtype()), nearest ? 1 : 0, edge ? 1 : 0, true);
}

}  // namespace

Tensor Cut(const Tensor& pixels, const Tensor& top, const Tensor& left, std::int64_t height,
           std::int64_t width, bool edge) {
  const auto row = top.view({-1, 1}) + Range(height, top);      // [B, height]
  const auto column = left.view({-1, 1}) + Range(width, left);  // [B, width]
  const auto last_row = pixels.size(2) - 1, last_column = pixels.size(3) - 1;
  const auto out =
      Take(pixels, row.clamp(0, last_row).unsqueeze(2), column.clamp(0, last_column).unsqueeze(1));
  if (edge) return out;
  const auto inside =
      row.ge(0)
          .logical_and(row.le(last_row))
          .unsqueeze(2)
          .logical_and(column.ge(0).logical_and(column.le(last_column)).unsqueeze(1));
  return torch::where(inside.unsqueeze(1), out, torch::zeros_like(out));
}

Tensor QuarterTurns(const Tensor& pixels, const Tensor& quarter_turns) {
  if (pixels.size(2) != pixels.size(3)) {
    throw std::invalid_argument("QuarterTurns: got pictures of " + std::to_string(pixels.size(2)) +
                                " x " + std::to_string(pixels.size(3)) + ", allowed square ones");
  }
  const auto last = pixels.size(2) - 1;
  const auto turns = quarter_turns.remainder(4).view({-1, 1, 1});
  const auto i = Range(last + 1, quarter_turns).view({1, -1, 1});
  const auto j = Range(last + 1, quarter_turns).view({1, 1, -1});
  const auto choose = [&](const Tensor& at0, const Tensor& at1, const Tensor& at2,
                          const Tensor& at3) {
    return torch::where(turns.eq(0), at0,
                        torch::where(turns.eq(1), at1, torch::where(turns.eq(2), at2, at3)));
  };
  return Take(pixels, choose(i, j, last - i, last - j), choose(j, last - i, last - j, i));
}

Tensor Patches(const Tensor& pixels, std::int64_t size, std::int64_t stride) {
  const auto windows = pixels.unfold(2, size, stride).unfold(3, size, stride);
  return windows.permute({0, 2, 3, 1, 4, 5}).flatten(1, 2);
}

Tensor Jigsaw(const Tensor& pixels, const Tensor& order, std::int64_t grid) {
  const auto height = pixels.size(2) / grid, width = pixels.size(3) / grid;
  if (height * grid != pixels.size(2) || width * grid != pixels.size(3)) {
    throw std::invalid_argument("Jigsaw: got pictures of " + std::to_string(pixels.size(2)) +
                                " x " + std::to_string(pixels.size(3)) + ", allowed multiples of " +
                                std::to_string(grid));
  }
  const auto i = Range(pixels.size(2), order).view({1, -1, 1});
  const auto j = Range(pixels.size(3), order).view({1, 1, -1});
  const auto place = i.floor_divide(height) * grid + j.floor_divide(width);  // [1, H, W]
  const auto rows = order.size(0);
  const auto tile =
      order.gather(1, place.flatten(1).expand({rows, -1})).view({rows, i.size(1), -1});
  return Take(pixels, tile.floor_divide(grid) * height + i.remainder(height),
              tile.remainder(grid) * width + j.remainder(width));
}

Tensor InBox(const Tensor& pixels, const Tensor& top, const Tensor& left, const Tensor& height,
             const Tensor& width) {
  const auto within = [](const Tensor& start, const Tensor& length, const Tensor& place) {
    const auto first = start.view({-1, 1});
    return place.ge(first).logical_and(place.lt(first + length.view({-1, 1})));  // [B, side]
  };
  const auto rows = within(top, height, Range(pixels.size(2), top));
  const auto columns = within(left, width, Range(pixels.size(3), left));
  return rows.unsqueeze(2).logical_and(columns.unsqueeze(1)).unsqueeze(1);
}

Tensor AffineMatrix(const Tensor& parameters, std::int64_t height, std::int64_t width) {
  const double to_radians = std::acos(-1.0) / 180.0;
  const auto part = [&](std::int64_t i) { return parameters.select(1, i); };  // [B]
  const auto turn = part(0) * to_radians, zoom = part(3);
  const auto shear_x = part(4) * to_radians, shear_y = part(5) * to_radians;
  // Rotation after both shears; the source of an output pixel is its inverse.
  const auto a = (turn - shear_y).cos() / shear_y.cos();
  const auto b = -a * shear_x.tan() - turn.sin();
  const auto c = (turn - shear_y).sin() / shear_y.cos();
  const auto d = -c * shear_x.tan() + turn.cos();
  const double x0 = 0.5 * static_cast<double>(width - 1),
               y0 = 0.5 * static_cast<double>(height - 1);
  const auto xx = d / zoom, xy = -b / zoom, yx = -c / zoom, yy = a / zoom;
  const auto dx = -part(1) - x0, dy = -part(2) - y0;
  const auto x_row = torch::stack({xx, xy, xx * dx + xy * dy + x0}, 1);
  const auto y_row = torch::stack({yx, yy, yx * dx + yy * dy + y0}, 1);
  return torch::stack({x_row, y_row}, 1);
}

Tensor Warp(const Tensor& pixels, const Tensor& matrix, const std::string& border,
            const std::string& sampling) {
  const auto y = Range(pixels.size(2), matrix).view({1, -1, 1});
  const auto x = Range(pixels.size(3), matrix).view({1, 1, -1});
  const auto entry = [&](std::int64_t i, std::int64_t j) {
    return matrix.select(1, i).select(1, j).view({-1, 1, 1});
  };
  return Sample(pixels, entry(0, 0) * x + entry(0, 1) * y + entry(0, 2),
                entry(1, 0) * x + entry(1, 1) * y + entry(1, 2), border == "edge",
                sampling == "nearest");
}

Tensor ResizedCrop(const Tensor& pixels, const Tensor& top, const Tensor& left,
                   const Tensor& height, const Tensor& width) {
  // Centres of output pixels lie at (i + 1/2) height / H - 1/2 of the box, not outside its centres.
  const auto along = [&](const Tensor& start, const Tensor& length, std::int64_t side) {
    const auto first = start.to(pixels.dtype()).view({-1, 1});
    const auto share = length.to(pixels.dtype()).view({-1, 1}) / static_cast<double>(side);
    const auto inner = (Range(side, pixels) + 0.5) * share - 0.5;
    const auto last = length.to(pixels.dtype()).view({-1, 1}) - 1.0;
    return first + torch::minimum(inner.clamp_min(0.0), last);  // [B, side]
  };
  const auto rows = pixels.size(0), high = pixels.size(2), wide = pixels.size(3);
  const auto y = along(top, height, high).unsqueeze(2).expand({rows, high, wide});
  const auto x = along(left, width, wide).unsqueeze(1).expand({rows, high, wide});
  return Sample(pixels, x, y, false, false);
}

}  // namespace curl_rl::encoders
