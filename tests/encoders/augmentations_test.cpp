// What must hold of every augmentation of the list, and of how numbers are drawn.
#include "encoders/augmentations.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "encoders/augmentations/geometry.h"

namespace curl_rl::encoders {
namespace {

using torch::Tensor;

at::Generator Stream(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

// A stack of three frames in [0, 1].
Tensor Pixels(std::int64_t rows, std::int64_t side) {
  return torch::rand({rows, 9, side, side}, Stream(1));
}

// With settings that fit pictures of 24 pixels; every row is changed.
AugmentationSpec Small(const std::string& kind) {
  auto spec = DefaultAugmentation(kind);
  spec.probability = 1.0;
  spec.size = kind == "translate" ? 30 : 18;
  spec.box_min = 3;
  spec.box_max = 9;
  return spec;
}

bool Same(const Tensor& a, const Tensor& b) { return a.sizes() == b.sizes() && a.equal(b); }

class EveryAugmentation : public testing::TestWithParam<std::string> {};

std::vector<std::string> Kinds() {
  std::vector<std::string> names;
  for (const auto& kind : AugmentationKinds()) names.push_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Each, EveryAugmentation, testing::ValuesIn(Kinds()),
                         [](const auto& kind) { return kind.param; });

TEST_P(EveryAugmentation, ChangesPixelsAndNothingElse) {
  const auto spec = Small(GetParam());
  const auto pixels = Pixels(6, 24);
  const auto before = pixels.clone();
  const auto drawn = DrawAugmentation(spec, pixels.sizes(), Stream(2));
  Drawn drawn_before;
  for (const auto& [name, tensor] : drawn) {
    drawn_before[name] = tensor.clone();
    if (name != "contrast_first") {
      EXPECT_EQ(tensor.size(0), 6) << name;
    }
  }
  const auto out = Augment(pixels, spec, drawn);
  EXPECT_FALSE(Same(out, pixels));
  EXPECT_TRUE(pixels.equal(before));
  for (const auto& [name, tensor] : drawn) EXPECT_TRUE(tensor.equal(drawn_before.at(name))) << name;
  EXPECT_TRUE(out.isfinite().all().item<bool>());
  EXPECT_EQ(out.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(out.is_contiguous());
  EXPECT_TRUE(Same(out, Augment(pixels, spec, drawn)));
  // The other memory format: the same pixels in it, to a few roundings of sums in another order.
  const auto last = Augment(pixels.contiguous(at::MemoryFormat::ChannelsLast), spec, drawn);
  EXPECT_TRUE(last.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(last.allclose(out, 1e-5, 1e-5));
  // Half of the rows beside others: a row knows no other.
  Drawn first_half;
  for (const auto& [name, tensor] : drawn) {
    first_half[name] = tensor.dim() == 0 ? tensor : tensor.narrow(0, 0, 3);
  }
  EXPECT_TRUE(
      Augment(pixels.narrow(0, 0, 3), spec, first_half).allclose(out.narrow(0, 0, 3), 1e-5, 1e-6));
}

TEST_P(EveryAugmentation, StaysInRangeWhereItSaysSo) {
  const std::set<std::string> unclamped = {"random_conv", "quantize", "intensity"};
  if (unclamped.count(GetParam()) == 1) return;
  const auto pixels = Pixels(20, 24);
  const auto spec = Small(GetParam());
  const auto out = Augment(pixels, spec, DrawAugmentation(spec, pixels.sizes(), Stream(3)));
  EXPECT_GE(out.min().item<double>(), 0.0);
  EXPECT_LE(out.max().item<double>(), 1.0 + 1e-6);  // an interpolation's rounding
}

TEST_P(EveryAugmentation, TreatsTheFramesOfAStackAlike) {
  const std::set<std::string> of_pixels = {"noise", "quantize", "cutout_color"};
  const auto frame = torch::rand({5, 3, 24, 24}, Stream(4));
  const auto pixels = frame.repeat({1, 3, 1, 1});
  const auto spec = Small(GetParam());
  const auto out = Augment(pixels, spec, DrawAugmentation(spec, pixels.sizes(), Stream(5)));
  const bool alike = Same(out.narrow(1, 0, 3), out.narrow(1, 3, 3)) &&
                     Same(out.narrow(1, 0, 3), out.narrow(1, 6, 3));
  EXPECT_EQ(alike, of_pixels.count(GetParam()) == 0);
}

TEST_P(EveryAugmentation, IsDrawnFromItsStreamAlone) {
  const auto spec = Small(GetParam());
  const std::vector<std::int64_t> sizes = {6, 9, 24, 24};
  const auto once = DrawAugmentation(spec, sizes, Stream(7));
  const auto again = DrawAugmentation(spec, sizes, Stream(7));
  const auto other = DrawAugmentation(spec, sizes, Stream(8));
  for (const auto& [name, tensor] : once) EXPECT_TRUE(tensor.equal(again.at(name))) << name;
  EXPECT_FALSE(once.at("uniform").equal(other.at("uniform")));
}

TEST_P(EveryAugmentation, NamesWhatIsMissing) {
  const auto spec = Small(GetParam());
  const auto pixels = Pixels(2, 24);
  const auto drawn = DrawAugmentation(spec, pixels.sizes(), Stream(2));
  if (drawn.size() > 1) {
    EXPECT_THROW(Augment(pixels, spec, {}), std::invalid_argument);
  }
  EXPECT_THROW(Augment(torch::rand({2, 4, 24, 24}), spec, drawn), std::invalid_argument);
  EXPECT_THROW(Augment((255.0 * pixels).to(torch::kUInt8), spec, drawn), std::invalid_argument);
}

std::vector<std::string>* g_operations = nullptr;
std::unique_ptr<at::ObserverContext> Note(const at::RecordFunction& function) {
  if (g_operations != nullptr) g_operations->push_back(function.name());
  return nullptr;
}

TEST_P(EveryAugmentation, AsksNothingOfTheHostAndDrawsNothing) {
  const auto spec = Small(GetParam());
  const auto pixels = Pixels(4, 24);
  const auto drawn = DrawAugmentation(spec, pixels.sizes(), Stream(2));
  std::vector<std::string> operations;
  g_operations = &operations;
  const auto handle = at::addGlobalCallback(at::RecordFunctionCallback(&Note));
  Augment(pixels, spec, drawn);
  at::removeCallback(handle);
  g_operations = nullptr;
  EXPECT_FALSE(operations.empty());
  for (const std::string name :
       {"aten::item", "aten::_local_scalar_dense", "aten::is_nonzero", "aten::nonzero",
        "aten::masked_select", "aten::rand", "aten::randn", "aten::randint", "aten::randperm"}) {
    EXPECT_THAT(operations, testing::Not(testing::Contains(name)));
  }
}

TEST_P(EveryAugmentation, HasParametersThatAreDescribedAndChecked) {
  const auto& kind = FindAugmentation(GetParam());
  EXPECT_FALSE(kind.description.empty());
  CheckAugmentation(DefaultAugmentation(GetParam()));
  std::set<std::string> names;
  for (const auto& parameter : kind.parameters) {
    EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
    EXPECT_FALSE(parameter.meaning.empty()) << parameter.name;
    auto spec = DefaultAugmentation(GetParam());
    std::visit(
        [&](const auto member) {
          using Value = std::decay_t<decltype(spec.*member)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            spec.*member = "nothing like it";
          } else {
            spec.*member = static_cast<Value>(parameter.maximum + 1.0);
          }
        },
        parameter.member);
    try {
      CheckAugmentation(spec);
      ADD_FAILURE() << parameter.name << " out of its range was taken";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(GetParam() + ": " + parameter.name + ": got"));
    }
  }
}

TEST(Augmentations, UnknownNamesAndEmptyRangesAreRefused) {
  try {
    DefaultAugmentation("rotat");
    FAIL() << "an unknown augmentation was made";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("rotate, affine"));
  }
  auto spec = DefaultAugmentation("rotate");
  spec.degrees_min = 50.0;
  spec.degrees_max = 40.0;
  EXPECT_THROW(CheckAugmentation(spec), std::invalid_argument);
  spec.degrees_min = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(CheckAugmentation(spec), std::invalid_argument);
  EXPECT_THROW(DrawAugmentation(DefaultAugmentation("crop"), {2, 9, 24, 24}, Stream(1)),
               std::invalid_argument);
}

TEST(Augmentations, ChangeTheShareOfRowsThatTheProbabilitySays) {
  const std::int64_t rows = 4000;
  const auto pixels = torch::rand({rows, 3, 4, 4}, Stream(1));
  auto spec = DefaultAugmentation("flip");
  for (const double probability : {0.0, 0.2, 1.0}) {
    spec.probability = probability;
    const auto out = Augment(pixels, spec, DrawAugmentation(spec, pixels.sizes(), Stream(9)));
    const double changed =
        out.ne(pixels).flatten(1).any(1).to(torch::kFloat64).mean().item<double>();
    const double sigma = std::sqrt(probability * (1.0 - probability) / rows);
    EXPECT_NEAR(changed, probability, 4.0 * sigma);
  }
}

// Pearson's statistic of counts that should be alike; its mean is the degrees of freedom f, its
// variance 2 f.
double ChiSquare(const Tensor& values, std::int64_t choices) {
  const auto counts = torch::bincount(values, {}, choices).to(torch::kFloat64);
  const double expected = static_cast<double>(values.numel()) / static_cast<double>(choices);
  return ((counts - expected).square().sum() / expected).item<double>();
}

TEST(Augmentations, PlacesAndAnglesAreUniform) {
  const std::vector<std::int64_t> sizes = {20000, 9, 100, 100};
  const auto uniform = [](const Tensor& values, std::int64_t choices) {
    EXPECT_EQ(values.min().item<std::int64_t>(), 0);
    EXPECT_EQ(values.max().item<std::int64_t>(), choices - 1);
    const double freedom = static_cast<double>(choices - 1);
    EXPECT_LT(ChiSquare(values, choices), freedom + 5.0 * std::sqrt(2.0 * freedom));
  };
  const auto crop = DrawAugmentation(DefaultAugmentation("crop"), sizes, Stream(1));
  uniform(crop.at("top"), 17);
  uniform(crop.at("left"), 17);
  uniform(17 * crop.at("top") + crop.at("left"), 17 * 17);  // independent of each other
  const auto translate = DrawAugmentation(DefaultAugmentation("translate"), sizes, Stream(2));
  uniform(translate.at("top"), 9);
  const auto shift = DrawAugmentation(DefaultAugmentation("shift"), sizes, Stream(3));
  uniform(shift.at("left"), 9);
  const auto turns = DrawAugmentation(DefaultAugmentation("quarter_turns"), sizes, Stream(4));
  uniform(turns.at("quarter_turns") - 1, 3);
  const auto rotate = DrawAugmentation(DefaultAugmentation("rotate"), sizes, Stream(5));
  uniform((rotate.at("degrees") / 9.0).to(torch::kInt64), 10);
  const auto cutout = DrawAugmentation(DefaultAugmentation("cutout"), sizes, Stream(6));
  uniform(cutout.at("height") - 10, 20);
  EXPECT_EQ((cutout.at("top") + cutout.at("height")).max().item<std::int64_t>(), 100);
  EXPECT_EQ(cutout.at("top").min().item<std::int64_t>(), 0);
  auto rad = DefaultAugmentation("cutout");
  rad.corner = "size";
  const auto slip = DrawAugmentation(rad, sizes, Stream(6));
  EXPECT_TRUE(slip.at("top").equal(slip.at("height")));
}

TEST(Augmentations, JitterDrawsWithinItsRanges) {
  const auto spec = DefaultAugmentation("color_jitter");
  const auto drawn = DrawAugmentation(spec, {20000, 9, 8, 8}, Stream(1));
  const auto expect_range = [&](const std::string& name, double low, double high) {
    const auto& values = drawn.at(name);
    EXPECT_GE(values.min().item<double>(), low - 1e-6) << name;  // float32
    EXPECT_LE(values.max().item<double>(), high + 1e-6) << name;
    const double deviation = (high - low) / std::sqrt(12.0 * 20000.0);
    EXPECT_NEAR(values.mean().item<double>(), 0.5 * (low + high), 4.0 * deviation) << name;
  };
  expect_range("brightness", 0.6, 1.4);
  expect_range("saturation", 0.6, 1.4);
  expect_range("hue", -0.1, 0.1);
  const auto weight =
      DrawAugmentation(DefaultAugmentation("random_conv"), {2000, 9, 8, 8}, Stream(1)).at("weight");
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / 54.0), 0.003);  // 4 sigma of 162,000
}

