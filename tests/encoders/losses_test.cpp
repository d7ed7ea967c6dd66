// What must hold of the losses on paper: values that can be worked out by hand, invariances, and
// what is left out.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <vector>

#include "encoders/losses/maps.h"
#include "encoders/losses/open_world.h"
#include "encoders/losses/pairs.h"
#include "encoders/losses/prototypes.h"
#include "encoders/losses/queue.h"
#include "encoders/losses/softmax.h"

namespace curl_rl::encoders {
namespace {

using torch::Tensor;
constexpr double kExact = 1e-12;  // float64, a few roundings

Tensor Normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return torch::randn(sizes, at::detail::createCPUGenerator(seed), torch::kFloat64);
}
Tensor Whole(const std::vector<std::int64_t>& values) {
  return torch::tensor(values, torch::kInt64);
}
double Value(const Tensor& scalar) { return scalar.item<double>(); }

TEST(Losses, OfEqualEmbeddings) {
  for (const std::int64_t batch : {3, 128}) {
    const auto same = torch::ones({batch, 4}, torch::kFloat64);
    const double b = static_cast<double>(batch);
    EXPECT_NEAR(Value(InfoNce(DotLogits(same, same)).loss), std::log(b), kExact);
    EXPECT_NEAR(Value(InfoNce(DotLogits(same, same)).accuracy), 1.0 / b, kExact);
    EXPECT_NEAR(Value(NtXent(same, same, 0.1).loss), std::log(2.0 * b - 1.0), kExact);
    const auto labels = torch::arange(2 * batch).remainder(2);
    EXPECT_NEAR(Value(SupervisedNtXent(torch::cat({same, same}), labels, 0.1).loss),
                std::log(2.0 * b - 1.0), kExact);
    const auto pairs = PairsOfViews(batch, torch::kCPU);
    // 1e-6: the root of the smallest square that has a gradient.
    EXPECT_NEAR(Value(MaxMargin(SquaredDistances(same, same), pairs, 3.0).loss), 4.5, 1e-5);
    EXPECT_NEAR(Value(Logistic(torch::zeros({batch, batch}), pairs, PairReduction::kMean).loss),
                std::log(2.0), 1e-6);  // float32
    EXPECT_NEAR(Value(Logistic(CosineLogits(same, same, 0.1), pairs).loss),
                10.0 + 2.0 * std::log1p(std::exp(-10.0)), kExact);
    TripletOptions options;
    EXPECT_NEAR(Value(TripletsOfViews(SquaredDistances(same, same), options).loss), options.margin,
                kExact);
    options.soft = true;
    EXPECT_NEAR(Value(TripletsOfViews(SquaredDistances(same, same), options).loss),
                std::log1p(std::exp(options.margin)), kExact);
    const auto codes = Sinkhorn(DotLogits(same, torch::ones({5, 4}, torch::kFloat64)), 0.05, 3);
    EXPECT_TRUE(codes.allclose(torch::full({batch, 5}, 0.2, torch::kFloat64), kExact, kExact));
    const auto swav = PredictCodes(torch::ones({batch, 5}, torch::kFloat64), codes, 0.1);
    EXPECT_NEAR(Value(swav.loss), std::log(5.0), kExact);
    EXPECT_NEAR(Value(swav.code_entropy), 1.0, kExact);
    const auto queue = torch::ones({6, 4}, torch::kFloat64);
    EXPECT_NEAR(
        Value(CrossEntropy(QueueLogits(same, same, queue), torch::zeros({batch}, torch::kInt64))
                  .loss),
        std::log(7.0), kExact);
    EXPECT_NEAR(Value(PrototypeHinge(same, torch::ones({5, 4}, torch::kFloat64),
                                     torch::zeros({batch}, torch::kInt64), 10.0)
                          .loss),
                40.0, 1e-5);
  }
}

TEST(Losses, OfWhatIsToldApartPerfectly) {
  const auto views = torch::eye(128, torch::kFloat64);
  const double orthogonal = 127.0 * std::exp(-10.0);
  EXPECT_NEAR(Value(InfoNce(CosineLogits(views, views, 0.1)).loss), std::log1p(orthogonal), kExact);
  EXPECT_EQ(Value(InfoNce(CosineLogits(views, views, 0.1)).accuracy), 1.0);
  EXPECT_NEAR(Value(NtXent(views, views, 0.1).loss), std::log1p(254.0 * std::exp(-10.0)), kExact);
  // Classes that are one point each: the floor is ln(n - 1), not 0.
  const auto classes = torch::eye(4, torch::kFloat64).repeat({6, 1});
  const auto labels = torch::arange(4).repeat({6});
  EXPECT_NEAR(Value(SupervisedNtXent(classes, labels, 0.1).loss),
              std::log(5.0 + 18.0 * std::exp(-10.0)), kExact);
  const auto distances = SquaredDistances(10.0 * views, 10.0 * views);
  const auto far = MaxMargin(distances, PairsOfViews(128, torch::kCPU), 3.0);
  EXPECT_NEAR(Value(far.other_mean), 0.0, 0.0);
  EXPECT_EQ(Value(TripletsOfViews(distances).loss), 0.0);
  EXPECT_EQ(Value(TripletsOfViews(distances).violated), 0.0);
}

TEST(Losses, WithAllLabelsDifferentSupervisedIsNtXent) {
  const auto z0 = Normal({6, 4}, 1), z1 = Normal({6, 4}, 2);
  const auto labels = torch::arange(6).repeat({2});
  EXPECT_NEAR(Value(SupervisedNtXent(torch::cat({z0, z1}), labels, 0.3).loss),
              Value(NtXent(z0, z1, 0.3).loss), kExact);
}

TEST(Losses, AreSymmetricWhereTheySayAndKnowNoOrderNoScale) {
  const auto a = Normal({6, 4}, 1), b = Normal({6, 4}, 2);
  const auto order = Whole({3, 1, 5, 0, 2, 4});
  const auto nt_xent = Value(NtXent(a, b, 0.3).loss);
  EXPECT_NEAR(Value(NtXent(b, a, 0.3).loss), nt_xent, kExact);
  EXPECT_NEAR(Value(NtXent(3.0 * a, 0.5 * b, 0.3).loss), nt_xent, kExact);
  EXPECT_NEAR(Value(NtXent(a.index_select(0, order), b.index_select(0, order), 0.3).loss), nt_xent,
              kExact);
  const auto logits = CosineLogits(a, b, 0.3);
  EXPECT_NEAR(Value(SymmetricInfoNce(logits).loss), Value(SymmetricInfoNce(logits.t()).loss),
              kExact);
  EXPECT_NE(Value(InfoNce(logits).loss), Value(InfoNce(logits.t()).loss));
  const auto rotation = std::get<0>(torch::linalg_qr(Normal({4, 4}, 3)));
  EXPECT_TRUE(SquaredDistances(a.matmul(rotation), b.matmul(rotation))
                  .allclose(SquaredDistances(a, b), 1e-10, 1e-10));
}

TEST(Losses, RowsOfUnknownLabelCountNowhere) {
  const auto all = Normal({6, 4}, 1);
  const auto kept = all.index_select(0, Whole({0, 2, 3, 5}));
  const auto labels = Whole({0, -1, 1, 0, -1, 1}), kept_labels = Whole({0, 1, 0, 1});
  EXPECT_NEAR(Value(SupervisedNtXent(all, labels, 0.5).loss),
              Value(SupervisedNtXent(kept, kept_labels, 0.5).loss), kExact);
  EXPECT_NEAR(Value(PixelContrast(all, labels, all, labels, 0.5, true).loss),
              Value(PixelContrast(kept, kept_labels, kept, kept_labels, 0.5, true).loss), kExact);
  const auto prototypes = Normal({3, 4}, 2);
  EXPECT_NEAR(Value(PrototypeHinge(all, prototypes, labels, 3.0).loss),
              Value(PrototypeHinge(kept, prototypes, kept_labels, 3.0).loss), kExact);
}

TEST(Losses, WithNothingToCompareThereIsNoNan) {
  auto a = Normal({4, 3}, 1).requires_grad_(true);
  const auto unknown = Whole({-1, -1, -1, -1}), alone = Whole({0, 1, 2, 3}),
             one = Whole({1, 1, 1, 1});
  std::vector<Tensor> losses;
  for (const auto& labels : {unknown, alone, one}) {
    losses.push_back(SupervisedNtXent(a, labels, 0.1).loss);
    losses.push_back(SupervisedNtXent(a, labels, 0.1, SupervisedForm::kIn).loss);
    losses.push_back(PixelContrast(a, labels, a, labels, 0.1, true).loss);
    losses.push_back(TripletsOfLabels(SquaredDistances(a, a), labels).loss);
    losses.push_back(MaxMargin(SquaredDistances(a, a), PairsOfLabels(labels), 1.0).loss);
    losses.push_back(PrototypeHinge(a, Normal({5, 3}, 2), labels, 1.0).loss);
  }
  losses.push_back(NtXent(torch::zeros({4, 3}, torch::kFloat64) * a, a, 0.1).loss);
  const auto empty = MakeRingQueue(5, 3, torch::kFloat64);
  losses.push_back(CrossEntropy(QueueLogits(a, a, empty.rows, EmptyRows(empty)),
                                torch::zeros({4}, torch::kInt64))
                       .loss);
  EXPECT_EQ(Value(losses.back()), 0.0);  // no negatives
  losses.push_back(InfoNce(DotLogits(a, a), torch::zeros({4}, torch::kBool)).loss);
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_TRUE(std::isfinite(Value(losses[i]))) << i;
    const auto gradient = torch::autograd::grad({losses[i]}, {a}, {}, true, false, true).at(0);
    if (gradient.defined()) {
      EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << i;
    }
  }
}

