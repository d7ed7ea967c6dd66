// The augmentations that change what pixels show: colours, filters, noise, boxes.
#include <algorithm>
#include <cmath>

#include "encoders/augmentations/color.h"
#include "encoders/augmentations/geometry.h"
#include "encoders/augmentations/kinds.h"

namespace curl_rl::encoders::kinds {
namespace {

std::vector<std::string> Orders() {
  std::vector<std::string> orders;
  std::string order = "bchs";
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

// A factor in 1 ± `range`, not below 0.
Tensor Factor(Source& source, double range) {
  return source.Uniform({source.rows}, std::max(0.0, 1.0 - range), 1.0 + range);
}

// height, width, top, left: int64 [B].
Drawn DrawBox(const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
  Source source(sizes, generator);
  Drawn drawn;
  drawn["width"] = source.Integers({source.rows}, spec.box_min, spec.box_max);
  drawn["height"] = source.Integers({source.rows}, spec.box_min, spec.box_max);
  const bool at_size = spec.corner == "size";
  drawn["top"] = at_size ? drawn["height"] : source.Place(drawn["height"], source.height);
  drawn["left"] = at_size ? drawn["width"] : source.Place(drawn["width"], source.width);
  return drawn;
}

Tensor Box(const Tensor& pixels, const Drawn& drawn) {
  return InBox(pixels, drawn.at("top"), drawn.at("left"), drawn.at("height"), drawn.at("width"));
}

std::vector<Parameter> BoxParameters() {
  return {Probability(1.0), Whole("box_min", &Spec::box_min, 10, 1, 1000, "smallest side, pixels"),
          Whole("box_max", &Spec::box_max, 29, 1, 1000, "largest side, pixels"),
          Choice("corner", &Spec::corner, "anywhere", {"anywhere", "size"},
                 "where it lies: anywhere inside; size: row = height, column = width, as RAD's")};
}

}  // namespace

std::vector<AugmentationKind> ColorKinds() {
  const auto factor = [](const char* name, double Spec::*member, double initial,
                         const char* meaning) {
    return Number(name, member, initial, 0.0, 10.0, meaning);
  };
  return {
      {"grayscale",
       "luma in all three channels; draws nothing more",
       {Probability(0.2)},
       Nothing,
       [](const Tensor& pixels, const Spec&, const Drawn&) { return Grayscale(pixels); }},
      {"rad_grayscale",
       "the same in whole grey levels, cut off as RAD does; draws nothing more",
       {Probability(0.3)},
       Nothing,
       [](const Tensor& pixels, const Spec&, const Drawn&) { return RadGrayscale(pixels); }},
      {"color_jitter",
       "torchvision's jitter in a given order; draws brightness, contrast, saturation, hue",
       {Probability(0.8), factor("brightness", &Spec::brightness, 0.4, "factor in 1 ± this"),
        factor("contrast", &Spec::contrast, 0.4, "about the mean luma, factor in 1 ± this"),
        factor("saturation", &Spec::saturation, 0.4, "about the luma, factor in 1 ± this"),
        Number("hue", &Spec::hue, 0.1, 0.0, 0.5, "shift in ± this, turns"),
        Choice("order", &Spec::order, "bcsh", Orders(),
               "of brightness, contrast, saturation, hue by their first letters")},
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         Drawn drawn;
         drawn["brightness"] = Factor(source, spec.brightness);
         drawn["contrast"] = Factor(source, spec.contrast);
         drawn["saturation"] = Factor(source, spec.saturation);
         drawn["hue"] = source.Uniform({source.rows}, -spec.hue, spec.hue);
         return drawn;
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         auto out = pixels;
         for (const char step : spec.order) {
           if (step == 'b') out = AdjustBrightness(out, drawn.at("brightness"));
           if (step == 'c') out = AdjustContrast(out, drawn.at("contrast"));
           if (step == 's') out = AdjustSaturation(out, drawn.at("saturation"));
           if (step == 'h') out = AdjustHue(out, drawn.at("hue"));
         }
         return out;
       }},
      {"rad_color_jitter",
       "RAD's jitter in HSV, contrast before or after; draws those of color_jitter, contrast_first",
       {Probability(1.0), factor("brightness", &Spec::brightness, 0.4, "factor in 1 ± this"),
        factor("contrast", &Spec::contrast, 0.4, "about each channel's mean, factor in 1 ± this"),
        factor("saturation", &Spec::saturation, 0.4, "factor in 1 ± this"),
        Number("hue", &Spec::hue, 0.5, 0.0, 0.5, "shift in ± this, times 255/360 turns")},
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         Drawn drawn;
         drawn["contrast_first"] = source.Integers({}, 0, 1).to(torch::kBool);  // for the batch
         drawn["brightness"] = Factor(source, spec.brightness);
         drawn["hue"] = source.Uniform({source.rows}, -spec.hue, spec.hue);
         drawn["saturation"] = Factor(source, spec.saturation);
         drawn["contrast"] = Factor(source, spec.contrast);
         return drawn;
       },
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         const auto& first = drawn.at("contrast_first");
         const auto& factors = drawn.at("contrast");
         const auto before = torch::where(first, RadContrast(pixels, factors), pixels);
         const auto colored =
             RadColors(before, drawn.at("brightness"), drawn.at("hue"), drawn.at("saturation"));
         return torch::where(first, colored, RadContrast(colored, factors));
       }},
      {"intensity",
       "times one factor a row, 1 + deviation clip(N(0, 1), ±2) (SPR); draws normal",
       {Probability(1.0), Number("scale_deviation", &Spec::scale_deviation, 0.05, 0.0, 0.5,
                                 "standard deviation of the factor")},
       [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         return Drawn{{"normal", source.Normal({source.rows})}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto normal = drawn.at("normal").to(pixels.dtype()).clamp(-2.0, 2.0);
         return pixels * (1.0 + spec.scale_deviation * normal).view({-1, 1, 1, 1});
       }},
      {"random_conv",
       "colours through a random 3x3 convolution, not clamped (RAD); draws weight [B, 3, 3, 3, 3]",
       {Probability(1.0)},
       [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         const double deviation = std::sqrt(2.0 / 54.0);  // Xavier's of 27 inputs and 27 outputs
         return Drawn{{"weight", deviation * source.Normal({source.rows, 3, 3, 3, 3})}};
       },
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         return ConvolveColors(pixels, drawn.at("weight"));
       }},
      {"blur",
       "Gaussian blur, reflected at the border (SimCLR); draws sigma",
       {Probability(0.5), Number("sigma_min", &Spec::sigma_min, 0.1, 0.01, 100.0, "pixels"),
        Number("sigma_max", &Spec::sigma_max, 2.0, 0.01, 100.0, "pixels"),
        Whole("kernel", &Spec::kernel, 9, 1, 199, "taps, odd")},
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         return Drawn{{"sigma", source.Uniform({source.rows}, spec.sigma_min, spec.sigma_max)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return Blur(pixels, drawn.at("sigma"), spec.kernel);
       }},
      {"noise",
       "plus Gaussian noise, clamped; draws normal [B, K*3, H, W], a pixel's",
       {Probability(1.0), Number("noise", &Spec::noise, 0.05, 0.0, 1.0, "standard deviation")},
       [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
         return Drawn{{"normal", Source(sizes, generator).Normal(sizes)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         return (pixels + spec.noise * drawn.at("normal").to(pixels.dtype())).clamp(0.0, 1.0);
       }},
      {"salt_pepper",
       "pixels of a stack white or black; draws amount, pixel [B, H, W], a pixel's",
       {Probability(1.0), Number("amount_min", &Spec::amount_min, 0.02, 0.0, 1.0, "least share"),
        Number("amount_max", &Spec::amount_max, 0.08, 0.0, 1.0, "greatest share"),
        Number("salt", &Spec::salt, 0.5, 0.0, 1.0, "share of the white ones among them")},
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         Source source(sizes, generator);
         return Drawn{
             {"amount", source.Uniform({source.rows}, spec.amount_min, spec.amount_max)},
             {"pixel", source.Uniform({source.rows, source.height, source.width}, 0.0, 1.0)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const auto amount = drawn.at("amount").view({-1, 1, 1});
         const auto white = drawn.at("pixel").lt(amount * spec.salt).unsqueeze(1);
         const auto hit = drawn.at("pixel").lt(amount).unsqueeze(1);
         return torch::where(hit, white.to(pixels.dtype()), pixels);
       }},
      {"cutout", "a black box; draws top, left, height, width", BoxParameters(), DrawBox,
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         return torch::where(Box(pixels, drawn), torch::zeros_like(pixels), pixels);
       }},
      {"cutout_color", "a box of one colour a channel; draws those of cutout and color [B, K*3]",
       BoxParameters(),
       [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
         auto drawn = DrawBox(spec, sizes, generator);
         drawn["color"] = Source(sizes, generator).Uniform({sizes[0], sizes[1]}, 0.0, 1.0);
         return drawn;
       },
       [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
         const auto color = drawn.at("color").to(pixels.dtype()).unsqueeze(2).unsqueeze(3);
         return torch::where(Box(pixels, drawn), color, pixels);
       }},
      {"quantize",
       "fewer grey levels, spread by noise, less 1/2 (SAC+AE's targets); draws pixel, a pixel's",
       {Whole("bits", &Spec::bits, 5, 1, 8, "grey levels are 2 to this")},
       [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
         return Drawn{{"pixel", Source(sizes, generator).Uniform(sizes, 0.0, 1.0)}};
       },
       [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
         const double levels = static_cast<double>(std::int64_t{1} << spec.bits);
         const auto level = ((pixels * 255.0).round() * (levels / 256.0)).floor();
         return (level + drawn.at("pixel").to(pixels.dtype())) / levels - 0.5;
       }},
  };
}

}  // namespace curl_rl::encoders::kinds
