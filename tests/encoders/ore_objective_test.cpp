// ORE: when a class becomes known, what prototypes follow, and what energies tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/class_memory.h"
#include "encoders/losses/open_world.h"
#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kRows = 6, kDim = 5, kBins = 4;

TEST(ClassMemory, KeepsTheNewestRowsOfEachClassInOrder) {
  const auto memory = MakeClassMemory(3, 2, 1, torch::kFloat32);
  const auto push = [&](const std::vector<float>& rows, const std::vector<std::int64_t>& labels) {
    PushOfClass(memory, torch::tensor(rows).unsqueeze(1), torch::tensor(labels));
  };
  push({1, 2, 3, 4}, {0, 2, 0, -1});
  EXPECT_TRUE(
      torch::equal(memory.rows.squeeze(2), torch::tensor({{1.f, 3.f}, {0.f, 0.f}, {2.f, 0.f}})));
  EXPECT_TRUE(torch::equal(LabelsOf(memory), torch::tensor({0, 0, -1, -1, 2, -1})));
  EXPECT_TRUE(torch::equal(MeansOf(memory).squeeze(1), torch::tensor({2.f, 0.f, 2.f})));
  // Across the ring's end, and more of a class than there is room for: the last ones stay.
  push({5, 6, 7, 8, 9}, {0, 2, 2, 2, 2});
  EXPECT_TRUE(torch::equal(memory.filled, torch::tensor({2, 0, 2})));
  EXPECT_TRUE(torch::equal(memory.pointer, torch::tensor({1, 0, 1})));
  EXPECT_TRUE(torch::equal(memory.rows[0].squeeze(1), torch::tensor({5.f, 3.f})));
  EXPECT_TRUE(
      torch::equal(std::get<0>(memory.rows[2].squeeze(1).sort()), torch::tensor({8.f, 9.f})));
  push({10}, {2});
  EXPECT_TRUE(torch::equal(memory.rows[2].squeeze(1), torch::tensor({9.f, 10.f})));
  push({}, {});
  EXPECT_THROW(push({1}, {}), std::invalid_argument);
}

class OreObjective : public testing::Test {
 protected:
  OreObjective() {
    settings_.config.label.bins = kBins;
    settings_.config.label.horizon = 2;
    settings_.config.start = 0;
    settings_.config.refresh_every = 1;
    settings_.config.store_size = 3;
  }

  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  // Rows of these bins. The keys are the observations.
  static replay::Batch MakeBatch(std::uint64_t seed, const std::vector<std::int64_t>& bins) {
    const auto stream = at::detail::createCPUGenerator(seed);
    replay::Batch batch;
    batch.tensors["observation"] = torch::randn({kRows, kDim}, stream);
    batch.tensors["ore_positive"] = batch.tensors["observation"];
    const auto middle = (torch::tensor(bins).to(torch::kFloat32) + 0.5) / kBins;
    batch.tensors["horizon.reward"] = torch::stack({middle - 0.01, middle + 0.01}, 1);
    batch.tensors["horizon.steps"] = torch::full({kRows}, 2, torch::kInt64);
    return batch;
  }

  static torch::Tensor Buffer(const ObjectiveFixture& on, const std::string& name) {
    return on.objective->named_buffers()[name];
  }
  static double Metric(const ObjectiveFixture& on, const std::string& name) {
    return on.metrics.at(name).item<double>();
  }

  SettingsOf<OreConfig> settings_;
};