TEST(Triplets, MiningTakesWhatItSays) {
  // Row 0: own at 2; others at 1, 3, 9.
  const auto distances = torch::tensor(
      {{2.0, 1.0, 3.0, 9.0}, {5.0, 1.0, 4.0, 7.0}, {5.0, 4.0, 8.0, 7.0}, {6.0, 4.0, 5.0, 1.0}},
      torch::kFloat64);
  TripletOptions options;
  options.margin = 2.0;
  options.mining = TripletMining::kHard;
  const auto hard = TripletsOfViews(distances, options);
  EXPECT_TRUE(hard.other_index.equal(Whole({1, 2, 1, 1})));
  EXPECT_TRUE(hard.own_index.equal(Whole({0, 1, 2, 3})));
  EXPECT_NEAR(Value(hard.loss), (3.0 + 6.0) / 2.0, kExact);  // rows 1 and 3 are satisfied
  options.mining = TripletMining::kSemiHard;
  const auto semi_hard = TripletsOfViews(distances, options);
  EXPECT_EQ(semi_hard.other_index[0].item<std::int64_t>(), 2);
  EXPECT_NEAR(Value(semi_hard.loss), 1.0, kExact);  // row 2 has none that is farther
  EXPECT_NEAR(Value(semi_hard.violated), 1.0 / 3.0, kExact);
}