TEST(Geometry, ByNothingIsTheIdentity) {
  const auto pixels = Pixels(3, 10).to(torch::kFloat64);
  const auto none = torch::zeros({3}, torch::kInt64);
  EXPECT_TRUE(Cut(pixels, none, none, 10, 10, true).equal(pixels));
  EXPECT_TRUE(QuarterTurns(pixels, none).equal(pixels));
  EXPECT_TRUE(Jigsaw(pixels, torch::arange(25).expand({3, 25}), 5).equal(pixels));
  const auto rotate = DefaultAugmentation("rotate");
  const auto still = Augment(pixels, rotate, {{"degrees", torch::zeros({3}, torch::kFloat64)}});
  EXPECT_TRUE(still.allclose(pixels, 1e-12, 1e-12));
  const auto whole = torch::full({3}, 10, torch::kInt64);
  EXPECT_TRUE(ResizedCrop(pixels, none, none, whole, whole).allclose(pixels, 1e-12, 1e-12));
}

TEST(Geometry, ATurnByNinetyDegreesIsAQuarterTurn) {
  const auto pixels = Pixels(3, 11).to(torch::kFloat64);
  const auto rotate = DefaultAugmentation("rotate");
  for (int turns = 1; turns <= 3; ++turns) {
    const auto exact = QuarterTurns(pixels, torch::full({3}, turns, torch::kInt64));
    EXPECT_TRUE(exact.equal(torch::rot90(pixels, turns, {2, 3})));
    const auto degrees = torch::full({3}, 90.0 * turns, torch::kFloat64);
    EXPECT_TRUE(Augment(pixels, rotate, {{"degrees", degrees}}).allclose(exact, 1e-10, 1e-10));
  }
}

