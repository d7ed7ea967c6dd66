// Objectives with prototypes: when these move, what their codes are made of, and how clusters are
// found again and again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/prototypes.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"
#include "tests/encoders/observed_operations.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kRows = 6, kDim = 5, kPrototypes = 7;

torch::Tensor Random(std::int64_t seed) {
  return torch::randn({kRows, kDim}, at::detail::createCPUGenerator(seed));
}

std::string Message(const ObjectiveSettings& settings,
                    const ObjectiveContext& context = ObjectiveFixture::Pixels()) {
  try {
    MakeObjective(settings, context);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

class SwavObjective : public testing::Test {
 protected:
  SwavObjective() {
    settings_.config.prototypes = kPrototypes;
    settings_.config.freeze_steps = 0;
    settings_.config.projection.kind = HeadKind::kNone;
  }
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  static replay::Batch MakeBatch(const torch::Tensor& anchor, const torch::Tensor& positive) {
    replay::Batch batch;
    batch.tensors["observation"] = anchor;
    batch.tensors["swav_positive"] = positive;
    batch.tensors["transition"] = torch::arange(kRows);
    return batch;
  }

  static torch::Tensor Prototypes(const ObjectiveFixture& on) {
    return on.objective->named_parameters()["prototypes"];
  }

  SettingsOf<SwavConfig> settings_;
};

TEST_F(SwavObjective, PrototypesStandStillAtFirstAndThenHaveNormOne) {
  settings_.config.freeze_steps = 2;
  auto on = Make();
  const auto prototypes = Prototypes(on);
  EXPECT_TRUE(torch::allclose(prototypes.norm(2, {1}), torch::ones({kPrototypes})));
  for (int step = 0; step < 3; ++step) {
    const auto batch = MakeBatch(Random(step), Random(10 + step));
    const auto gradient = torch::autograd::grad({on.Loss(batch)}, {prototypes}).at(0);
    EXPECT_EQ(gradient.abs().max().item<double>() > 0.0, step == 2) << step;
    {
      const torch::NoGradGuard no_grad;
      prototypes.sub_(gradient * 3.0);
    }
    on.AfterStep(batch);
    EXPECT_TRUE(torch::allclose(prototypes.norm(2, {1}), torch::ones({kPrototypes})));
  }
  EXPECT_EQ(on.objective->named_buffers()["steps"].item<std::int64_t>(), 3);
}

// The place where SwAV collapses: there is nothing to learn there.
TEST_F(SwavObjective, EqualFeaturesGiveLnKWithoutGradient) {
  auto on = Make();
  {
    const torch::NoGradGuard no_grad;
    Prototypes(on).copy_(Prototypes(on)[0].expand({kPrototypes, kDim}).clone());
  }
  const auto same = Random(1)[0].expand({kRows, kDim}).clone().requires_grad_(true);
  const auto loss = on.Loss(MakeBatch(same, same.detach()));
  EXPECT_NEAR(loss.item<double>(), std::log(7.0), 1e-5);
  EXPECT_NEAR(on.metrics.at("code_entropy").item<double>(), 1.0, 1e-5);
  EXPECT_EQ(on.metrics.at("prototypes_used").item<double>(), 1.0);
  EXPECT_LT(torch::autograd::grad({loss}, {same}).at(0).abs().max().item<double>(), 1e-6);
}

TEST_F(SwavObjective, OnlyRowsThatWereQueuedShareInTheCodes) {
  settings_.config.queue_size = 2 * kRows + 1;
  auto on = Make();
  const auto anchor = Random(1), positive = Random(2);
  const auto expected = [&](const torch::Tensor& queued) {
    const torch::NoGradGuard no_grad;
    const auto rows = torch::cat({Unit(positive), queued});
    const auto codes = Sinkhorn(DotLogits(rows, Prototypes(on)), 0.0125, 3).narrow(0, 0, kRows);
    return PredictCodes(DotLogits(Unit(anchor), Prototypes(on)), codes, 0.1).loss.item<double>();
  };
  const auto batch = MakeBatch(anchor, positive);
  EXPECT_NEAR(on.Loss(batch).item<double>(), expected(torch::empty({0, kDim})), 1e-5);
  on.Loss(MakeBatch(anchor, Random(3)));
  on.AfterStep(MakeBatch(anchor, Random(3)));
  EXPECT_NEAR(on.Loss(batch).item<double>(), expected(Unit(Random(3))), 1e-5);
  EXPECT_FALSE(on.objective->named_buffers()["queue_rows"].requires_grad());
}

TEST_F(SwavObjective, SymmetricHasNoMomentumHeadAndGradientByBothViews) {
  settings_.config.symmetric = true;
  settings_.config.projection.kind = HeadKind::kLinear;
  auto on = Make();
  EXPECT_TRUE(on.objective->key_views().empty());
  for (const auto& parameter : on.objective->parameters()) EXPECT_TRUE(parameter.requires_grad());
  const auto a = Random(1).requires_grad_(true), b = Random(2).requires_grad_(true);
  const auto loss = on.Loss(MakeBatch(a, b));
  const auto gradients = torch::autograd::grad({loss}, {a, b});
  const auto exchanged = on.Loss(MakeBatch(b, a));
  EXPECT_NEAR(loss.item<double>(), exchanged.item<double>(), 1e-6);
  const auto others = torch::autograd::grad({exchanged}, {a, b});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(torch::allclose(gradients[i], others[i], 1e-4, 1e-6));
}

TEST_F(SwavObjective, SmallWindowsAreResizedAndPredictTheSameCodes) {
  settings_.config.extra_views = 2;
  settings_.config.extra_view_size = 8;
  settings_.config.projection.kind = HeadKind::kMlp;
  ObjectiveFixture on(settings_, ObjectiveFixture::Pixels());
  const auto views = on.objective->Views();
  ASSERT_EQ(views.size(), 4u);
  EXPECT_EQ(views[2].size, 8);
  EXPECT_EQ(views[2].window, replay::Window::kRandomCrop);
  EXPECT_NE(views[2].name, views[3].name);
  auto batch = on.Batch(1);
  const double three = 3.0 * on.Loss(batch).item<double>();
  // Windows that show the observation itself, each pixel four times as large, predict as it does:
  // the mean of three equal terms.
  const auto resize = [](const torch::Tensor& pixels) {
    return torch::upsample_bilinear2d(pixels, {16, 16}, false);
  };
  batch.tensors["observation"] = resize(batch.at(views[2].name));
  const double of_first = on.Loss(batch).item<double>() * 3.0;
  batch.tensors[views[3].name] = batch.at(views[2].name);
  const double of_one = on.Loss(batch).item<double>();
  settings_.config.extra_views = 0;
  ObjectiveFixture without(settings_, ObjectiveFixture::Pixels());
  EXPECT_NEAR(of_one, without.Loss(batch).item<double>(), 1e-5);
  EXPECT_NE(three, of_first);
  const auto operations = OperationsOf([&] { on.Loss(batch).backward(); });
  for (const auto& name : HostReads()) {
    EXPECT_THAT(operations, testing::Not(testing::Contains(name)));
  }
}

TEST_F(SwavObjective, RefusesAQueueOfLessThanABatchAndWindowsLargerThanThePicture) {
  settings_.config.queue_size = 5;
  EXPECT_EQ(Message(settings_), "queue_size: got 5, allowed: at least 6, a batch");
  settings_.config.queue_size = 0;
  settings_.config.extra_view_size = 17;
  EXPECT_EQ(Message(settings_), "accepted");  // there are none
  settings_.config.extra_views = 1;
  EXPECT_EQ(Message(settings_),
            "extra_view_size: got 17, allowed: at most 16, the encoder's pictures");
}

TEST(Sinkhorn, RowsThatAreNotThereHaveNoPart) {
  const auto scores = torch::randn({9, 4}, at::detail::createCPUGenerator(5));
  auto with = scores.clone();
  with.narrow(0, 6, 3).fill_(50.0);
  const auto there = torch::arange(9).lt(6);
  const auto codes = Sinkhorn(with, 0.05, 3, there);
  EXPECT_TRUE(torch::allclose(codes.narrow(0, 0, 6), Sinkhorn(scores.narrow(0, 0, 6), 0.05, 3)));
  EXPECT_EQ(codes.narrow(0, 6, 3).abs().max().item<double>(), 0.0);
}

class PclObjectiveTest : public testing::Test {
 protected:
  PclObjectiveTest() {
    settings_.config.clusters = 2;
    settings_.config.granularities = 2;
    settings_.config.warmup_steps = 0;
    settings_.config.refresh_rows = 40;
    settings_.config.projection.kind = HeadKind::kNone;
  }
  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  // Transitions begin .. begin + 59 whose features are `points` [60, D].
  static FeatureReader Reader(const torch::Tensor& points, std::uint64_t seed,
                              std::int64_t begin = 7) {
    FeatureReader reader;
    reader.begin = begin;
    reader.end = begin + points.size(0);
    reader.key_features = [points, begin](const torch::Tensor& transitions) {
      return points.index_select(0, transitions - begin);
    };
    reader.stream = at::detail::createCPUGenerator(seed);
    return reader;
  }

  static torch::Tensor Points(std::int64_t seed, std::int64_t rows = 60) {
    return torch::randn({rows, kDim}, at::detail::createCPUGenerator(seed));
  }

  static replay::Batch MakeBatch(const torch::Tensor& anchor, const torch::Tensor& positive) {
    replay::Batch batch;
    batch.tensors["observation"] = anchor;
    batch.tensors["pcl_positive"] = positive;
    batch.tensors["transition"] = torch::arange(kRows);
    return batch;
  }

  SettingsOf<PclConfig> settings_;
};

TEST_F(PclObjectiveTest, BeforeTheFirstClusteringItIsInfoNce) {
  settings_.config.warmup_steps = 2;
  auto on = Make();
  const auto batch = MakeBatch(Random(1), Random(2));
  const double expected = InfoNce(CosineLogits(Random(1), Random(2), 0.2)).loss.item<double>();
  for (int step = 0; step < 2; ++step) {
    on.objective->Refresh(Reader(Points(1), 1));
    EXPECT_NEAR(on.Loss(batch).item<double>(), expected, 1e-5);
    EXPECT_EQ(on.metrics.at("prototype_loss").item<double>(), 0.0);
    on.AfterStep(batch);
  }
  on.objective->Refresh(Reader(Points(1), 1));
  EXPECT_GT(on.Loss(batch).item<double>(), expected + 0.1);
}

TEST_F(PclObjectiveTest, IsTheMeanTermOfItsGranularitiesMore) {
  auto on = Make();
  on.objective->Refresh(Reader(Points(1), 1));
  const auto anchor = Random(1).requires_grad_(true), positive = Random(2);
  const auto batch = MakeBatch(anchor, positive);
  auto buffers = on.objective->named_buffers();
  std::vector<PrototypeSet> sets;
  for (const std::string size : {"2", "4"}) {
    const auto centroids = buffers["centroids_" + size];
    EXPECT_EQ(centroids.size(0), std::stol(size));
    sets.push_back({Unit(centroids), buffers["concentrations_" + size],
                    NearestCentroid(Unit(positive), centroids)});
  }
  const auto expected =
      Pcl(InfoNce(CosineLogits(anchor, positive, 0.2)).loss, Unit(anchor), sets).loss;
  const auto loss = on.Loss(batch);
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-5);
  EXPECT_TRUE(torch::allclose(torch::autograd::grad({loss}, {anchor}).at(0),
                              torch::autograd::grad({expected}, {anchor}).at(0), 1e-4, 1e-6));
  EXPECT_LE(on.metrics.at("clusters_used").item<double>(), 4.0);
  EXPECT_LE(on.metrics.at("concentration_min").item<double>(), 0.2);
  EXPECT_GE(on.metrics.at("concentration_max").item<double>(), 0.2);
}

TEST_F(PclObjectiveTest, FindsClustersThatAreThereAndGoesOnFromThem) {
  settings_.config.granularities = 1;
  auto on = Make();
  // Two bundles on two axes.
  auto points = 0.01 * Points(1);
  points.narrow(0, 0, 30).select(1, 0).add_(1.0);
  points.narrow(0, 30, 30).select(1, 1).add_(1.0);
  on.objective->Refresh(Reader(points, 3));
  auto buffers = on.objective->named_buffers();
  const auto centroids = buffers["centroids_2"];
  const auto* place = centroids.data_ptr();
  const auto nearest = NearestCentroid(Unit(points), centroids);
  EXPECT_TRUE(nearest.narrow(0, 0, 30).eq(nearest[0]).all().item<bool>());
  EXPECT_TRUE(nearest.narrow(0, 30, 30).eq(1 - nearest[0]).all().item<bool>());
  // Other rows, another order: each centroid keeps its number.
  const auto before = centroids.clone();
  on.objective->Refresh(Reader(points, 4));
  EXPECT_TRUE(torch::allclose(centroids, before, 0.0, 0.02));
  EXPECT_EQ(buffers["centroids_2"].data_ptr(), place);
  EXPECT_EQ(buffers["refreshes"].item<std::int64_t>(), 2);
}

TEST_F(PclObjectiveTest, EqualStreamsGiveEqualClusters) {
  auto a = Make(), b = Make(), c = Make();
  a.objective->Refresh(Reader(Points(1), 1));
  b.objective->Refresh(Reader(Points(1), 1));
  c.objective->Refresh(Reader(Points(1), 2));
  const auto of = [](ObjectiveFixture& on) { return on.objective->named_buffers()["centroids_4"]; };
  EXPECT_TRUE(torch::equal(of(a), of(b)));
  EXPECT_FALSE(torch::equal(of(a), of(c)));
}

TEST_F(PclObjectiveTest, RefusesMoreClustersThanThereAreTransitions) {
  auto on = Make();
  try {
    on.objective->Refresh(Reader(Points(1, 3), 1));
    ADD_FAILURE() << "four clusters of three points";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "clusters: got 2, 4 in the finest of 2 granularities, allowed there: at most 3, "
                 "the transitions stored");
  }
  settings_.config.refresh_rows = 3;
  EXPECT_THAT(Message(settings_), testing::HasSubstr("allowed there: at most 3, refresh_rows"));
  settings_.config.refresh_rows = 8192;
  auto context = ObjectiveFixture::Pixels();
  context.replay_capacity = 2;
  EXPECT_THAT(Message(settings_, context), testing::HasSubstr("at most 2, replay_capacity"));
}

}  // namespace
}  // namespace curl_rl::encoders