TEST(Queue, KeepsItsTensorsAndCountsWhatIsFilled) {
  auto queue = MakeRingQueue(5, 2, torch::kFloat32);
  const auto* place = queue.rows.data_ptr();
  EXPECT_EQ(EmptyRows(queue).sum().item<std::int64_t>(), 5);
  Push(queue, torch::ones({3, 2}), Whole({7, 8, 9}));
  EXPECT_TRUE(EmptyRows(queue).equal(Whole({0, 0, 0, 1, 1}).to(torch::kBool)));
  Push(queue, 2.0 * torch::ones({3, 2}), Whole({10, 11, 12}));
  EXPECT_TRUE(queue.ids.equal(Whole({12, 8, 9, 10, 11})));
  EXPECT_EQ(queue.filled.item<std::int64_t>(), 5);
  EXPECT_EQ(queue.pointer.item<std::int64_t>(), 1);
  EXPECT_EQ(queue.rows.data_ptr(), place);
  EXPECT_THROW(Push(queue, torch::ones({6, 2}), torch::arange(6)), std::invalid_argument);
}

TEST(Queue, WhatIsLeftOutIsNoNeighbour) {
  const auto support = Unit(Normal({6, 4}, 1));
  const auto ids = torch::arange(6);
  EXPECT_TRUE(Nearest(support, support).index.equal(ids));
  const auto left_out = SameObservation(ids, ids, 0);
  const auto others = Nearest(support, support, left_out).index;
  EXPECT_FALSE(others.eq(ids).any().item<bool>());
  EXPECT_FALSE(SameObservation(ids, ids, -1).any().item<bool>());
  EXPECT_EQ(SameObservation(ids, ids, 1).sum().item<std::int64_t>(), 16);
}

