// PCRL: what turns and flips, what is decoded of what, and where gradients go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/optim/adam.h>

#include <cmath>

#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "encoders/objectives/pixel_decoder.h"
#include "encoders/objectives/symmetries.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

// All 16, a row each.
Symmetries Every() {
  const auto row = torch::arange(16);
  return {row.remainder(2).eq(1), torch::div(row, 2, "floor").remainder(2).eq(1),
          torch::div(row, 4, "floor")};
}

TEST(Symmetries, AreLibTorchsFlipsAndTurnsBitForBit) {
  const auto every = Every();
  const auto pictures = torch::rand({16, 3, 5, 5}, at::detail::createCPUGenerator(1));
  for (const auto& given :
       {pictures, pictures.to(torch::MemoryFormat::ChannelsLast), pictures.to(torch::kBFloat16)}) {
    const auto turned = Apply(every, given);
    ASSERT_EQ(turned.sizes(), given.sizes());
    for (std::int64_t i = 0; i < 16; ++i) {
      auto expected = given[i];
      if (every.upside_down[i].item<bool>()) expected = expected.flip({1});
      if (every.mirrored[i].item<bool>()) expected = expected.flip({2});
      expected = expected.rot90(every.turns[i].item<std::int64_t>(), {1, 2});
      EXPECT_TRUE(torch::equal(turned[i], expected)) << i;
      // Back again.
      auto back = turned[i].rot90(-every.turns[i].item<std::int64_t>(), {1, 2});
      if (every.mirrored[i].item<bool>()) back = back.flip({2});
      if (every.upside_down[i].item<bool>()) back = back.flip({1});
      EXPECT_TRUE(torch::equal(back, given[i])) << i;
    }
  }
}

TEST(Symmetries, IndicatorSaysWhich) {
  const auto indicator = Indicator(Every());
  EXPECT_TRUE(torch::equal(indicator[0], torch::tensor({0.f, 0.f, 1.f, 0.f, 0.f, 0.f})));
  EXPECT_TRUE(torch::equal(indicator[14], torch::tensor({0.f, 1.f, 0.f, 0.f, 0.f, 1.f})));
  EXPECT_TRUE(torch::equal(indicator.sum(0), torch::tensor({8.f, 8.f, 4.f, 4.f, 4.f, 4.f})));
}

TEST(Symmetries, AreDrawnAlikeOften) {
  const auto uniform = torch::rand({16000, 3}, at::detail::createCPUGenerator(1));
  const auto drawn = Indicator(SymmetriesOf(uniform)).mean(0);
  const auto expected = torch::tensor({0.5f, 0.5f, 0.25f, 0.25f, 0.25f, 0.25f});
  EXPECT_LT((drawn - expected).abs().max().item<double>(), 0.016);  // 4 standard deviations
}

class PcrlObjective : public testing::Test {
 protected:
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Pixels()}; }

  // Every row the same symmetry and share.
  static void Fix(ObjectiveFixture& on, double flips_and_turns, double share) {
    on.Draw();
    on.noise.at("pcrl.symmetries").fill_(flips_and_turns);
    on.noise.at("pcrl.shares").fill_(share);
  }

  static torch::nn::Linear Layer(const ObjectiveFixture& on, const std::string& name) {
    return std::dynamic_pointer_cast<torch::nn::LinearImpl>(on.objective->named_modules()[name]);
  }

  SettingsOf<PcrlConfig> settings_;
};

