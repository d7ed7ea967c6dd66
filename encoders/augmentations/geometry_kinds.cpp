// The augmentations that move pixels: what is drawn, what is done with it.
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "encoders/augmentations/geometry.h"
#include "encoders/augmentations/kinds.h"

namespace curl_rl::encoders::kinds {
namespace {

// top, left: int64 [B] in 0..`room`.
Drawn DrawPlace(at::IntArrayRef sizes, std::int64_t room_down, std::int64_t room_across,
                const at::Generator& generator) {
  if (room_down < 0 || room_across < 0) {
    std::ostringstream message;
    message << "augmentation: size: does not fit pictures of " << sizes[2] << " x " << sizes[3];
    throw std::invalid_argument(message.str());
  }
  Source source(sizes, generator);
  return {{"top", source.Integers({source.rows}, 0, room_down)},
          {"left", source.Integers({source.rows}, 0, room_across)}};
}

}  // namespace

std::vector<KindFunctions> GeometryKinds() {
  return {
      {"crop",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         return DrawPlace(sizes, sizes[2] - spec.size, sizes[3] - spec.size, generator);
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return Cut(pixels, drawn.at("top"), drawn.at("left"), spec.size, spec.size, true);
       }},
      {"shift",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         return DrawPlace(sizes, 2 * spec.pad, 2 * spec.pad, generator);
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return Cut(pixels, drawn.at("top") - spec.pad, drawn.at("left") - spec.pad, pixels.size(2),
                    pixels.size(3), true);
       }},
      {"subpixel_shift",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         const double farthest = 2.0 * static_cast<double>(spec.pad);
         return Drawn{{"shift_row", source.Uniform({source.rows}, 0.0, farthest)},
                      {"shift_column", source.Uniform({source.rows}, 0.0, farthest)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto column = drawn.at("shift_column").to(pixels.dtype()) - spec.pad;
         const auto row = drawn.at("shift_row").to(pixels.dtype()) - spec.pad;
         const auto zero = torch::zeros_like(column), one = torch::ones_like(column);
         const auto matrix = torch::stack({one, zero, column, zero, one, row}, 1).view({-1, 2, 3});
         return Warp(pixels, matrix, "edge", "bilinear");
       }},
      {"translate",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         return DrawPlace(sizes, spec.size - sizes[2], spec.size - sizes[3], generator);
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return Cut(pixels, -drawn.at("top"), -drawn.at("left"), spec.size, spec.size, false);
       }},
      {"window",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         return DrawPlace(sizes, sizes[2] - spec.size, sizes[3] - spec.size, generator);
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto side = torch::full_like(drawn.at("top"), spec.size);
         return torch::where(InBox(pixels, drawn.at("top"), drawn.at("left"), side, side), pixels,
                             torch::zeros_like(pixels));
       }},
      {"resized_crop",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         const auto area = source.Uniform({source.rows}, spec.area_min, spec.area_max);
         const double widest = std::log(4.0 / 3.0);  // SimCLR's shapes: 3/4 to 4/3
         const auto shape = source.Uniform({source.rows}, -widest, widest).exp();
         const auto side = [&](const Tensor& share, std::int64_t whole) {
           return (share.sqrt() * static_cast<double>(whole))
               .round()
               .to(torch::kInt64)
               .clamp(1, whole);
         };
         Drawn drawn;
         drawn["height"] = side(area / shape, source.height);
         drawn["width"] = side(area * shape, source.width);
         drawn["top"] = source.Place(drawn["height"], source.height);
         drawn["left"] = source.Place(drawn["width"], source.width);
         return drawn;
       },
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         return ResizedCrop(pixels, drawn.at("top"), drawn.at("left"), drawn.at("height"),
                            drawn.at("width"));
       }},
      {"flip", Nothing,
       [](const Tensor& pixels, const Spec& spec, const Drawn&) {
         return pixels.flip({spec.axis == "horizontal" ? 3 : 2});
       }},
      {"quarter_turns",
       [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         return Drawn{{"quarter_turns", source.Integers({source.rows}, 1, 3)}};
       },
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         return QuarterTurns(pixels, drawn.at("quarter_turns"));
       }},
      {"rotate",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         return Drawn{
             {"degrees", source.Uniform({source.rows}, spec.degrees_min, spec.degrees_max)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto degrees = drawn.at("degrees").to(pixels.dtype());
         const auto zero = torch::zeros_like(degrees), one = torch::ones_like(degrees);
         const auto affine = torch::stack({-degrees, zero, zero, one, zero, zero}, 1);
         return Warp(pixels, AffineMatrix(affine, pixels.size(2), pixels.size(3)), spec.border,
                     spec.sampling);
       }},
      {"affine",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         const auto each = [&](double low, double high) {
           return source.Uniform({source.rows}, low, high);
         };
         const double far_x = spec.translation * static_cast<double>(source.width);
         const double far_y = spec.translation * static_cast<double>(source.height);
         const auto degrees = each(spec.degrees_min, spec.degrees_max);
         const auto x = each(-far_x, far_x), y = each(-far_y, far_y);
         const auto zoom = each(spec.zoom_min, spec.zoom_max);
         const auto shear = each(-spec.shear, spec.shear);
         return Drawn{
             {"affine", torch::stack({degrees, x, y, zoom, shear, torch::zeros_like(shear)}, 1)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto affine = drawn.at("affine").to(pixels.dtype());
         return Warp(pixels, AffineMatrix(affine, pixels.size(2), pixels.size(3)), spec.border,
                     spec.sampling);
       }},
      {"patches",
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         const auto keys = source.Uniform({source.rows, spec.grid * spec.grid}, 0.0, 1.0);
         return Drawn{{"order", std::get<1>(keys.sort(1))}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return Jigsaw(pixels, drawn.at("order"), spec.grid);
       }}};
}

}  // namespace curl_rl::encoders::kinds