TEST(Sinkhorn, CodesSumToOneAndKnowNoConstantNoOrder) {
  const auto scores = Normal({8, 5}, 1);
  const auto codes = Sinkhorn(scores, 0.3, 3);
  EXPECT_TRUE(codes.sum(1).allclose(torch::ones({8}, torch::kFloat64), kExact, kExact));
  EXPECT_TRUE(Sinkhorn(scores + 17.0, 0.3, 3).allclose(codes, 1e-10, 1e-10));
  const auto order = Whole({4, 2, 0, 1, 3});
  EXPECT_TRUE(Sinkhorn(scores.index_select(1, order), 0.3, 3)
                  .allclose(codes.index_select(1, order), 1e-10, 1e-10));
  const auto equal = Sinkhorn(scores, 0.3, 500).sum(0);
  EXPECT_TRUE(equal.allclose(torch::full({5}, 8.0 / 5.0, torch::kFloat64), 1e-8, 1e-8));
  EXPECT_TRUE(Sinkhorn(1e3 * scores.to(torch::kFloat32), 0.0125, 3).isfinite().all().item<bool>());
}

TEST(KMeans, AnEmptyClusterTakesTheFarthestPoint) {
  const auto points = torch::tensor({{0.0}, {1.0}, {10.0}, {11.0}, {50.0}}, torch::kFloat64);
  // Nobody is near the third start; 50 is farthest from its centroid.
  const auto clusters = KMeans(points, torch::tensor({{0.0}, {12.0}, {900.0}}, torch::kFloat64));
  EXPECT_TRUE(clusters.labels.equal(Whole({0, 0, 1, 1, 2})));
  EXPECT_TRUE(clusters.counts.equal(Whole({2, 2, 1})));
  EXPECT_NEAR(Value(clusters.centroids[2][0]), 50.0, kExact);
  EXPECT_THROW(KMeans(points, torch::zeros({6, 1}, torch::kFloat64)), std::invalid_argument);
}

TEST(Concentrations, OfPointsThatAreTheirOwnClustersAreTheTemperature) {
  const auto points = Normal({4, 3}, 1);
  const auto single = KMeans(points, points);
  EXPECT_TRUE(Concentrations(points, single, 0.2)
                  .allclose(torch::full({4}, 0.2, torch::kFloat64), kExact, kExact));
  // A tighter cluster has a lower one; a singleton takes the largest.
  const auto some = torch::tensor({{0.0}, {0.2}, {5.0}, {9.0}, {40.0}}, torch::kFloat64);
  const auto clusters = KMeans(some, torch::tensor({{0.0}, {7.0}, {40.0}}, torch::kFloat64));
  const auto phi = Concentrations(some, clusters, 0.2);
  EXPECT_LT(Value(phi[0]), Value(phi[1]));
  EXPECT_NEAR(Value(phi[2]), Value(phi[1]), kExact);
  EXPECT_NEAR(Value(phi.mean()), 0.2, kExact);
}

TEST(Pcl, OnePrototypeForAllCostsNothing) {
  const auto query = Unit(Normal({5, 3}, 1));
  const PrototypeSet one{Unit(Normal({1, 3}, 2)), torch::full({1}, 0.2, torch::kFloat64),
                         torch::zeros({5}, torch::kInt64)};
  EXPECT_EQ(Value(PrototypeNce(query, one).loss), 0.0);
}