TEST_F(OreObjective, AClassIsKnownWithTheLastRowOfItsStore) {
  auto on = Make();
  const auto first = MakeBatch(1, {0, 0, 1, 1, 1, 3});  // two of bin 0, three of bin 1
  on.Loss(first);
  EXPECT_EQ(Metric(on, "known_classes"), 0.0);
  EXPECT_EQ(Metric(on, "classification_loss"), 0.0);
  EXPECT_EQ(on.Loss(first).item<double>(), 0.0) << "nothing is known";
  on.AfterStep(first);
  on.Loss(first);
  EXPECT_EQ(Metric(on, "known_classes"), 1.0);
  on.AfterStep(MakeBatch(2, {0, 2, 2, 3, 1, 1}));
  on.Loss(first);
  EXPECT_EQ(Metric(on, "known_classes"), 2.0);
  // The unknown class holds the newest of what was not known when it came.
  const auto second = MakeBatch(2, {0, 2, 2, 3, 1, 1}).at("observation");
  const auto unknown = std::get<0>(Buffer(on, "store_rows")[0].select(1, 0).sort());
  EXPECT_TRUE(torch::equal(unknown, std::get<0>(second.select(1, 0).narrow(0, 1, 3).sort())));
}

TEST_F(OreObjective, LossIsItsPartsOverWhatIsKnown) {
  settings_.config.label.bins = 2;
  auto on = Make();
  const auto bins = std::vector<std::int64_t>{0, 0, 0, 0, 3, 3};  // in halves: 0 0 0 0 1 1
  auto batch = MakeBatch(1, bins);
  on.AfterStep(batch);
  on.RefreshIfDue();
  const auto loss = on.Loss(batch);

  // Bin 0 is known, bin 1 is not: its rows are of class 0.
  const auto f = batch.at("observation");
  const auto prototypes = torch::stack(
      {f.narrow(0, 3, 3).mean(0), f.narrow(0, 1, 3).mean(0)});  // none was known when they came
  EXPECT_TRUE(torch::allclose(Buffer(on, "prototypes").narrow(0, 0, 2), prototypes));
  EXPECT_TRUE(torch::equal(Buffer(on, "has_prototype"), torch::tensor({1, 1, 0})));
  double clustering = 0.0;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const auto own = i < 4 ? 1 : 0;
    for (std::int64_t c = 0; c < 2; ++c) {
      const double distance = (f[i] - prototypes[c]).norm().item<double>();
      clustering += c == own ? distance : std::max(0.0, 10.0 - distance);
    }
  }
  EXPECT_NEAR(Metric(on, "contrastive_loss"), clustering / kRows, 1e-4);
  // One class is known: its classification is sure.
  EXPECT_NEAR(loss.item<double>(), 0.1 * clustering / kRows, 1e-4);
  EXPECT_NEAR(Metric(on, "label_entropy"),
              -(2.0 / 3.0 * std::log(2.0 / 3.0) + std::log(1.0 / 3.0) / 3.0) / std::log(2.0), 1e-5);
}

TEST_F(OreObjective, PrototypesFollowTheirStoresSlowly) {
  auto on = Make();
  on.AfterStep(MakeBatch(1, {1, 1, 1, 1, 1, 1}));
  on.RefreshIfDue();
  const auto before = Buffer(on, "prototypes")[2].clone();
  const auto later = MakeBatch(2, {1, 1, 1, 1, 1, 1});
  on.AfterStep(later);
  on.RefreshIfDue();
  const auto mean = later.at("observation").narrow(0, 3, 3).mean(0);
  EXPECT_TRUE(torch::allclose(Buffer(on, "prototypes")[2], 0.9 * before + 0.1 * mean));
}

TEST_F(OreObjective, NoPrototypesBeforeTheirTime) {
  settings_.config.start = 2;
  auto on = Make();
  for (const std::int64_t expected : {0, 0, 1}) {
    on.RefreshIfDue();
    EXPECT_EQ(Buffer(on, "has_prototype")[2].item<std::int64_t>(), expected);
    on.AfterStep(MakeBatch(1, {1, 1, 1, 2, 2, 2}));
  }
}

