// Augmentations beside what torchvision, kornia and colorsys gave, and beside the code of RAD, DrQ,
// DrQ-v2 and SAC+AE redone from its draws (tests/golden/augmentations.pt).
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <iterator>

#include "encoders/augmentations.h"
#include "encoders/augmentations/color.h"
#include "encoders/augmentations/geometry.h"
#include "tests/encoders/recording.h"

namespace curl_rl::encoders {
namespace {

using torch::Tensor;
using AugmentationsGolden = Golden;
INSTANTIATE_TEST_SUITE_P(Each, AugmentationsGolden, testing::ValuesIn(AllNumbers()), NumbersName);

// Every row is changed.
AugmentationSpec Always(const std::string& kind) {
  auto spec = DefaultAugmentation(kind);
  spec.probability = 1.0;
  return spec;
}

Tensor Levels(const Tensor& pixels) { return (pixels * 255.0).round(); }

class Pictures {
 public:
  Pictures(const Numbers& numbers)
      : recorded("augmentations", numbers),
        dtype(numbers.dtype),
        frames(recorded.Input("frames").to(dtype) / 255.0),
        small(recorded.Input("small").to(dtype) / 255.0) {}

  // The numbers `name` in columns, [B] each.
  Tensor Column(const std::string& name, std::int64_t column) {
    return recorded.Input(name).detach().select(1, column);
  }
  Tensor Value(const std::string& name) { return recorded.Input(name).detach(); }
  Drawn Box(const std::string& name) {
    return {{"top", Column(name, 0)},
            {"left", Column(name, 1)},
            {"height", Column(name, 2)},
            {"width", Column(name, 3)}};
  }

