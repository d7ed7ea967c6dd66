// The losses of pairs, triplets and softmaxes beside what independent libraries gave.
#include <torch/autograd.h>

#include "encoders/losses/pairs.h"
#include "encoders/losses/softmax.h"
#include "tests/encoders/recording.h"

namespace curl_rl::encoders {
namespace {

using LossesGolden = Golden;
INSTANTIATE_TEST_SUITE_P(Each, LossesGolden, testing::ValuesIn(AllNumbers()), NumbersName);

TEST_P(LossesGolden, InfoNce) {
  Recording recorded("infonce", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto anchor = recorded.Input("anchor");      // [B, D]
  const auto positive = recorded.Input("positive");  // [B, D]
  const auto negatives = recorded.Input("negatives");
  recorded.ExpectSoftmax("bilinear.",
                         InfoNce(BilinearLogits(anchor, recorded.Input("W"), positive)));
  recorded.ExpectSoftmax("dot.", InfoNce(DotLogits(anchor, positive)));
  const auto cosine = CosineLogits(anchor, positive, temperature);
  recorded.ExpectSoftmax("cosine.", InfoNce(cosine));
  recorded.ExpectSoftmax(
      "queue.",
      CrossEntropy(QueueLogits(Unit(anchor), Unit(positive), Unit(negatives)) / temperature,
                   torch::zeros({anchor.size(0)}, Whole())));
  recorded.ExpectSoftmax(
      "batch_and_queue.",
      InfoNce(torch::cat({cosine, CosineLogits(anchor, negatives, temperature)}, 1)));
  recorded.ExpectSoftmax("symmetric.", SymmetricInfoNce(cosine));
  recorded.ExpectSoftmax("masked_rows.", InfoNce(cosine, recorded.Mask("valid")));
  const auto ids = recorded.Input("ids");
  const auto own_elsewhere =
      SameObservation(ids, ids, 0).logical_and(PairsOfViews(anchor.size(0), anchor.device()).other);
  EXPECT_TRUE(own_elsewhere.any().item<bool>());
  recorded.ExpectSoftmax("own_left_out.", InfoNce(Without(cosine, own_elsewhere)));
  const auto extreme =
      InfoNce(DotLogits(recorded.Input("extreme.anchor"), recorded.Input("extreme.positive")));
  recorded.Expect("extreme.dot.loss", extreme.loss);
  const auto gradient = torch::autograd::grad({extreme.loss}, {recorded.Input("extreme.anchor")});
  EXPECT_TRUE(gradient[0].isfinite().all().item<bool>());
}

TEST_P(LossesGolden, NPair) {
  Recording recorded("npair", GetParam());
  const auto anchor = recorded.Input("anchor"), positive = recorded.Input("positive");
  recorded.ExpectSoftmax("", InfoNce(DotLogits(anchor, positive)));
  recorded.Expect("l2.mean_squared_norm", MeanSquaredNorm(anchor, positive));
}

TEST_P(LossesGolden, NtXent) {
  Recording recorded("ntxent", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto z0 = recorded.Input("z0"), z1 = recorded.Input("z1");
  const auto ours = NtXent(z0, z1, temperature);
  recorded.ExpectSoftmax("", ours);
  recorded.Expect("loss.simclr_official", 2.0 * ours.loss);
  recorded.ExpectSoftmax("key_without_gradient.", NtXent(z0, z1.detach(), temperature));
}

TEST_P(LossesGolden, SupervisedNtXent) {
  Recording recorded("supcon", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto embeddings = recorded.Input("embeddings");
  const auto labels = recorded.Input("labels");
  const auto out = SupervisedNtXent(embeddings, labels, temperature, SupervisedForm::kOut);
  recorded.ExpectLoss("out.", out.loss);
  recorded.Expect("out.per_row", out.per_row);
  const auto in = SupervisedNtXent(embeddings, labels, temperature, SupervisedForm::kIn);
  recorded.Expect("in.loss", in.loss);
  recorded.Expect("in.per_row", in.per_row);
  const auto single = recorded.Input("singletons.embeddings");
  const auto single_labels = recorded.Input("singletons.labels");
  const auto skipping = SupervisedNtXent(single, single_labels, temperature);
  recorded.Expect("singletons.loss.mean_over_anchors_with_positives", skipping.loss);
  recorded.Expect("singletons.per_row", skipping.per_row);
  recorded.Expect("singletons.positives", skipping.positives);
  recorded.Expect("singletons.grad.embeddings",
                  torch::autograd::grad({skipping.loss}, {single}).at(0));
  recorded.Expect(
      "singletons.loss.mean_over_all_anchors",
      SupervisedNtXent(single, single_labels, temperature, SupervisedForm::kOut, true).loss);
}

TEST_P(LossesGolden, Triplet) {
  Recording recorded("triplet", GetParam());
  const auto anchor = recorded.Input("anchor"), positive = recorded.Input("positive");
  const auto negative = recorded.Input("negative");
  TripletOptions over_all;
  over_all.margin = recorded.Number("param.margin");
  over_all.only_violated = false;
  const auto given = [&](const std::string& name, TripletDistance distance, bool swap) {
    recorded.ExpectLoss("given." + name + ".",
                        GivenTriplets(anchor, positive, negative, distance, over_all, swap).loss);
  };
  given("l2", TripletDistance::kEuclidean, false);
  given("l2_swap", TripletDistance::kEuclidean, true);
  given("squared_l2", TripletDistance::kSquared, false);
  given("cosine", TripletDistance::kCosine, false);

  const auto batch = anchor.size(0);
  const auto both = torch::cat({anchor, positive});
  const auto distances = Root(SquaredDistances(both, both));
  const auto labels = torch::arange(batch, Whole()).repeat({2});
  recorded.ExpectLoss("batch_all.l2.", TripletsOfLabels(distances, labels, over_all).loss);
  auto options = over_all;
  options.only_violated = true;
  recorded.ExpectLoss("batch_all_nonzero.l2.", TripletsOfLabels(distances, labels, options).loss);
  options = over_all;
  options.soft = true;
  recorded.ExpectLoss("soft.l2.", TripletsOfLabels(distances, labels, options).loss);
  options = over_all;
  options.mining = TripletMining::kHard;
  const auto hard = TripletsOfLabels(distances, labels, options);
  recorded.ExpectLoss("batch_hard.l2.", hard.loss);
  recorded.Expect("batch_hard.anchor_index", torch::arange(2 * batch, Whole()));
  recorded.Expect("batch_hard.positive_index", hard.own_index);
  recorded.Expect("batch_hard.negative_index", hard.other_index);

  const auto key_hard = TripletsOfViews(Root(SquaredDistances(anchor, positive)), options);
  recorded.ExpectLoss("key_hard.l2.", key_hard.loss);
  recorded.Expect("key_hard.index", key_hard.other_index);
}

TEST_P(LossesGolden, MaxMargin) {
  Recording recorded("max_margin", GetParam());
  const double margin = recorded.Number("param.margin");
  const auto embeddings = recorded.Input("embeddings");
  const auto pairs = PairsOfLabels(recorded.Input("labels"));
  const auto squared = SquaredDistances(embeddings, embeddings);
  recorded.ExpectLoss(
      "hadsell.",
      MaxMargin(squared, pairs, margin, MaxMarginForm::kHadsell, PairReduction::kMean).loss);
  recorded.ExpectLoss(
      "squared_distance_hinge.",
      MaxMargin(squared, pairs, margin, MaxMarginForm::kSquared, PairReduction::kMean).loss);
  const auto linear =
      MaxMargin(squared, pairs, margin, MaxMarginForm::kLinear, PairReduction::kBalanced);
  recorded.Expect("linear.loss.pml", linear.loss);
  recorded.ExpectGradients("linear.", linear.loss);
  for (const std::string kind : {"positive", "negative"}) {
    const auto index = recorded.Input("pairs." + kind);  // int64 [2, pairs]
    recorded.Expect("per_pair." + kind, linear.per_pair.index({index[0], index[1]}));
    const auto& ours = kind == "positive" ? pairs.own : pairs.other;
    EXPECT_TRUE(ours.index({index[0], index[1]}).all().item<bool>());
    EXPECT_EQ(ours.sum().item<std::int64_t>(), index.size(1));
  }
  const auto anchor = recorded.Input("views.anchor");
  const auto views = SquaredDistances(anchor, recorded.Input("views.positive"));
  const auto of_views = PairsOfViews(anchor.size(0), anchor.device());
  const auto balanced = MaxMargin(views, of_views, margin).loss;
  recorded.Expect("views.balanced.loss", balanced);
  recorded.Expect("views.balanced.grad.anchor",
                  torch::autograd::grad({balanced}, {anchor}, {}, true).at(0));
  // By its name a sum; the number recorded is the mean over all B^2 pairs.
  recorded.Expect(
      "views.sum_over_pairs.loss",
      MaxMargin(views, of_views, margin, MaxMarginForm::kHadsell, PairReduction::kMean).loss);
}

TEST_P(LossesGolden, Logistic) {
  Recording recorded("logistic", GetParam());
  const auto signs = recorded.Input("signs");
  recorded.ExpectLoss("mean.", Logistic(recorded.Input("scores"), {signs.gt(0.0), signs.lt(0.0)},
                                        PairReduction::kMean)
                                   .loss);
  const auto anchor = recorded.Input("anchor"), positive = recorded.Input("positive");
  const auto views = PairsOfViews(anchor.size(0), anchor.device());
  const double temperature = recorded.Number("param.temperature");
  recorded.ExpectLoss("nt_logistic.",
                      Logistic(CosineLogits(anchor, positive, temperature), views).loss);
  // The learned scale and bias are called siglip.log_scale and siglip.bias, their gradients without
  // that prefix.
  const auto log_scale = recorded.Input("siglip.log_scale"), bias = recorded.Input("siglip.bias");
  const auto scores = CosineLogits(anchor, positive, 1.0) * log_scale.exp() + bias;
  const auto siglip = Logistic(scores, views, PairReduction::kRowSum);
  recorded.Expect("siglip.loss", siglip.loss);
  const auto gradients = torch::autograd::grad({siglip.loss}, {anchor, positive, log_scale, bias});
  recorded.Expect("siglip.grad.anchor", gradients[0]);
  recorded.Expect("siglip.grad.positive", gradients[1]);
  recorded.Expect("siglip.grad.log_scale", gradients[2]);
  recorded.Expect("siglip.grad.bias", gradients[3]);

  const auto extreme = recorded.Input("extreme.scores").unsqueeze(0);  // [1, n]
  const auto all = torch::ones_like(extreme, torch::kBool);
  const auto terms = Logistic(extreme, {all, all.logical_not()}).per_pair.squeeze(0);
  recorded.Expect("extreme.per_pair_positive", terms);
  // Each by itself: the small ones must not be 0.
  const auto exact = recorded.Raw("extreme.per_pair_positive");
  const auto error =
      (terms.detach().cpu().to(torch::kFloat64) - exact).abs() / exact.clamp_min(1e-300);
  EXPECT_LE(error.max().item<double>(), GetParam().dtype == torch::kFloat64 ? 1e-12 : 1e-5);
}

}  // namespace
}  // namespace curl_rl::encoders
