// The building blocks of single frameworks (queues, prototypes, clusters, maps) beside what
// independent libraries gave.
#include <torch/autograd.h>

#include <cstdio>

#include "encoders/losses/maps.h"
#include "encoders/losses/open_world.h"
#include "encoders/losses/prototypes.h"
#include "encoders/losses/queue.h"
#include "tests/encoders/recording.h"

namespace curl_rl::encoders {
namespace {

using FrameworksGolden = Golden;
INSTANTIATE_TEST_SUITE_P(Each, FrameworksGolden, testing::ValuesIn(AllNumbers()), NumbersName);

TEST_P(FrameworksGolden, Swav) {
  Recording recorded("swav", GetParam());
  const double epsilon = recorded.Number("param.epsilon");
  const double temperature = recorded.Number("param.temperature");
  const auto iterations = recorded.Whole("param.iterations");
  const auto prototypes = recorded.Input("prototypes");
  const auto scores0 = DotLogits(Unit(recorded.Input("z0")), prototypes);
  const auto scores1 = DotLogits(Unit(recorded.Input("z1")), prototypes);
  recorded.Expect("scores0", scores0);
  recorded.Expect("scores1", scores1);
  const auto q0 = Sinkhorn(scores0, epsilon, iterations);
  const auto q1 = Sinkhorn(scores1, epsilon, iterations);
  recorded.Expect("q0", q0);
  recorded.Expect("q1", q1);
  recorded.Expect("hard0", q0.argmax(1));
  // Another algorithm, stopped at its own threshold.
  recorded.Expect("q0.converged", Sinkhorn(scores0, epsilon, 1000), 1e-8);
  const auto both = [&](const torch::Tensor& codes0, const torch::Tensor& codes1) {
    return 0.5 * (PredictCodes(scores0, codes1, temperature).loss +
                  PredictCodes(scores1, codes0, temperature).loss);
  };
  recorded.ExpectLoss("", both(q0, q1));
  recorded.ExpectLoss("one_sided.", PredictCodes(scores0, q1, temperature).loss);
  const auto queue = DotLogits(Unit(recorded.Input("queue")), prototypes);
  const auto with_queue = [&](const torch::Tensor& scores) {
    return Sinkhorn(torch::cat({scores, queue}), epsilon, iterations).narrow(0, 0, scores.size(0));
  };
  recorded.Expect("with_queue.q0", with_queue(scores0));
  recorded.Expect("with_queue.loss", both(with_queue(scores0), with_queue(scores1)));
  recorded.Expect("extreme.q", Sinkhorn(recorded.Input("extreme.scores"), epsilon, iterations));
}

TEST_P(FrameworksGolden, Nnclr) {
  Recording recorded("nnclr", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto support = recorded.Input("support");
  const auto p0 = recorded.Input("p0"), p1 = recorded.Input("p1");
  const auto nearest0 = Nearest(recorded.Input("z0"), support);
  const auto nearest1 = Nearest(recorded.Input("z1"), support);
  recorded.Expect("index0", nearest0.index);
  recorded.Expect("index1", nearest1.index);
  recorded.Expect("neighbour0", nearest0.rows);
  recorded.Expect("neighbour1", nearest1.rows);
  const auto logits = CosineLogits(nearest0.rows, p1, temperature);
  const auto one_sided = InfoNce(logits);
  recorded.Expect("paper.logits", logits);
  recorded.Expect("paper.loss.one_sided", one_sided.loss);
  recorded.ExpectGradients("paper.one_sided.", one_sided.loss);
  const auto other_side = InfoNce(CosineLogits(nearest1.rows, p0, temperature));
  recorded.Expect("paper.loss", 0.5 * (one_sided.loss + other_side.loss));
  recorded.Expect("paper.loss.transposed", InfoNce(logits.t()).loss);
  recorded.ExpectLoss("lightly.", 0.5 * (NtXent(nearest0.rows, p1, temperature).loss +
                                         NtXent(nearest1.rows, p0, temperature).loss));
}

TEST_P(FrameworksGolden, MocoQueue) {
  Recording recorded("moco_queue", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto batch = recorded.Whole("param.batch"), steps = recorded.Whole("param.steps");
  const auto first = recorded.Input("queue.0").detach();
  auto queue = MakeRingQueue(first.size(0), first.size(1), first.options());
  Push(queue, first, torch::arange(first.size(0), Whole()));
  EXPECT_EQ(queue.pointer.item<std::int64_t>(), 0);
  for (std::int64_t step = 1; step <= steps; ++step) {
    const std::string name = "step." + std::to_string(step) + ".";
    const auto query = recorded.Input(name + "query"), key = recorded.Input(name + "key");
    ASSERT_EQ(query.size(0), batch);
    const auto before = queue.rows.clone();
    const auto ours =
        CrossEntropy(QueueLogits(Unit(query), Unit(key).detach(), queue.rows) / temperature,
                     torch::zeros({batch}, Whole()));
    recorded.Expect(name + "loss", ours.loss);
    recorded.Expect(name + "accuracy", ours.accuracy);
    recorded.Expect(name + "grad.query", torch::autograd::grad({ours.loss}, {query}).at(0));
    EXPECT_TRUE(queue.rows.equal(before)) << "a loss must not write";
    Push(queue, Unit(key), torch::arange(batch, Whole()) + 1000 * step);
    recorded.Expect(name + "pointer", queue.pointer);
    if (step == 1 || step == steps) recorded.Expect("queue." + std::to_string(step), queue.rows);
  }
  EXPECT_FALSE(queue.rows.requires_grad());

  for (const auto& name : recorded.Names()) {  // "ring13.of_5.contents": slots, rows a batch
    int slots = 0, rows = 0;
    if (std::sscanf(name.c_str(), "ring%d.of_%d.", &slots, &rows) != 2) continue;
    const auto contents = recorded.Input(name);  // int64 [pushes, slots]
    auto ring = MakeRingQueue(slots, 1, first.options());
    Push(ring, torch::arange(slots, first.options()).unsqueeze(1), torch::arange(slots, Whole()));
    for (std::int64_t push = 0; push < contents.size(0); ++push) {
      const auto values = torch::arange(rows, Whole()) + 100 * (push + 1);
      Push(ring, values.unsqueeze(1).to(first.dtype()), values);
      EXPECT_TRUE(ring.rows.squeeze(1).to(torch::kInt64).equal(contents[push])) << name << push;
      EXPECT_TRUE(ring.ids.equal(contents[push])) << name << push;
    }
  }
}

TEST_P(FrameworksGolden, Pcl) {
  Recording recorded("pcl", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const double alpha = recorded.Number("param.alpha");
  const auto points = recorded.Input("points").detach();
  const auto query = recorded.Input("query");
  const auto rows = query.size(0);
  std::vector<PrototypeSet> sets;
  std::vector<std::string> names;
  for (const auto& name : recorded.Names()) {
    const auto end = name.find(".init");
    if (end == std::string::npos) continue;
    const std::string k = name.substr(0, end);
    const auto clusters = KMeans(points, recorded.Input(name));
    recorded.Expect(k + ".centroids", clusters.centroids);
    recorded.Expect(k + ".labels", clusters.labels);
    recorded.Expect(k + ".counts", clusters.counts);
    recorded.Expect(k + ".iterations", clusters.iterations);
    PrototypeSet set;
    set.prototypes = Unit(clusters.centroids);
    set.concentrations = Concentrations(points, clusters, temperature, alpha);
    set.labels = clusters.labels.narrow(0, 0, rows);
    recorded.Expect(k + ".prototypes", set.prototypes);
    recorded.Expect(k + ".phi", set.concentrations);
    // Before singletons, percentiles and scale.
    const auto raw = recorded.Input(k + ".phi.raw").detach();
    const auto distance =
        (points - clusters.centroids.index_select(0, clusters.labels)).norm(2, {1});
    const auto count = clusters.counts.to(points.dtype());
    const auto sum = torch::zeros_like(count).index_add(0, clusters.labels, distance);
    recorded.Expect(k + ".phi.raw", sum / count / (count + alpha).log());
    sets.push_back(set);
    names.push_back(k);
  }
  ASSERT_FALSE(sets.empty());
  const auto instance = CrossEntropy(
      QueueLogits(query, points.narrow(0, 0, rows), recorded.Input("negatives")) / temperature,
      torch::zeros({rows}, Whole()));
  recorded.Expect("instance.loss", instance.loss);
  const auto ours = Pcl(instance.loss, query, sets);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    recorded.Expect(names[i] + ".loss", ours.terms[i].loss);
  }
  recorded.Expect("proto.loss", ours.prototype);
  recorded.ExpectLoss("", ours.loss);
}

TEST_P(FrameworksGolden, OpenWorld) {
  Recording recorded("ore", GetParam());
  const auto features = recorded.Input("features");
  const auto hinge = PrototypeHinge(features, recorded.Input("prototypes"),
                                    recorded.Input("labels"), recorded.Number("param.margin"));
  recorded.Expect("per_pair", hinge.per_pair);
  recorded.ExpectLoss("paper.", hinge.loss);
  recorded.Expect("mean.loss", hinge.mean);
  const auto energy = Energy(DotLogits(features, recorded.Input("classifier")),
                             recorded.Number("param.energy_temperature"));
  recorded.Expect("energy", energy);
  recorded.ExpectGradients("energy.", energy.mean());
  recorded.Expect("ema.after",
                  MovedPrototypes(recorded.Input("ema.before"), recorded.Input("ema.store_mean"),
                                  recorded.Number("param.eta")));
  const auto parameters = recorded.Input("weibull.shape_location_scale");
  const Weibull weibull{parameters[0], parameters[1], parameters[2]};
  recorded.Expect("weibull.log_density", LogDensity(weibull, recorded.Input("weibull.x")));
  const auto samples = recorded.Input("weibull.samples");
  const auto fit = FitWeibull(samples, torch::zeros({}, samples.options()));
  recorded.Expect("weibull.fit_shape_scale", torch::stack({fit.shape, fit.scale}));
}

TEST_P(FrameworksGolden, PixelContrast) {
  Recording recorded("pixel_contrast", GetParam());
  const double temperature = recorded.Number("param.temperature");
  const auto pixels = recorded.Input("pixels");
  const auto labels = recorded.Input("labels");
  const auto ours = PixelContrast(pixels, labels, pixels, labels, temperature, true);
  recorded.ExpectLoss("", ours.loss);
  recorded.Expect("per_anchor", ours.per_anchor);
  recorded.Expect("positives", ours.positives);
  const auto memory = recorded.Input("memory");  // [classes, regions, D]
  const auto memory_labels =
      torch::arange(memory.size(0), Whole()).repeat_interleave(memory.size(1));
  const auto of_memory = PixelContrast(pixels, labels, memory.flatten(0, 1).detach(), memory_labels,
                                       temperature, false);
  recorded.ExpectLoss("memory.", of_memory.loss);
  recorded.Expect("memory.per_anchor", of_memory.per_anchor);
}

TEST_P(FrameworksGolden, Aspects) {
  Recording recorded("sscl", GetParam());
  const auto words = recorded.Input("words"), aspects = recorded.Input("aspects");
  const auto attention =
      SmoothAttention(words, recorded.Input("attention.weight"), recorded.Input("attention.bias"),
                      recorded.Number("param.smooth"));
  recorded.Expect("attention", attention.weights);
  recorded.Expect("segment_by_words", attention.segment);
  const auto mixture = MixAspects(attention.segment, recorded.Input("assign.weight"),
                                  recorded.Input("assign.bias"), aspects);
  recorded.Expect("soft_label", mixture.soft_label);
  recorded.Expect("segment_by_aspects", mixture.segment);
  recorded.ExpectLoss("", InfoNce(CosineLogits(mixture.segment, attention.segment, 1.0)).loss);
  const auto overlap = AspectOverlap(aspects);
  recorded.Expect("regulariser", overlap);
  recorded.ExpectGradients("regulariser.", overlap);
}

}  // namespace
}  // namespace curl_rl::encoders
