// The losses' gradients by finite differences, and that no loss asks the host for anything.
#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "encoders/losses/maps.h"
#include "encoders/losses/open_world.h"
#include "encoders/losses/pairs.h"
#include "encoders/losses/prototypes.h"
#include "encoders/losses/queue.h"
#include "encoders/losses/softmax.h"
#include "tests/encoders/observed_operations.h"

namespace curl_rl::encoders {
namespace {

using torch::Tensor;

Tensor Normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return torch::randn(sizes, at::detail::createCPUGenerator(seed), torch::kFloat64);
}
Tensor Whole(const std::vector<std::int64_t>& values) {
  return torch::tensor(values, torch::kInt64);
}
double Value(const Tensor& scalar) { return scalar.item<double>(); }

// One loss as a function of its inputs, with gradient by the first `differentiated` of them.
struct Example {
  std::string name;
  std::vector<Tensor> inputs;
  std::size_t differentiated;
  std::function<Tensor(const std::vector<Tensor>&)> loss;
};

// Every loss with small inputs, away from its kinks.
std::vector<Example> Examples() {
  const auto a = Normal({5, 4}, 1), b = Normal({5, 4}, 2), queue = Normal({7, 4}, 3);
  const auto w = Normal({4, 4}, 4);
  const auto labels = Whole({0, 1, 0, -1, 1});
  using In = const std::vector<Tensor>&;
  const auto distances = [](In in) { return SquaredDistances(in[0], in[1]); };
  const auto mined = [](TripletMining mining, bool soft) {
    TripletOptions options;
    options.margin = 1.0;
    options.mining = mining;
    options.soft = soft;
    return options;
  };
  std::vector<Example> all = {
      {"bilinear",
       {a, w, b},
       3,
       [](In in) { return InfoNce(BilinearLogits(in[0], in[1], in[2])).loss; }},
      {"symmetric",
       {a, b},
       2,
       [](In in) { return SymmetricInfoNce(CosineLogits(in[0], in[1], 0.5)).loss; }},
      {"queue",
       {a, b, queue},
       3,
       [labels](In in) {
         const auto logits = QueueLogits(Unit(in[0]), Unit(in[1]), Unit(in[2]),
                                         SameObservation(labels, torch::arange(7), 1));
         return CrossEntropy(logits / 0.5, torch::zeros_like(labels), labels.ge(0)).loss;
       }},
      {"mean_squared_norm", {a, b}, 2, [](In in) { return MeanSquaredNorm(in[0], in[1]); }},
      {"nt_xent", {a, b}, 2, [](In in) { return NtXent(in[0], in[1], 0.5).loss; }},
      {"supervised_out",
       {a},
       1,
       [labels](In in) { return SupervisedNtXent(in[0], labels, 0.5).loss; }},
      {"supervised_in",
       {a},
       1,
       [labels](In in) { return SupervisedNtXent(in[0], labels, 0.5, SupervisedForm::kIn).loss; }},
      {"sinkhorn_and_swav",
       {a, b, queue},
       1,
       [](In in) {
         const auto codes = Sinkhorn(DotLogits(in[1], in[2]), 0.1, 3);
         return PredictCodes(DotLogits(in[0], in[2]), codes, 0.3).loss;
       }},
      {"nnclr",
       {a, queue, b},
       1,
       [](In in) {
         const auto nearest =
             Nearest(in[2], Unit(in[1]), Whole({0, 0, 0, 1, 0, 0, 1}).to(torch::kBool));
         return InfoNce(CosineLogits(nearest.rows, in[0], 0.5)).loss;
       }},
      {"clusters_and_pcl",
       {a, queue, b},
       1,
       [](In in) {
         const auto clusters = KMeans(in[1], in[1].narrow(0, 0, 3), 4);
         const PrototypeSet set{Unit(clusters.centroids), Concentrations(in[1], clusters, 0.2),
                                NearestCentroid(in[2], clusters.centroids)};
         return Pcl(InfoNce(DotLogits(in[0], in[2])).loss, in[0], {set, set}).loss;
       }},
      {"open_world_hinge",
       {a, queue},
       2,
       [labels](In in) {
         return PrototypeHinge(in[0], in[1], labels, 3.0, torch::arange(7).ne(2)).loss;
       }},
      {"energy", {a}, 1, [](In in) { return Energy(in[0], 1.5).mean(); }},
      {"weibull_density",
       {a.abs() + 1.0},
       1,
       [](In in) {
         const auto one = torch::ones({}, in[0].options());
         return LogDensity({2.0 * one, 0.1 * one, 3.0 * one}, in[0].flatten()).mean();
       }},
      {"pixel_contrast",
       {a, queue},
       2,
       [labels](In in) {
         return PixelContrast(in[0], labels, in[1], Whole({0, 1, 1, -1, 0, 2, 0}), 0.5, false).loss;
       }},
      {"pixels_among_themselves",
       {a},
       1,
       [labels](In in) { return PixelContrast(in[0], labels, in[0], labels, 0.5, true).loss; }},
      {"aspects",
       {Normal({5, 3, 4}, 5), w, b[0], queue, queue.select(1, 0)},
       5,
       [](In in) {
         const auto attention = SmoothAttention(in[0], in[1], in[2], 0.5);
         const auto mixture = MixAspects(attention.segment, in[3], in[4], in[3]);
         return InfoNce(CosineLogits(mixture.segment, attention.segment, 1.0)).loss +
                AspectOverlap(in[3]);
       }},
  };
  for (const auto form :
       {MaxMarginForm::kHadsell, MaxMarginForm::kSquared, MaxMarginForm::kLinear}) {
    all.push_back({"max_margin", {a, b}, 2, [=](In in) {
                     return MaxMargin(distances(in), PairsOfViews(5, torch::kCPU), 3.0, form).loss;
                   }});
  }
  for (const auto reduction :
       {PairReduction::kMean, PairReduction::kBalanced, PairReduction::kRowSum}) {
    all.push_back(
        {"logistic", {a, b}, 2, [=](In in) {
           return Logistic(DotLogits(in[0], in[1]), PairsOfViews(5, torch::kCPU), reduction).loss;
         }});
  }
  for (const bool soft : {false, true}) {
    for (const auto mining :
         {TripletMining::kAll, TripletMining::kHard, TripletMining::kSemiHard}) {
      all.push_back({"triplet_views", {a, b}, 2, [=](In in) {
                       return TripletsOfViews(Root(distances(in)), mined(mining, soft)).loss;
                     }});
      all.push_back({"triplet_labels", {a}, 1, [=](In in) {
                       return TripletsOfLabels(SquaredDistances(in[0], in[0]), labels,
                                               mined(mining, soft))
                           .loss;
                     }});
    }
    for (const auto distance :
         {TripletDistance::kEuclidean, TripletDistance::kSquared, TripletDistance::kCosine}) {
      all.push_back({"triplet_given", {a, b, a.flip({0})}, 3, [=](In in) {
                       return GivenTriplets(in[0], in[1], in[2], distance,
                                            mined(TripletMining::kAll, soft), true)
                           .loss;
                     }});
    }
  }
  return all;
}

TEST(Losses, GradientsAreThoseOfFiniteDifferences) {
  constexpr double kStep = 1e-5;  // central: an error of its square, and of roundings over it
  for (auto& example : Examples()) {
    std::vector<Tensor> inputs;
    for (const auto& input : example.inputs) inputs.push_back(input.clone());
    for (std::size_t i = 0; i < example.differentiated; ++i) inputs[i].requires_grad_(true);
    const auto loss = example.loss(inputs);
    ASSERT_EQ(loss.dim(), 0) << example.name;
    EXPECT_GT(std::abs(Value(loss)), 1e-3) << example.name;  // a loss that is off has no gradient
    const std::vector<Tensor> wanted(inputs.begin(), inputs.begin() + example.differentiated);
    const auto gradients = torch::autograd::grad({loss}, wanted);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < example.differentiated; ++i) {
      auto entries = inputs[i].view({-1});
      const auto gradient = gradients[i].reshape({-1});
      for (std::int64_t j = 0; j < entries.numel(); ++j) {
        const double value = entries[j].item<double>();
        entries[j] = value + kStep;
        const double above = Value(example.loss(inputs));
        entries[j] = value - kStep;
        const double below = Value(example.loss(inputs));
        entries[j] = value;
        EXPECT_NEAR(Value(gradient[j]), (above - below) / (2.0 * kStep), 1e-6)
            << example.name << " input " << i << " entry " << j;
      }
    }
  }
}

TEST(Losses, AskNothingOfTheHost) {
  for (const auto& example : Examples()) {
    std::vector<Tensor> inputs;
    for (const auto& input : example.inputs) inputs.push_back(input.clone());
    for (std::size_t i = 0; i < example.differentiated; ++i) inputs[i].requires_grad_(true);
    const auto operations = OperationsOf([&] { example.loss(inputs).backward(); });
    EXPECT_GT(operations.size(), 3u) << example.name << ": the observer saw nothing";
    for (const auto& name : HostReads()) {
      EXPECT_THAT(operations, testing::Not(testing::Contains(name))) << example.name;
    }
  }
  EXPECT_THAT(OperationsOf([] { Value(torch::ones({})); }),
              testing::Contains("aten::item"));  // the test can fail
}

}  // namespace
}  // namespace curl_rl::encoders
