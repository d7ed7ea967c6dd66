// Objectives that set an anchor against keys: which key is its own, which others count, what is
// written when, and who gets a gradient.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/pairs.h"
#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kRows = 4, kDim = 6;

torch::Tensor Random(std::int64_t seed) {
  return torch::randn({kRows, kDim}, at::detail::createCPUGenerator(seed));
}

// A batch of features: the observation's and those of the view `name`.
replay::Batch MakeBatch(const ObjectiveFixture& on, const std::string& name,
                        const torch::Tensor& anchor, const torch::Tensor& key,
                        std::int64_t first_transition = 0) {
  replay::Batch batch;
  AddNumbers(on.objective->Views(), on.objective->horizon(), kRows, 2, first_transition,
             at::detail::createCPUGenerator(9), batch);
  batch.tensors["observation"] = anchor;
  batch.tensors[name] = key;
  return batch;
}

std::string Message(const ObjectiveSettings& settings) {
  try {
    MakeObjective(settings, ObjectiveFixture::Pixels());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

class TemporalObjective : public testing::Test {
 protected:
  TemporalObjective() {
    settings_.config.projection.kind = HeadKind::kNone;
    settings_.config.predictor_hidden = 0;
  }
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  SettingsOf<TemporalConfig> settings_;
};

TEST_F(TemporalObjective, TheKeyIsSoManyDecisionsOnAndRowsWithoutOneAreNoAnchors) {
  auto on = Make();
  const auto view = on.objective->Views().at(1);
  EXPECT_EQ(view.of, replay::ViewOf::kAhead);
  EXPECT_EQ(view.ahead, 3);
  const auto anchor = Random(1), key = Random(2);
  auto batch = MakeBatch(on, "temporal_key", anchor, key);
  const auto w = on.objective->named_parameters()["W"].detach();
  const auto logits = BilinearLogits(anchor, w, key);
  const auto ahead = batch.at("temporal_key.ahead");
  EXPECT_EQ(ahead.eq(3).sum().item<std::int64_t>(), kRows - 1);  // the last row's is 1
  EXPECT_TRUE(torch::equal(on.Loss(batch), InfoNce(logits, ahead.eq(3)).loss));
  settings_.config.keep_short = true;
  auto keeping = Make();
  EXPECT_TRUE(torch::equal(keeping.Loss(batch), InfoNce(logits).loss));
}

TEST_F(TemporalObjective, NoRowWithAKeyIsNoLoss) {
  auto on = Make();
  auto batch = MakeBatch(on, "temporal_key", Random(1), Random(2));
  batch.tensors["temporal_key.ahead"].fill_(1);
  EXPECT_EQ(on.Loss(batch).item<double>(), 0.0);
}

TEST_F(TemporalObjective, ThePredictorIsAddedToTheProjection) {
  settings_.config.predictor_hidden = 5;
  auto on = Make();
  const torch::NoGradGuard no_grad;
  auto parameters = on.objective->named_parameters();
  const auto anchor = Random(1), key = Random(2);
  const auto batch = MakeBatch(on, "temporal_key", anchor, key);
  const auto hidden = torch::linear(anchor, parameters["predictor.hidden.weight"],
                                    parameters["predictor.hidden.bias"]);
  const auto predicted = anchor + torch::linear(hidden.relu(), parameters["predictor.last.weight"],
                                                parameters["predictor.last.bias"]);
  const auto logits = BilinearLogits(predicted, parameters["W"], key);
  EXPECT_TRUE(
      torch::equal(on.Loss(batch), InfoNce(logits, batch.at("temporal_key.ahead").eq(3)).loss));
}

// The target critic's key features serve: no view of its own, no pass, though the momentum encoder
// has moved in between.
TEST_F(TemporalObjective, TheNextObservationsKeyIsTheTargets) {
  settings_.config.key = TemporalKey::kNext;
  ObjectiveFixture on(settings_, ObjectiveFixture::Pixels());
  ASSERT_EQ(on.objective->Views().size(), 2u);
  EXPECT_EQ(on.objective->Views()[1].name, "next_observation");
  EXPECT_EQ(on.objective->Views()[1].of, replay::ViewOf::kNext);
  EXPECT_TRUE(on.objective->key_views().empty());
  const auto batch = on.Batch(1);
  EXPECT_FALSE(batch.has("next_observation.ahead"));
  Encodings encodings(batch, on.noise, on.online, on.key, on.beside);
  const auto of_target = encodings.KeyFeatures("next_observation");
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : on.key->parameters()) parameter.add_(0.1);
  }
  encodings.ForgetKeys();
  EXPECT_EQ(encodings.FirstKeyFeatures("next_observation").data_ptr(), of_target.data_ptr());
  EXPECT_FALSE(torch::equal(encodings.KeyFeatures("next_observation"), of_target));
  EXPECT_EQ(encodings.FirstKeyFeatures("next_observation").data_ptr(), of_target.data_ptr());
  EXPECT_TRUE(torch::equal(encodings.FirstKeyFeatures("observation"),
                           encodings.KeyFeatures("observation")));
}

