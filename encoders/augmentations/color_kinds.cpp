// The augmentations that change what pixels show: colours, filters, noise, boxes.
#include <algorithm>
#include <cmath>

#include "encoders/augmentations/color.h"
#include "encoders/augmentations/geometry.h"
#include "encoders/augmentations/kinds.h"

namespace curl_rl::encoders::kinds {
namespace {

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

}  // namespace

std::vector<KindFunctions> ColorKinds() {
  return {{"grayscale", Nothing,
           [](const Tensor& pixels, const Spec&, const Drawn&) { return Grayscale(pixels); }},
          {"rad_grayscale", Nothing,
           [](const Tensor& pixels, const Spec&, const Drawn&) { return RadGrayscale(pixels); }},
          {"color_jitter",
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
           [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
             Source source(sizes, generator);
             return Drawn{{"normal", source.Normal({source.rows})}};
           },
           [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
             const auto normal = drawn.at("normal").to(pixels.dtype()).clamp(-2.0, 2.0);
             return pixels * (1.0 + spec.scale_deviation * normal).view({-1, 1, 1, 1});
           }},
          {"random_conv",
           [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
             Source source(sizes, generator);
             const double deviation =
                 std::sqrt(2.0 / 54.0);  // Xavier's of 27 inputs and 27 outputs
             return Drawn{{"weight", deviation * source.Normal({source.rows, 3, 3, 3, 3})}};
           },
           [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
             const auto out = ConvolveColors(pixels, drawn.at("weight"));
             if (spec.rescale == "never") return out;
             return torch::where(out.max().gt(1.0), out / 255.0, out);
           }},
          {"blur",
           [](const Spec& spec, at::IntArrayRef sizes, const at::Generator& generator) {
             Source source(sizes, generator);
             return Drawn{{"sigma", source.Uniform({source.rows}, spec.sigma_min, spec.sigma_max)}};
           },
           [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
             return Blur(pixels, drawn.at("sigma"), spec.kernel);
           }},
          {"noise",
           [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
             return Drawn{{"normal", Source(sizes, generator).Normal(sizes)}};
           },
           [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
             return (pixels + spec.noise * drawn.at("normal").to(pixels.dtype())).clamp(0.0, 1.0);
           }},
          {"salt_pepper",
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
          {"cutout", DrawBox,
           [](const Tensor& pixels, const Spec&, const Drawn& drawn) {
             return torch::where(Box(pixels, drawn), torch::zeros_like(pixels), pixels);
           }},
          {"cutout_color",
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
           [](const Spec&, at::IntArrayRef sizes, const at::Generator& generator) {
             return Drawn{{"pixel", Source(sizes, generator).Uniform(sizes, 0.0, 1.0)}};
           },
           [](const Tensor& pixels, const Spec& spec, const Drawn& drawn) {
             const double levels = static_cast<double>(std::int64_t{1} << spec.bits);
             const auto level = ((pixels * 255.0).round() * (levels / 256.0)).floor();
             return (level + drawn.at("pixel").to(pixels.dtype())) / levels - 0.5;
           }}};
}

}  // namespace curl_rl::encoders::kinds
