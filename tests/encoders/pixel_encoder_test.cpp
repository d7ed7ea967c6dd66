// The pixel encoder: sizes, layers, initial weights, precision.
#include "encoders/pixel_encoder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/initialization.h"

namespace curl_rl::encoders {
namespace {

at::Generator Stream(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

// The sides that the reference has as a table: 84 and 64 pixels, 2, 4, 6 layers; 108 from RAD.
TEST(MapSide, IsTheReferencesTable) {
  struct Case {
    std::int64_t image, layers, side;
  };
  for (const Case c : {Case{84, 2, 39}, Case{84, 4, 35}, Case{84, 6, 31}, Case{64, 2, 29},
                       Case{64, 4, 25}, Case{64, 6, 21}, Case{108, 4, 47}}) {
    EncoderOptions options;
    options.image_size = c.image;
    options.num_layers = c.layers;
    EXPECT_EQ(MapSide(options), c.side) << c.image << ' ' << c.layers;
  }
}

TEST(MapSide, RefusesAnImageThatIsTooSmall) {
  EncoderOptions options;
  options.image_size = 8;
  EXPECT_THROW(MapSide(options), std::invalid_argument);
}

TEST(PixelEncoder, HasThePapersSize) {
  PixelEncoder encoder(EncoderOptions{}, Stream(1));
  std::int64_t count = 0;
  for (const auto& parameter : encoder->parameters()) count += parameter.numel();
  EXPECT_EQ(count, 1'990'518);
}

TEST(PixelEncoder, IsThePlainChainOfLayers) {
  EncoderOptions options;
  options.image_size = 20;
  options.num_layers = 2;
  options.num_filters = 4;
  options.feature_dim = 5;
  options.tanh = true;
  PixelEncoder encoder(options, Stream(1));
  const auto pixels = torch::randint(256, {3, 9, 20, 20}, torch::kUInt8);
  auto p = encoder->named_parameters();
  auto x = pixels.to(torch::kFloat32) / 255.0;
  x = torch::relu(
      torch::conv2d(x, p["conv_stack.convs.0.weight"], p["conv_stack.convs.0.bias"], 2));
  x = torch::relu(
      torch::conv2d(x, p["conv_stack.convs.1.weight"], p["conv_stack.convs.1.bias"], 1));
  x = x.permute({0, 2, 3, 1}).reshape({3, -1});  // a row is (row, column, filter)
  x = torch::linear(x, p["projection.linear.weight"], p["projection.linear.bias"]);
  x = torch::layer_norm(x, {5}, p["projection.norm.weight"], p["projection.norm.bias"]).tanh();
  EXPECT_TRUE(torch::allclose(encoder(pixels), x, 1e-5, 1e-6));
}

// bfloat16 has 8 bits of mantissa: a relative step of 2^-8 a rounding, over five layers.
TEST(PixelEncoder, Bfloat16IsNearFloat32) {
  EncoderOptions options;
  PixelEncoder exact(options, Stream(1));
  options.precision = torch::kBFloat16;
  PixelEncoder rounded(options, Stream(1));
  const auto pixels = torch::randint(256, {4, 9, 84, 84}, torch::kUInt8);
  const auto a = exact(pixels);
  const auto b = rounded(pixels);
  EXPECT_EQ(b.scalar_type(), torch::kFloat32);
  const double difference = ((a - b).norm() / a.norm()).item<double>();
  EXPECT_LT(difference, 5.0 / 256.0);
  EXPECT_GT(difference, 0.0);
}

TEST(PixelEncoder, StateVectorsPassThrough) {
  EncoderOptions options;
  options.channels = 0;
  PixelEncoder encoder(options, Stream(1));
  const auto state = torch::randn({2, 5});
  EXPECT_TRUE(torch::equal(encoder(state), state));
  EXPECT_TRUE(encoder->parameters().empty());
}

TEST(InitOrthogonal, GivesOrthonormalRowsOrColumns) {
  for (const auto& shape : {std::vector<std::int64_t>{50, 200}, {200, 50}}) {
    auto weight = torch::empty(shape);
    InitOrthogonal(weight, 2.0, Stream(1));
    const auto gram = shape[0] < shape[1] ? weight.matmul(weight.t()) : weight.t().matmul(weight);
    EXPECT_TRUE(torch::allclose(gram, 4.0 * torch::eye(50), 1e-4, 1e-4));
  }
}

TEST(InitConv, DeltaOrthogonalIsTheCentreTapAlone) {
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(9, 32, 3));
  InitConv(conv, ConvInit::kDeltaOrthogonal, Stream(1));
  const auto centre = conv->weight.detach().select(3, 1).select(2, 1);  // [32, 9]
  EXPECT_TRUE(torch::allclose(centre.t().matmul(centre), 2.0 * torch::eye(9), 1e-4, 1e-4));
  EXPECT_NEAR((conv->weight.norm() - centre.norm()).item<double>(), 0.0, 1e-6);
  EXPECT_EQ(conv->bias.abs().max().item<double>(), 0.0);
}

TEST(Initialization, TheSameStreamGivesTheSameParameters) {
  PixelEncoder first(EncoderOptions{}, Stream(7));
  torch::randn({100});  // the global stream has no part in it
  PixelEncoder second(EncoderOptions{}, Stream(7));
  PixelEncoder other(EncoderOptions{}, Stream(8));
  const auto a = first->parameters(), b = second->parameters(), c = other->parameters();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i]));
  EXPECT_FALSE(torch::equal(a[0], c[0]));
}

}  // namespace
}  // namespace curl_rl::encoders