class NnclrObjective : public testing::Test {
 protected:
  NnclrObjective() {
    settings_.config.queue_size = kRows;
    settings_.config.predictor_hidden = 0;
    settings_.config.projection.kind = HeadKind::kNone;
  }
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  static torch::Tensor Expected(const torch::Tensor& target, const torch::Tensor& anchor) {
    return InfoNce(CosineLogits(target, anchor, 0.1)).loss;
  }

  SettingsOf<NnclrConfig> settings_;
};

TEST_F(NnclrObjective, UntilTheQueueIsFullTheOwnKeyStandsIn) {
  settings_.config.queue_size = kRows + 1;
  settings_.config.id_window = -1;
  auto on = Make();
  const auto anchor = Random(1), key = Random(2);
  const auto batch = MakeBatch(on, "nnclr_positive", anchor, key);
  for (int n = 0; n < 2; ++n) {  // empty, then one row short of full
    EXPECT_TRUE(torch::allclose(on.Loss(batch), Expected(key, anchor)));
    EXPECT_EQ(on.metrics.at("nn_share").item<double>(), 0.0);
    if (n == 0) on.AfterStep(MakeBatch(on, "nnclr_positive", anchor, Random(3), 100));
  }
  on.AfterStep(MakeBatch(on, "nnclr_positive", anchor, Random(4), 200));
  on.Loss(batch);
  EXPECT_EQ(on.metrics.at("nn_share").item<double>(), 1.0);
}

TEST_F(NnclrObjective, AQueueOfTheOwnKeysIsInfoNce) {
  settings_.config.id_window = -1;
  auto on = Make();
  const auto anchor = Random(1), key = Random(2);
  const auto batch = MakeBatch(on, "nnclr_positive", anchor, key);
  on.AfterStep(batch);
  EXPECT_TRUE(torch::allclose(on.Loss(batch), Expected(key, anchor)));
  EXPECT_EQ(on.metrics.at("nn_time_distance").item<double>(), 0.0);
  EXPECT_EQ(on.metrics.at("nn_same_episode").item<double>(), 1.0);
}

TEST_F(NnclrObjective, TheNearestIsTakenButNeverTheOwnObservation) {
  auto on = Make();
  const auto anchor = Random(1), key = Random(2);
  auto queued = MakeBatch(on, "nnclr_positive", anchor, key, 0);  // of transitions 0 .. 3
  on.AfterStep(queued);
  // Transitions 2, 3, 4, 5: the first two are in the queue, as rows 2 and 3, and are left out.
  const auto batch = MakeBatch(on, "nnclr_positive", anchor, key, 2);
  auto similarity = CosineLogits(key, key, 1.0);
  similarity[0][2] = similarity[1][3] = -2.0;
  const auto nearest = Unit(key).index_select(0, similarity.argmax(1));
  EXPECT_TRUE(torch::allclose(on.Loss(batch), Expected(nearest, anchor)));
  // All four are within 5 transitions of each row: each has its own key.
  settings_.config.id_window = 5;
  auto apart = Make();
  apart.AfterStep(queued);
  EXPECT_TRUE(torch::allclose(apart.Loss(batch), Expected(key, anchor)));
  EXPECT_EQ(apart.metrics.at("nn_share").item<double>(), 0.0);
}

TEST_F(NnclrObjective, TellsHowFarInTimeItsNeighboursAreAndWhetherOfAnotherEpisode) {
  settings_.config.id_window = -1;
  auto on = Make();
  const auto key = Random(2);
  on.AfterStep(MakeBatch(on, "nnclr_positive", key, key, 0));
  auto batch = MakeBatch(on, "nnclr_positive", key, key, 7);  // each row's nearest is 7 before it
  batch.tensors["episode_step"] = torch::tensor({7, 8, 0, 1}, torch::kInt64);
  on.Loss(batch);  // rows 0 and 1 are of the queue's episode, which begins with transition 0
  EXPECT_EQ(on.metrics.at("nn_same_episode").item<double>(), 0.5);
  EXPECT_EQ(on.metrics.at("nn_time_distance").item<double>(), 7.0);
}