  Recording recorded;
  torch::ScalarType dtype;
  Tensor frames, small;  // [B, 9, H, W]
};

TEST_P(AugmentationsGolden, AreThoseOfTheLibraries) {
  Pictures pictures(GetParam());
  auto& recorded = pictures.recorded;
  const auto& frames = pictures.frames;
  const auto& small = pictures.small;

  // 1. Whole-pixel geometry, exactly.
  auto spec = Always("crop");
  spec.size = recorded.Raw("crop.out").size(3);
  recorded.Expect("crop.out", Levels(Augment(frames, spec,
                                             {{"top", pictures.Column("crop.offsets", 0)},
                                              {"left", pictures.Column("crop.offsets", 1)}})));
  EXPECT_EQ(recorded.Whole("center_crop.offset"), (frames.size(3) - spec.size) / 2);
  auto window = Always("window");
  window.size = spec.size;
  const auto third = [](const Tensor& pixels) {
    return pixels.slice(2, 0, pixels.size(2), 3).slice(3, 0, pixels.size(3), 3);
  };
  recorded.Expect("window.out",
                  Levels(third(Augment(frames, window,
                                       {{"top", pictures.Column("window.offsets", 0)},
                                        {"left", pictures.Column("window.offsets", 1)}}))));
  spec = Always("translate");
  spec.size = 3 * recorded.Raw("translate.out").size(3);
  recorded.Expect("translate.out",
                  Levels(third(Augment(frames, spec,
                                       {{"top", pictures.Column("translate.offsets", 0)},
                                        {"left", pictures.Column("translate.offsets", 1)}}))));
  spec = Always("shift");
  spec.pad = recorded.Whole("shift.pad");
  // Of the centre crop.
  const auto side = recorded.Raw("shift.out").size(3);
  const auto start = (frames.size(3) - side) / 2;
  recorded.Expect("shift.out",
                  Levels(Augment(frames.narrow(2, start, side).narrow(3, start, side), spec,
                                 {{"top", pictures.Column("shift.offsets", 0)},
                                  {"left", pictures.Column("shift.offsets", 1)}})));
  // What DrQ-v2's float32 interpolation makes of the same, in grey levels: tested below.
  EXPECT_LT(recorded.Number("shift.drqv2_float32_error"), 0.01);
  spec = Always("flip");
  recorded.Expect("flip.horizontal", Levels(Augment(small, spec, {})));
  spec.axis = "vertical";
  recorded.Expect("flip.vertical", Levels(Augment(small, spec, {})));
  for (int turns = 1; turns <= 3; ++turns) {
    recorded.Expect(
        "rot90." + std::to_string(turns),
        Levels(Augment(small, Always("quarter_turns"),
                       {{"quarter_turns", torch::full({small.size(0)}, turns, Whole())}})));
  }
  recorded.Expect("cutout.out", Levels(Augment(small, Always("cutout"),
                                               pictures.Box("cutout.top_left_height_width"))));
  auto colored = pictures.Box("cutout.top_left_height_width");
  colored["color"] = pictures.Value("cutout_color.color").to(pictures.dtype) / 255.0;
  recorded.Expect("cutout_color.out", Levels(Augment(small, Always("cutout_color"), colored)));
  const auto patches =
      Patches(small, recorded.Whole("patches.size"), recorded.Whole("patches.stride"));
  recorded.Expect("patches.out", Levels(patches.narrow(0, 0, recorded.Raw("patches.out").size(0))));

  // 2. Interpolated geometry.
  const auto matrix = AffineMatrix(pictures.Value("affine.degrees_tx_ty_scale_shearx_sheary"),
                                   small.size(2), small.size(3));
  recorded.Expect("affine.source_from_output_xy", matrix);
  spec = Always("affine");
  const Drawn affine = {{"affine", pictures.Value("affine.degrees_tx_ty_scale_shearx_sheary")}};
  recorded.Expect("affine.border", Augment(small, spec, affine));
  spec.border = "zeros";
  recorded.Expect("affine.zeros", Augment(small, spec, affine));
  spec = Always("rotate");
  const Drawn degrees = {{"degrees", pictures.Value("rotate.degrees")}};
  recorded.Expect("rotate.border", Augment(small, spec, degrees));
  spec.border = "zeros";
  recorded.Expect("rotate.zeros", Augment(small, spec, degrees));
  spec.sampling = "nearest";
  recorded.Expect("rotate.nearest", Augment(small, spec, degrees));
  auto subpixel = Always("subpixel_shift");
  subpixel.pad = recorded.Whole("shift.pad");
  recorded.Expect("subpixel.out",
                  Augment(small, subpixel,
                          {{"shift_row", pictures.Column("subpixel.shift_row_col", 0)},
                           {"shift_column", pictures.Column("subpixel.shift_row_col", 1)}}));
  recorded.Expect("resized_crop.out", Augment(small, Always("resized_crop"),
                                              pictures.Box("resized_crop.top_left_height_width")));

  // 3. Colours, filters and noise.
  const Drawn jitter = {{"brightness", pictures.Value("color.brightness")},
                        {"contrast", pictures.Value("color.contrast")},
                        {"saturation", pictures.Value("color.saturation")},
                        {"hue", pictures.Value("color.hue")}};
  recorded.Expect("brightness.out", AdjustBrightness(small, jitter.at("brightness")));
  recorded.Expect("contrast.out", AdjustContrast(small, jitter.at("contrast")));
  recorded.Expect("saturation.out", AdjustSaturation(small, jitter.at("saturation")));
  recorded.Expect("hue.out", AdjustHue(small, jitter.at("hue")));
  recorded.Expect("hsv.of_small", ToHsv(small));
  recorded.Expect("jitter.brightness_contrast_saturation_hue",
                  Augment(small, Always("color_jitter"), jitter));
  auto rad = jitter;
  // RAD adds 1e-8 to its divisors, colorsys does not.
  rad["contrast_first"] = torch::ones({}, Whole()).to(torch::kBool);
  recorded.Expect("rad_jitter.contrast_then_hsv", Augment(small, Always("rad_color_jitter"), rad),
                  1e-6);
  rad["contrast_first"] = torch::zeros({}, Whole()).to(torch::kBool);
  recorded.Expect("rad_jitter.hsv_then_contrast", Augment(small, Always("rad_color_jitter"), rad),
                  1e-6);
  recorded.Expect("grayscale.out", Augment(small, Always("grayscale"), {}));
  spec = Always("intensity");
  spec.scale_deviation = recorded.Number("intensity.scale");
  recorded.Expect("intensity.out",
                  Augment(small, spec, {{"normal", pictures.Value("intensity.normal")}}));
  recorded.Expect("random_conv.out", Augment(small, Always("random_conv"),
                                             {{"weight", pictures.Value("random_conv.weight")}}));
  spec = Always("blur");
  spec.kernel = recorded.Whole("blur.kernel_size");
  recorded.Expect("blur.out", Augment(small, spec, {{"sigma", pictures.Value("blur.sigma")}}));
  spec = Always("noise");
  spec.noise = recorded.Number("gaussian_noise.sigma");
  const auto normal = pictures.Value("gaussian_noise.seedless_normal");
  recorded.Expect("gaussian_noise.out",
                  Augment(small.slice(2, 0, normal.size(2)).slice(3, 0, normal.size(3)), spec,
                          {{"normal", normal}}));
  spec = Always("salt_pepper");
  spec.salt = recorded.Number("salt_pepper.salt_share");
  recorded.Expect(
      "salt_pepper.out",
      Levels(Augment(small, spec,
                     {{"amount", pictures.Value("salt_pepper.amount").expand({small.size(0)})},
                      {"pixel", pictures.Value("salt_pepper.uniform")}})));
}

// The published code, redone from its draws.
class PublishedAugmentations : public testing::Test {
 protected:
  PublishedAugmentations() {
    const std::string path = CURL_RL_SOURCE_DIR "/tests/golden/augmentations.pt";
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                  std::istreambuf_iterator<char>());
    for (const auto& item : torch::jit::pickle_load(bytes).toGenericDict()) {
      tensors_[item.key().toStringRef()] = item.value().toTensor();
    }
  }

