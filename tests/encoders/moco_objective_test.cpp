// MoCo's queue: what is written when, what counts as a negative, and how the key head follows.
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/losses/softmax.h"
#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kRows = 4, kDim = 6;

class MocoObjective : public testing::Test {
 protected:
  MocoObjective() {
    settings_.config.queue_size = 10;
    settings_.config.projection.kind = HeadKind::kNone;
  }

  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Features(kRows, kDim)}; }

  static replay::Batch MakeBatch(std::uint64_t seed, std::int64_t first_transition) {
    const auto stream = at::detail::createCPUGenerator(seed);
    replay::Batch batch;
    batch.tensors["observation"] = torch::randn({kRows, kDim}, stream);
    batch.tensors["moco_positive"] = torch::randn({kRows, kDim}, stream);
    batch.tensors["transition"] = torch::arange(first_transition, first_transition + kRows);
    return batch;
  }

  static torch::Tensor Buffer(const ObjectiveFixture& on, const std::string& name) {
    return on.objective->named_buffers()["queue_" + name];
  }

  SettingsOf<MocoConfig> settings_;
};

TEST_F(MocoObjective, AnEmptyQueueLeavesTheBatchesOtherKeys) {
  auto on = Make();
  const auto batch = MakeBatch(1, 0);
  const auto expected =
      InfoNce(CosineLogits(batch.at("observation"), batch.at("moco_positive"), 0.2)).loss;
  EXPECT_NEAR(on.Loss(batch).item<double>(), expected.item<double>(), 1e-5);  // float32 sums
}

TEST_F(MocoObjective, NewestKeysTakeTheOldestsPlaceAfterTheStepAcrossTheEndToo) {
  auto on = Make();
  std::vector<torch::Tensor> keys;
  for (std::uint64_t n = 0; n < 3; ++n) {
    const auto batch = MakeBatch(n + 1, 100 * static_cast<std::int64_t>(n));
    const auto before = Buffer(on, "rows").clone();
    on.Loss(batch);
    EXPECT_TRUE(torch::equal(Buffer(on, "rows"), before)) << "a loss must not write";
    on.AfterStep(batch);
    keys.push_back(Unit(batch.at("moco_positive")));
  }
  EXPECT_EQ(Buffer(on, "pointer").item<std::int64_t>(), 2);
  EXPECT_EQ(Buffer(on, "filled").item<std::int64_t>(), 10);
  const auto expected = torch::cat(
      {keys[2].narrow(0, 2, 2), keys[0].narrow(0, 2, 2), keys[1], keys[2].narrow(0, 0, 2)});
  EXPECT_TRUE(torch::equal(Buffer(on, "rows"), expected));
  EXPECT_TRUE(torch::equal(Buffer(on, "ids"),
                           torch::tensor({202, 203, 2, 3, 100, 101, 102, 103, 200, 201})));
}

TEST_F(MocoObjective, KeysOfTheAnchorsOwnTransitionAreNoNegatives) {
  const auto same = torch::ones({kRows, kDim});
  for (const std::int64_t window : {-1, 0, 1}) {
    settings_.config.id_window = window;
    auto on = Make();
    auto batch = MakeBatch(1, 0);
    batch.tensors["observation"] = batch.tensors["moco_positive"] = same;
    on.AfterStep(batch);
    // Equal embeddings: ln(1 + negatives), of the four queued keys all but those left out. In a
    // window of 1 rows 0 and 3 have one neighbour, rows 1 and 2 have two.
    const double one_neighbour = std::log(3.0), two = std::log(2.0);
    const double expected = window == -1  ? std::log(5.0)
                            : window == 0 ? std::log(4.0)
                                          : 0.5 * (one_neighbour + two);
    EXPECT_NEAR(on.Loss(batch).item<double>(), expected, 1e-5) << window;
  }
}

TEST_F(MocoObjective, InBatchAddsTheOtherKeys) {
  settings_.config.in_batch = true;
  auto on = Make();
  auto batch = MakeBatch(1, 0);
  batch.tensors["observation"] = batch.tensors["moco_positive"] = torch::ones({kRows, kDim});
  on.AfterStep(batch);
  EXPECT_NEAR(on.Loss(batch).item<double>(), std::log(4.0 + 3.0), 1e-5);
  EXPECT_NEAR(on.metrics.at("queue_filled").item<double>(), 0.4, 1e-6);
}

TEST_F(MocoObjective, TheKeyHeadFollowsAndHasNoGradient) {
  settings_.config.projection.kind = HeadKind::kMlp;
  auto on = Make();
  auto parameters = on.objective->named_parameters();
  auto& head = parameters["head.last.weight"];
  const auto& key_head = parameters["key_head.last.weight"];
  EXPECT_TRUE(torch::equal(head, key_head));
  EXPECT_FALSE(key_head.requires_grad());
  {
    const torch::NoGradGuard no_grad;
    head.add_(1.0);
  }
  const auto before = key_head.clone();
  on.objective->MoveMomentum(0.25);
  EXPECT_TRUE(torch::allclose(key_head, before + 0.25));
}

}  // namespace
}  // namespace curl_rl::encoders