TEST_F(OreObjective, DetachedClassificationTrainsTheClassifierAlone) {
  for (const auto classify : {Classify::kJoint, Classify::kDetach}) {
    settings_.config.classify = classify;
    settings_.config.clustering_weight = 0.0;
    auto on = Make();
    auto batch = MakeBatch(1, {0, 0, 0, 1, 1, 1});
    on.AfterStep(batch);
    auto& observation = batch.tensors["observation"];
    observation.requires_grad_(true);
    const auto weight = on.objective->named_parameters()["classifier.weight"];
    const auto gradients = torch::autograd::grad({on.Loss(batch)}, {weight, observation}, {},
                                                 c10::nullopt, false, /*allow_unused=*/true);
    EXPECT_GT(gradients[0].abs().max().item<double>(), 0.0);
    EXPECT_EQ(gradients[0].narrow(0, 2, 2).abs().max().item<double>(), 0.0) << "of unknown classes";
    const bool reached = gradients[1].defined() && gradients[1].abs().max().item<double>() > 0.0;
    EXPECT_EQ(reached, classify == Classify::kJoint);
  }
}

// A classifier that is sure of known rows and of nothing else.
TEST_F(OreObjective, EnergiesTellUnknownRowsFromKnownOnes) {
  auto on = Make();
  auto batch = MakeBatch(1, {0, 0, 0, 0, 2, 2});
  on.AfterStep(batch);
  {
    const torch::NoGradGuard no_grad;
    auto parameters = on.objective->named_parameters();
    parameters["classifier.bias"].zero_();
    parameters["classifier.weight"].zero_();
    parameters["classifier.weight"][0][0].fill_(1.0);
  }
  // Stores of the known bin and of the unknown class.
  Buffer(on, "store_rows")[1].select(1, 0).copy_(torch::tensor({8.f, 9.f, 7.f}));
  Buffer(on, "store_rows")[0].select(1, 0).copy_(torch::tensor({1.f, 2.f, 1.5f}));
  on.RefreshIfDue();
  for (const bool sure : {true, false}) {
    const auto first = sure ? torch::tensor({8.f, 9.f, 7.f, 8.5f, 1.f, 2.f}) : torch::ones({6});
    batch.tensors["observation"].select(1, 0).copy_(first);
    on.Loss(batch);
    // One known class: the energy is the negative logit.
    EXPECT_NEAR(Metric(on, "energy_gap"), sure ? 8.125 - 1.5 : 0.0, 1e-4);
    EXPECT_EQ(Metric(on, "unknown_auroc"), sure ? 1.0 : 0.5);
    if (sure) {
      EXPECT_EQ(Metric(on, "weibull_accuracy"), 1.0);
    }
  }
  // No row of the batch unknown: there is nothing to tell.
  on.Loss(MakeBatch(3, {0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(Metric(on, "unknown_auroc"), 0.5);
  EXPECT_EQ(Metric(on, "energy_gap"), 0.0);
}

TEST_F(OreObjective, FitsTheEnergiesOfItsStores) {
  settings_.config.store_size = 200;
  auto context = ObjectiveFixture::Features(200, kDim);
  ObjectiveFixture on(settings_, context);
  replay::Batch batch;
  const auto stream = at::detail::createCPUGenerator(1);
  batch.tensors["ore_positive"] = torch::randn({200, kDim}, stream);
  batch.tensors["horizon.steps"] = torch::ones({200}, torch::kInt64);
  batch.tensors["horizon.reward"] = torch::zeros({200, 2});
  on.AfterStep(batch);  // none was known when they came: in both stores
  on.RefreshIfDue();
  const auto weight = on.objective->named_parameters()["classifier.weight"];
  const auto energy = -batch.at("ore_positive").matmul(weight[0]).detach().to(torch::kFloat64);
  const auto fit = FitWeibull(energy, energy.min() - 1e-3);
  const auto expected = torch::stack({fit.shape, fit.location, fit.scale}).to(torch::kFloat32);
  for (std::int64_t which : {0, 1}) {
    EXPECT_TRUE(torch::allclose(Buffer(on, "weibull")[which], expected, 1e-3)) << which;
  }
  EXPECT_TRUE(torch::equal(Buffer(on, "weibull_fitted"), torch::ones({2}, torch::kInt64)));
}

TEST_F(OreObjective, WhatCannotWorkIsRefusedByName) {
  settings_.config.label.high = settings_.config.label.low = 1.0;
  try {
    Make();
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("label.high: got 1, allowed: above label.low"));
  }
}

}  // namespace
}  // namespace curl_rl::encoders