  const Tensor& Raw(const std::string& name) const { return tensors_.at(name); }

  // Pixels of `name`, float32 in [0, 1].
  Tensor Pixels(const std::string& name) const {
    const auto& pixels = Raw(name);
    return pixels.is_floating_point() ? pixels : pixels.to(torch::kFloat32) / 255.0;
  }

  // Grey levels exactly as recorded.
  void ExpectLevels(const std::string& name, const Tensor& ours) const {
    EXPECT_TRUE(Levels(ours).to(torch::kUInt8).equal(Raw(name))) << name;
  }

  void ExpectNear(const std::string& name, const Tensor& ours, double tolerance) const {
    ASSERT_EQ(ours.sizes(), Raw(name).sizes()) << name;
    EXPECT_LE((ours - Raw(name)).abs().max().item<double>(), tolerance) << name;
  }

  std::map<std::string, Tensor> tensors_;
};

Tensor Same(std::int64_t rows, std::int64_t value) {
  return torch::full({rows}, value, torch::kInt64);
}

TEST_F(PublishedAugmentations, Rad) {
  const auto cropped = Pixels("rad.crop.input");
  auto crop = DefaultAugmentation("crop");
  crop.size = Raw("rad.crop.output").size(3);
  ExpectLevels(
      "rad.crop.output",
      Augment(cropped, crop, {{"top", Raw("rad.crop.top")}, {"left", Raw("rad.crop.left")}}));
  const auto middle = Same(cropped.size(0), (cropped.size(3) - crop.size) / 2);
  ExpectLevels("rad.crop.center", Augment(cropped, crop, {{"top", middle}, {"left", middle}}));

  const auto rendered = Pixels("rad.translate.input");
  auto translate = DefaultAugmentation("translate");
  translate.size = Raw("rad.translate.output").size(3);
  crop.size = 100;
  const auto border = Same(rendered.size(0), (rendered.size(3) - crop.size) / 2);
  const auto inner = Augment(rendered, crop, {{"top", border}, {"left", border}});
  ExpectLevels("rad.translate.output",
               Augment(inner, translate,
                       {{"top", Raw("rad.translate.top")}, {"left", Raw("rad.translate.left")}}));
  const auto rows = Raw("rad.translate.center").size(0);
  ExpectLevels("rad.translate.center",
               Augment(inner, translate, {{"top", border}, {"left", border}}).narrow(0, 0, rows));

  for (const std::string name : {"rad.cutout", "rad.cutout_color"}) {
    const auto& h1 = Raw(name + ".h1");  // the box's row and its height alike
    const auto& w1 = Raw(name + ".w1");
    // cutout_color's colours were cast to whole numbers: black too.
    ExpectLevels(name + ".output",
                 Augment(Pixels(name + ".input"), DefaultAugmentation("cutout"),
                         {{"top", h1}, {"left", w1}, {"height", h1}, {"width", w1}}));
  }

  auto flip = DefaultAugmentation("flip");
  flip.probability = 0.2;
  ExpectNear("rad.flip.output",
             Augment(Pixels("rad.flip.input"), flip, {{"uniform", Raw("rad.flip.uniform")}}), 0.0);
  ExpectNear("rad.rotate.output",
             Augment(Pixels("rad.rotate.input"), DefaultAugmentation("quarter_turns"),
                     {{"uniform", Raw("rad.rotate.uniform")},
                      {"quarter_turns", Raw("rad.rotate.quarter_turns")}}),
             0.0);
  ExpectNear("rad.grayscale.output",
             Augment(Pixels("rad.grayscale.input"), DefaultAugmentation("rad_grayscale"),
                     {{"uniform", Raw("rad.grayscale.uniform")}}),
             0.0);
  // Sums of 27 terms in another order.
  ExpectNear("rad.rand_conv.output",
             Augment(Pixels("rad.rand_conv.input"), DefaultAugmentation("random_conv"),
                     {{"weight", Raw("rad.rand_conv.weight")}}),
             1e-6);
}

TEST_F(PublishedAugmentations, RadColorJitter) {
  for (const std::string order : {"contrast_first", "contrast_last"}) {
    const std::string name = "rad.color_jitter." + order;
    const Drawn drawn = {
        {"contrast_first", torch::full({}, order == "contrast_first", torch::kBool)},
        {"brightness", Raw(name + ".brightness")},
        {"hue", Raw(name + ".hue")},
        {"saturation", Raw(name + ".saturation")},
        {"contrast", Raw(name + ".contrast")}};
    // The hue's sixths are worked out in another order, in float32.
    ExpectNear(
        name + ".output",
        Augment(Raw("rad.color_jitter.input"), DefaultAugmentation("rad_color_jitter"), drawn),
        5e-6);
  }
}

TEST_F(PublishedAugmentations, DrqsShifts) {
  const auto shift = DefaultAugmentation("shift");
  ExpectLevels("drq.crop.output",
               Augment(Pixels("drq.crop.input"), shift,
                       {{"top", Raw("drq.crop.top")}, {"left", Raw("drq.crop.left")}}));
  // DrQ-v2 samples between pixels in float32: at most 7e-4 of 255 from the whole-pixel shift.
  for (const std::string name : {"drqv2.shift", "drqv2.shift_all"}) {
    const auto input = Raw(name + ".input").to(torch::kFloat32);
    const auto left = Raw(name + ".shift").select(1, 0), top = Raw(name + ".shift").select(1, 1);
    ExpectNear(name + ".output",
               Cut(input, top - shift.pad, left - shift.pad, input.size(2), input.size(3), true),
               7e-4);
  }
}

TEST_F(PublishedAugmentations, SacAesTargets) {
  ExpectNear("sac_ae.preprocess.output",
             Augment(Pixels("sac_ae.preprocess.input"), DefaultAugmentation("quantize"),
                     {{"pixel", Raw("sac_ae.preprocess.uniform")}}),
             0.0);
}

}  // namespace
}  // namespace curl_rl::encoders