TEST_F(PcrlObjective, LightIsCurlsContrastAndTheDecodingOfBothEncodersFeatures) {
  auto on = Make();
  on.LiveThrough(1);
  MomentumUpdate(*PixelEncoder(on.context.encoder, on.context.stream), *on.key, 0.3);  // another
  const auto batch = on.Batch(1);
  Fix(on, 0.9, 0.2);  // no flips, three turns; a share of 0.8
  const auto loss = on.Loss(batch);

  const auto f = on.online(batch.at("observation")), k = on.key(batch.at("pcrl_positive"));
  const auto w = on.objective->named_parameters()["W"];
  const auto contrast = InfoNce(BilinearLogits(f, w, k)).loss;
  const auto indicator = torch::tensor({{0.f, 0.f, 0.f, 0.f, 0.f, 1.f}});
  const auto attention =
      Layer(on, "attention")(Layer(on, "attention_hidden")(indicator).relu()).sigmoid();
  auto decoder =
      std::dynamic_pointer_cast<PixelDecoderImpl>(on.objective->named_modules()["decoder"]);
  const auto decoded = decoder->forward(0.8 * f * attention + 0.2 * k * attention);
  const auto target =
      (0.8 * batch.at("observation") + 0.2 * batch.at("pcrl_positive")).rot90(3, {2, 3});
  const auto buffers = on.objective->named_buffers();
  const auto standard = (target - buffers["pixel_mean"]) / buffers["pixel_deviation"];
  const auto error = (decoded - standard).square().mean();
  EXPECT_NEAR(loss.item<double>(), (contrast + error).item<double>(), 1e-4);
  EXPECT_NEAR(on.metrics.at("reconstruction_loss").item<double>(), error.item<double>(), 1e-5);

  // The backward pass leaves how strongly each part pulls at f.
  loss.backward();
  const auto by_contrast = torch::autograd::grad({contrast}, {f})[0].norm();
  const auto by_pixels = torch::autograd::grad({error}, {f})[0].norm();
  EXPECT_NEAR(buffers["contrast_norm"].item<double>(), by_contrast.item<double>(), 1e-5);
  EXPECT_NEAR(buffers["reconstruction_norm"].item<double>(), by_pixels.item<double>(), 1e-5);
  on.Loss(batch);
  EXPECT_NEAR(on.metrics.at("gradient_ratio").item<double>(),
              (by_pixels / by_contrast).item<double>(), 1e-3);
}

TEST_F(PcrlObjective, PaperAveragesThreeContrastsAndFourDecodings) {
  settings_.config.form = PcrlForm::kPaper;
  auto on = Make();
  const auto batch = on.Batch(1);
  Fix(on, 0.6, 1.0);  // no flips, two turns; nothing is mixed
  // Then the mixed pictures are the pictures: three equal contrasts, two plain and equal decodings
  // of f and of it with attention.
  const auto loss = on.Loss(batch);
  const auto f = on.online(batch.at("observation")), k = on.key(batch.at("pcrl_positive"));
  const auto contrast =
      InfoNce(BilinearLogits(f, on.objective->named_parameters()["W"], k)).loss.item<double>();
  const auto indicator = torch::tensor({{0.f, 0.f, 0.f, 0.f, 1.f, 0.f}});
  const auto attention =
      Layer(on, "attention")(Layer(on, "attention_hidden")(indicator).relu()).sigmoid();
  auto decoder =
      std::dynamic_pointer_cast<PixelDecoderImpl>(on.objective->named_modules()["decoder"]);
  const auto x = batch.at("observation");
  const auto turned = (decoder->forward(f * attention) - x.rot90(2, {2, 3})).square().mean();
  const auto plain = (decoder->forward(f) - x).square().mean();
  const double error = (0.5 * (turned + plain)).item<double>();
  EXPECT_NEAR(on.metrics.at("contrastive_loss").item<double>(), contrast, 1e-4);
  EXPECT_NEAR(on.metrics.at("reconstruction_loss").item<double>(), error, 1e-5);
  EXPECT_NEAR(loss.item<double>(), contrast + error, 1e-4);
  // With shares below 1 they are other pictures.
  Fix(on, 0.6, 0.7);
  on.noise.at("pcrl.shares")[3].copy_(torch::rand({6}, at::detail::createCPUGenerator(3)));
  EXPECT_NE(on.Loss(batch).item<double>(), loss.item<double>());
}