TEST(Geometry, AWholeShiftThroughTheSamplerIsTheShift) {
  const auto pixels = Pixels(4, 12);
  const auto row = torch::tensor({-4, -1, 0, 3}), column = torch::tensor({2, 4, -3, 0});
  const auto exact = Cut(pixels, row, column, 12, 12, true);
  const auto sampled = Augment(pixels, DefaultAugmentation("subpixel_shift"),
                               {{"shift_row", row.to(torch::kFloat32) + 4.0},
                                {"shift_column", column.to(torch::kFloat32) + 4.0}});
  EXPECT_TRUE(sampled.allclose(exact, 1e-5, 1e-5));  // float32 places between pixels
}

TEST(Geometry, AJigsawKeepsAllTiles) {
  const auto pixels = Pixels(2, 12);
  const auto order = torch::tensor({{1, 2, 3, 0}, {3, 0, 1, 2}});
  const auto out = Jigsaw(pixels, order, 2);
  EXPECT_TRUE(out.index({0}).narrow(1, 0, 6).narrow(2, 0, 6).equal(
      pixels.index({0}).narrow(1, 0, 6).narrow(2, 6, 6)));
  EXPECT_TRUE(std::get<0>(out.flatten(1).sort(1)).equal(std::get<0>(pixels.flatten(1).sort(1))));
  EXPECT_THROW(Jigsaw(pixels, order, 5), std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::encoders
