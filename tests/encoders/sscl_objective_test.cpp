// SSCL: what is compared with what, which aspect stands for which bin, and what is taught.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/maps.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kAspects = 6, kBins = 2, kDim = 5, kCells = 25;

class SsclObjective : public testing::Test {
 protected:
  SsclObjective() {
    settings_.config.aspects = kAspects;
    settings_.config.word_dim = kDim;
    settings_.config.label.bins = kBins;
    settings_.config.label.horizon = 1;
    settings_.config.regulariser = 0.0;
    settings_.config.purity = 0.4;
  }

  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Pixels()}; }

  static torch::Tensor Parameter(const ObjectiveFixture& on, const std::string& name) {
    return on.objective->named_parameters()[name];
  }

  static torch::Tensor Table(const ObjectiveFixture& on) {
    return on.objective->named_buffers()["table"];
  }

  // s_w of pictures by `encoder`.
  static Attention Attend(const ObjectiveFixture& on, const PixelEncoder& encoder,
                          const torch::Tensor& pixels) {
    const auto cells = PixelEncoder(encoder)->Maps(pixels).view({-1, 4});
    const auto words = cells.matmul(Parameter(on, "projection.last.weight").t()) +
                       Parameter(on, "projection.last.bias");
    return SmoothAttention(words.view({-1, kCells, kDim}), Parameter(on, "attention.weight"),
                           Parameter(on, "attention.bias"), 0.5);
  }
  static AspectMixture Mix(const ObjectiveFixture& on, const torch::Tensor& segment) {
    return MixAspects(segment, Parameter(on, "assign.weight"), Parameter(on, "assign.bias"),
                      Parameter(on, "aspects"));
  }

  SettingsOf<SsclConfig> settings_;
};

TEST_F(SsclObjective, LossIsAContrastOfAspectsAndAnotherCropsWords) {
  settings_.config.distill = false;
  settings_.config.regulariser = 0.3;
  auto on = Make();
  on.RefreshIfDue();
  const auto batch = on.Batch(1);
  const auto loss = on.Loss(batch);
  const auto mixture = Mix(on, Attend(on, on.online, batch.at("observation")).segment);
  const auto key = Attend(on, on.key, batch.at("sscl_positive")).segment.detach();
  const auto contrast = InfoNce(CosineLogits(mixture.segment, key, 1.0)).loss;
  const auto overlap = AspectOverlap(Parameter(on, "aspects"));
  EXPECT_NEAR(on.metrics.at("contrastive_loss").item<double>(), contrast.item<double>(), 1e-5);
  EXPECT_NEAR(on.metrics.at("aspect_overlap").item<double>(), overlap.item<double>(), 1e-5);
  EXPECT_NEAR(loss.item<double>(), (contrast + 0.3 * overlap).item<double>(), 1e-5);
  // Without distillation nothing behind the maps is trained.
  const auto gradients = torch::autograd::grad({loss}, on.online->parameters(), {}, c10::nullopt,
                                               false, /*allow_unused=*/true);
  const auto convolutions = on.online->ConvParameters().size();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_EQ(gradients[i].defined(), i < convolutions) << i;
  }
  for (const auto& parameter : on.key->parameters()) EXPECT_FALSE(parameter.requires_grad());
}

TEST_F(SsclObjective, FirstAspectsAreClustersOfWords) {
  auto on = Make();
  const auto drawn = Parameter(on, "aspects").detach().clone();
  on.RefreshIfDue();
  const auto aspects = Parameter(on, "aspects").detach();
  EXPECT_FALSE(torch::equal(drawn, aspects));
  // Means of words lie among them: no component is beyond those of all words.
  const auto words = Attend(on, on.key, torch::rand({20, 9, 16, 16})).segment;
  EXPECT_LT((aspects.mean(0) - words.mean(0)).norm().item<double>(),
            words.norm(2, {1}).max().item<double>());
  on.steps = 1;
  on.RefreshIfDue();
  EXPECT_TRUE(torch::equal(Parameter(on, "aspects"), aspects)) << "only once";
}