TEST_F(PcrlObjective, PixelsAreStandardizedByTheReplay) {
  auto on = Make();
  on.RefreshIfDue();
  const auto buffers = on.objective->named_buffers();
  // Uniform pixels have the mean 1/2 and the deviation sqrt(1/12); 65,536 of them a channel.
  EXPECT_LT((buffers["pixel_mean"] - 0.5).abs().max().item<double>(), 0.006);
  EXPECT_LT((buffers["pixel_deviation"] - std::sqrt(1.0 / 12.0)).abs().max().item<double>(), 0.003);
  on.steps = 1;
  const auto before = buffers["pixel_mean"].clone();
  on.RefreshIfDue();  // never again
  EXPECT_TRUE(torch::equal(before, buffers["pixel_mean"]));
}

TEST_F(PcrlObjective, WithoutContrastItIsReconstructionAndKeysGetNoGradient) {
  settings_.config.contrast_weight = 0.0;
  auto on = Make();
  on.Draw();
  const auto batch = on.Batch(1);
  const auto loss = on.Loss(batch);
  EXPECT_EQ(loss.item<double>(), on.metrics.at("reconstruction_loss").item<double>());
  loss.backward();
  EXPECT_EQ(on.objective->named_parameters()["W"].grad().abs().max().item<double>(), 0.0);
  for (const auto& parameter : on.key->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

// Eight pictures are learned by heart, and what the decoder is told of the symmetry is what it goes
// by: told another one it is wrong.
TEST_F(PcrlObjective, LearnsPicturesAndReliesOnTheIndicator) {
  settings_.config.contrast_weight = 0.0;
  auto context = ObjectiveFixture::Pixels();
  context.batch_size = 8;
  context.encoder.channels = 1;
  context.encoder.feature_dim = 32;
  context.encoder.num_filters = 16;
  ObjectiveFixture on(settings_, context);
  auto batch = on.Batch(1);
  // Blobs, each elsewhere: smooth, and no symmetry leaves them as they are.
  const auto place = torch::arange(16).to(torch::kFloat32);
  const auto at = torch::rand({8, 2}, at::detail::createCPUGenerator(5)) * 10 + 1;
  const auto row = (place.unsqueeze(0) - at.select(1, 0).unsqueeze(1)).square();
  const auto column = (place.unsqueeze(0) - at.select(1, 1).unsqueeze(1)).square();
  const auto blobs =
      torch::exp(-(row.unsqueeze(2) + column.unsqueeze(1)) / 8.0).unsqueeze(1);  // [8, 1, 16, 16]
  batch.tensors["observation"] = batch.tensors["pcrl_positive"] = blobs;
  torch::optim::Adam adam(on.Trained(), torch::optim::AdamOptions(3e-3));
  for (int n = 0; n < 600; ++n) {
    on.Draw();
    on.noise.at("pcrl.shares").fill_(1.0);
    adam.zero_grad();
    on.Loss(batch).backward();
    adam.step();
  }
  Fix(on, 0.9, 1.0);
  on.Loss(batch);
  const auto right = on.metrics.at("reconstruction_loss").item<double>();
  EXPECT_LT(right, 0.01);
  // Attention of no symmetry, pictures turned thrice.
  const auto features = on.online(blobs);
  const auto decoder =
      std::dynamic_pointer_cast<PixelDecoderImpl>(on.objective->named_modules()["decoder"]);
  const auto indicator = torch::tensor({{0.f, 0.f, 1.f, 0.f, 0.f, 0.f}});
  const auto attention =
      Layer(on, "attention")(Layer(on, "attention_hidden")(indicator).relu()).sigmoid();
  const auto wrong = (decoder->forward(features * attention) - blobs.rot90(3, {2, 3}))
                         .square()
                         .mean()
                         .item<double>();
  EXPECT_GT(wrong, 3.0 * right);
}

}  // namespace
}  // namespace curl_rl::encoders