TEST_F(NnclrObjective, IsTheSameAfterACommonRotation) {
  settings_.config.id_window = -1;
  const auto rotation =
      std::get<0>(torch::linalg_qr(torch::randn({kDim, kDim}, at::detail::createCPUGenerator(3))));
  const auto loss = [&](const torch::Tensor& by) {
    auto on = Make();
    on.AfterStep(MakeBatch(on, "nnclr_positive", Random(1), Random(4).matmul(by), 50));
    return on.Loss(MakeBatch(on, "nnclr_positive", Random(1).matmul(by), Random(2).matmul(by)));
  };
  EXPECT_NEAR(loss(rotation).item<double>(), loss(torch::eye(kDim)).item<double>(), 1e-4);
}

TEST(PairsObjective, EachLossIsThePureOne) {
  SettingsOf<PairsConfig> settings;
  auto& config = settings.config;
  const auto f = Random(1), k = Random(2);
  const auto loss = [&] {
    ObjectiveFixture on(settings, ObjectiveFixture::Features(kRows, kDim));
    return on.Loss(MakeBatch(on, "pairs_positive", f, k)).item<double>();
  };
  const auto pairs = PairsOfViews(kRows, torch::kCPU);
  const auto squared = SquaredDistances(Unit(f), Unit(k));
  const auto value = [](const torch::Tensor& scalar) { return scalar.item<double>(); };
  EXPECT_EQ(loss(), value(InfoNce(CosineLogits(f, k, 1.0) / 0.1).loss));
  config.similarity = Similarity::kEuclidean;
  config.temperature = 2.0;
  EXPECT_EQ(loss(), value(InfoNce(-SquaredDistances(f, k) / 2.0).loss));
  config.similarity = Similarity::kCosine;
  config.loss = PairsLoss::kNPair;
  config.n_pair.norm_penalty = 0.1;
  EXPECT_EQ(loss(),
            value(InfoNce(DotLogits(f, k) / std::sqrt(6.0)).loss + 0.1 * MeanSquaredNorm(f, k)));
  config.loss = PairsLoss::kNtXent;
  EXPECT_EQ(loss(), value(NtXent(f, k, 2.0).loss));
  config.loss = PairsLoss::kLogistic;
  EXPECT_EQ(loss(), value(Logistic(CosineLogits(f, k, 1.0) / 0.5, pairs).loss));
  config.logistic.reduction = PairReduction::kMean;
  EXPECT_EQ(loss(),
            value(Logistic(CosineLogits(f, k, 1.0) / 0.5, pairs, PairReduction::kMean).loss));
  config.loss = PairsLoss::kTriplet;
  EXPECT_EQ(loss(), value(TripletsOfViews(Root(squared)).loss));
  config.triplet = {0.7, TripletMining::kHard, true, false};
  TripletOptions options;
  options.margin = 0.7;
  options.mining = TripletMining::kHard;
  options.soft = true;
  options.only_violated = false;
  EXPECT_EQ(loss(), value(TripletsOfViews(Root(squared), options).loss));
  config.loss = PairsLoss::kMaxMargin;
  EXPECT_EQ(loss(), value(MaxMargin(squared, pairs, 1.0).loss));
  config.max_margin = {0.5, MaxMarginForm::kLinear, PairReduction::kRowSum};
  EXPECT_EQ(
      loss(),
      value(MaxMargin(squared, pairs, 0.5, MaxMarginForm::kLinear, PairReduction::kRowSum).loss));
}

TEST(PairsObjective, EachLossTrainsTheEncoderAndWhatItLearns) {
  SettingsOf<PairsConfig> settings;
  settings.config.logistic.learned_scale = true;
  for (const auto& [loss, name] : kPairsLosses) {
    settings.config.loss = loss;
    ObjectiveFixture on(settings, ObjectiveFixture::Pixels());
    EXPECT_EQ(on.objective->parameters().size(), loss == PairsLoss::kLogistic ? 2u : 0u) << name;
    const auto trained = on.Trained();
    for (const auto& gradient : torch::autograd::grad({on.Loss(on.Batch(1))}, trained)) {
      EXPECT_GT(gradient.abs().max().item<double>(), 0.0) << name << gradient.sizes();
    }
  }
}

TEST(PairsObjective, RefusesWhatItsLossDoesNotRead) {
  SettingsOf<PairsConfig> settings;
  settings.config.similarity = Similarity::kBilinear;
  EXPECT_EQ(Message(settings), "accepted");
  settings.config.loss = PairsLoss::kTriplet;
  EXPECT_EQ(Message(settings),
            "similarity: got 'bilinear' with loss 'triplet', allowed: cosine; others with infonce "
            "and logistic");
  settings.config.similarity = Similarity::kCosine;
  settings.config.symmetric = true;
  EXPECT_EQ(Message(settings), "symmetric: got true with loss 'triplet', allowed: with infonce");
}

}  // namespace
}  // namespace curl_rl::encoders