TEST(OpenWorld, EnergyMovesWithTheLogitsAndWeibullIsFoundAgain) {
  const auto logits = Normal({5, 3}, 1);
  EXPECT_TRUE(Energy(logits + 2.5, 1.5).allclose(Energy(logits, 1.5) - 2.5, kExact, kExact));
  const auto uniform = torch::rand({20000}, at::detail::createCPUGenerator(3), torch::kFloat64);
  const auto location = torch::full({}, -4.0, torch::kFloat64);
  const auto samples = location + 3.0 * (-torch::log1p(-uniform)).pow(1.0 / 1.7);
  const auto fit = FitWeibull(samples, location);
  EXPECT_NEAR(Value(fit.shape), 1.7, 4.0 * 0.78 * 1.7 / std::sqrt(20000.0));  // 4 standard errors
  EXPECT_NEAR(Value(fit.scale), 3.0, 4.0 * 1.05 * 3.0 / 1.7 / std::sqrt(20000.0));
  // What does not count changes nothing.
  const auto more = torch::cat({samples, torch::full({7}, 900.0, torch::kFloat64)});
  const auto masked = FitWeibull(more, location, torch::arange(20007).lt(20000));
  EXPECT_NEAR(Value(masked.shape), Value(fit.shape), 1e-9);
  EXPECT_EQ(Value(LogDensity(fit, location.unsqueeze(0))),
            -std::numeric_limits<double>::infinity());
}

TEST(Aspects, AttentionWithoutSmoothnessIsTheMean) {
  const auto words = Normal({4, 6, 3}, 1);
  const auto attention = SmoothAttention(words, Normal({3, 3}, 2), Normal({3}, 3), 0.0);
  EXPECT_TRUE(attention.segment.allclose(words.mean(1), kExact, kExact));
  const auto order = Whole({5, 3, 1, 0, 2, 4});
  const auto some = SmoothAttention(words, Normal({3, 3}, 2), Normal({3}, 3), 0.5);
  const auto permuted =
      SmoothAttention(words.index_select(1, order), Normal({3, 3}, 2), Normal({3}, 3), 0.5);
  EXPECT_TRUE(permuted.segment.allclose(some.segment, kExact, kExact));
  EXPECT_NEAR(Value(AspectOverlap(2.0 * torch::eye(3, torch::kFloat64))), 0.0, kExact);
}

TEST(Aspects, AttentionOfCellsIsThatOfTheirWordsGradientsIncluded) {
  const std::vector<torch::Tensor> inputs = {Normal({4, 6, 3}, 1), Normal({5, 3}, 2),
                                             Normal({5}, 3), Normal({5, 5}, 4), Normal({5}, 5)};
  const auto gradients = [&](bool of_cells) {
    std::vector<torch::Tensor> in;
    for (const auto& input : inputs) in.push_back(input.clone().set_requires_grad(true));
    const auto words = in[0].matmul(in[1].t()) + in[2];
    const auto attention = of_cells ? SmoothAttentionOfCells(in[0], in[1], in[2], in[3], in[4], 0.5)
                                    : SmoothAttention(words, in[3], in[4], 0.5);
    auto all = torch::autograd::grad({attention.segment.square().sum()}, in);
    all.push_back(attention.segment.detach());
    all.push_back(attention.weights.detach());
    return all;
  };
  const auto ours = gradients(true), plain = gradients(false);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_TRUE(ours[i].allclose(plain[i], 1e-10, 1e-10)) << i;
  }
}

TEST(Losses, ShapesThatDoNotFitAreNamed) {
  try {
    NtXent(torch::ones({4, 3}), torch::ones({4, 2}), 0.5);
    FAIL() << "another width was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "NtXent: z1: got [4, 2], allowed [4, 3]");
  }
  const auto codes = torch::ones({2, 2}).requires_grad_(true);
  EXPECT_THROW(PredictCodes(torch::ones({2, 2}), codes, 0.1), std::invalid_argument);
  EXPECT_THROW(NtXent(torch::ones({1, 3}), torch::ones({1, 3}), 0.5), std::invalid_argument);
  EXPECT_THROW(CosineLogits(torch::ones({2, 3}), torch::ones({2, 3}), 0.0), std::invalid_argument);
  EXPECT_THROW(InfoNce(torch::ones({3, 2})), std::invalid_argument);
  EXPECT_THROW(Pcl(torch::zeros({}), torch::ones({2, 3}), {}), std::invalid_argument);
}

}  // namespace
}  // namespace curl_rl::encoders