// An aspect that fires in one bin stands for it, one that fires in all alike for none, however
// seldom a bin comes.
TEST_F(SsclObjective, AspectsAreMappedByWhereTheyFireMost) {
  auto on = Make();
  const auto batch = on.Batch(1);
  for (const double often : {0.5, 0.9}) {
    const double seldom = 1.0 - often;
    auto table = torch::zeros({kAspects, kBins});
    table.select(1, 0).copy_(torch::tensor({0.4, 0.0, 0.2, 0.2, 0.2, 0.0}) * often);
    table.select(1, 1).copy_(torch::tensor({0.0, 0.4, 0.2, 0.2, 0.19, 0.01}) * seldom);
    Table(on).copy_(table);
    on.Loss(batch);
    // Aspects 0 and 1 are pure; 5 is too, but in the even case fires too little.
    const double last_share = 0.01 * seldom * kAspects;
    EXPECT_LT(last_share, settings_.config.min_share);
    EXPECT_EQ(on.metrics.at("aspects_mapped").item<double>(), 2.0) << often;
    EXPECT_EQ(on.metrics.at("bins_mapped").item<double>(), 2.0) << often;
  }
  // One bin alone: there is nothing to tell apart.
  Table(on).zero_().select(1, 0).fill_(0.1);
  on.Loss(batch);
  EXPECT_EQ(on.metrics.at("aspects_mapped").item<double>(), 0.0);
  EXPECT_EQ(on.metrics.at("rows_taught").item<double>(), 0.0);
  EXPECT_EQ(on.metrics.at("distillation_loss").item<double>(), 0.0);
}

TEST_F(SsclObjective, TheTableFollowsWhatFiresInWhichBin) {
  settings_.config.table_momentum = 0.75;
  auto on = Make();
  auto batch = on.Batch(1);
  batch.tensors["horizon.reward"] = torch::tensor({0.1, 0.9, 0.2, 0.3, 0.8, 0.9}).unsqueeze(1);
  const auto fires =
      Mix(on, Attend(on, on.key, batch.at("sscl_positive")).segment).soft_label.detach();
  const auto first = fires[0] + fires[2] + fires[3], second = fires[1] + fires[4] + fires[5];
  const auto once = torch::stack({first, second}, 1) / 6.0 * 0.25;
  on.AfterStep(batch);
  EXPECT_TRUE(torch::allclose(Table(on), once, 1e-4, 1e-6));
  on.AfterStep(batch);
  EXPECT_TRUE(torch::allclose(Table(on), 1.75 * once, 1e-4, 1e-6));
}

TEST_F(SsclObjective, TeachesTheFeaturesTheOtherCropsBins) {
  auto on = Make();
  auto table = torch::full({kAspects, kBins}, 0.1);
  table[0][1] = table[1][1] = table[2][0] = 0.0;  // aspects 0 and 1: bin 0; 2: bin 1
  Table(on).copy_(table);
  const auto batch = on.Batch(1);
  for (const double limit : {1.0, 0.0}) {
    settings_.config.max_entropy = limit;
    auto limited = Make();
    Table(limited).copy_(table);
    const auto loss = limited.Loss(batch);
    const auto beta = Mix(limited, Attend(limited, limited.key, batch.at("sscl_positive")).segment)
                          .soft_label.detach();
    const auto zero = beta.select(1, 0) + beta.select(1, 1), one = beta.select(1, 2);
    const auto target = torch::stack({zero, one}, 1) / (zero + one).unsqueeze(1);
    const auto head =
        limited.online(batch.at("observation")).matmul(Parameter(limited, "head.weight").t()) +
        Parameter(limited, "head.bias");
    const auto expected = -(target * head.log_softmax(1)).sum(1).mean();
    EXPECT_EQ(limited.metrics.at("aspects_mapped").item<double>(), 3.0);
    EXPECT_EQ(limited.metrics.at("rows_taught").item<double>(), limit);
    EXPECT_NEAR(limited.metrics.at("distillation_loss").item<double>(),
                limit * expected.item<double>(), 1e-5);
    EXPECT_NEAR(loss.item<double>(),
                limited.metrics.at("contrastive_loss").item<double>() +
                    limited.metrics.at("distillation_loss").item<double>(),
                1e-5);
  }
}

TEST_F(SsclObjective, WhatCannotWorkIsRefusedByName) {
  const auto message = [&]() -> std::string {
    try {
      Make();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  settings_.config.aspects = 30;
  settings_.config.label.bins = 20;
  EXPECT_THAT(message(), testing::StartsWith("aspects: got 30, allowed: at least 60, three a bin"));
  settings_.config.label.bins = 2;
  EXPECT_EQ(message(), "accepted");
  settings_.config.aspects = 1601;
  EXPECT_THAT(message(), testing::StartsWith("aspects: got 1601, allowed: at most 1600"));
}

}  // namespace
}  // namespace curl_rl::encoders
