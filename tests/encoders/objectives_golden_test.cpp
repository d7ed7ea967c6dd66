// Objectives as the learner calls them, beside other libraries' losses, gradients and queues. The
// features come in as views, the head is none. What these files hold besides is compared where the
// losses are.
#include "tests/encoders/objectives_golden.h"

#include <torch/autograd.h>

#include <cmath>

#include "replay/random_stream.h"

namespace curl_rl::encoders {
namespace {

INSTANTIATE_TEST_SUITE_P(Each, ObjectivesGolden, testing::ValuesIn(AllNumbers()), NumbersName);

TEST_P(ObjectivesGolden, Simclr) {
  Recording recorded("ntxent", GetParam());
  SettingsOf<SimclrConfig> settings;
  settings.config.temperature = recorded.Number("param.temperature");
  settings.config.projection.kind = HeadKind::kNone;
  const auto z0 = recorded.Input("z0"), z1 = recorded.Input("z1");
  ObjectiveFixture on(settings, ObjectiveFixture::Features(z0.size(0), z0.size(1)));
  Place(on);
  replay::Batch batch;
  batch.tensors["observation"] = z0;
  batch.tensors["simclr_positive"] = z1;
  const auto loss = on.Loss(batch);
  recorded.ExpectLoss("", loss);  // by both views
  EXPECT_TRUE(torch::equal(on.metrics.at("contrastive_loss"), loss));
  LeaveTheRest(recorded);
}

TEST_P(ObjectivesGolden, Moco) {
  Recording recorded("moco_queue", GetParam());
  const auto first = recorded.Input("queue.0").detach();
  const auto rows = recorded.Whole("param.batch"), steps = recorded.Whole("param.steps");
  SettingsOf<MocoConfig> settings;
  settings.config.temperature = recorded.Number("param.temperature");
  settings.config.queue_size = first.size(0);
  settings.config.projection.kind = HeadKind::kNone;
  ObjectiveFixture on(settings, ObjectiveFixture::Features(rows, first.size(1)));
  Place(on);
  auto buffers = on.objective->named_buffers();
  buffers["queue_rows"].copy_(first);
  buffers["queue_filled"].fill_(first.size(0));
  for (std::int64_t step = 1; step <= steps; ++step) {
    const std::string name = "step." + std::to_string(step) + ".";
    const auto query = recorded.Input(name + "query"), key = recorded.Input(name + "key");
    replay::Batch batch;
    batch.tensors["observation"] = query;
    batch.tensors["moco_positive"] = key;
    batch.tensors["transition"] = torch::arange(rows, Whole()) + 1000 * step;
    const auto loss = on.Loss(batch);
    recorded.Expect(name + "loss", loss);
    // The queue is overwritten after the backward pass, which has read it.
    recorded.Expect(name + "grad.query", torch::autograd::grad({loss}, {query}).at(0));
    on.AfterStep(batch);
    recorded.Expect(name + "pointer", buffers["queue_pointer"]);
    if (step == 1 || step == steps) {
      recorded.Expect("queue." + std::to_string(step), buffers["queue_rows"]);
    }
  }
  LeaveTheRest(recorded);
}

TEST_P(ObjectivesGolden, Nnclr) {
  Recording recorded("nnclr", GetParam());
  const auto support = recorded.Input("support").detach();
  SettingsOf<NnclrConfig> settings;
  settings.config.temperature = recorded.Number("param.temperature");
  settings.config.queue_size = support.size(0);
  settings.config.predictor_hidden = 0;
  settings.config.projection.kind = HeadKind::kNone;
  const auto p1 = recorded.Input("p1");
  ObjectiveFixture on(settings, ShapeOf(p1));
  Place(on);
  Set(on, "queue_rows", support);
  Set(on, "queue_filled", Filled(support.size(0)));
  const auto loss = LossOf(on, p1, "nnclr_positive", recorded.Input("z0"));
  recorded.Expect("paper.loss.one_sided", loss);
  recorded.ExpectGradients("paper.one_sided.", loss);
  LeaveTheRest(recorded);
}

TEST_P(ObjectivesGolden, SwavOneSidedSymmetricAndWithAQueue) {
  Recording recorded("swav", GetParam());
  const auto z0 = recorded.Input("z0"), z1 = recorded.Input("z1");
  const auto queue = recorded.Input("queue").detach();
  SettingsOf<SwavConfig> settings;
  settings.config.temperature = recorded.Number("param.temperature");
  settings.config.sinkhorn_epsilon = recorded.Number("param.epsilon");
  settings.config.sinkhorn_iterations = recorded.Whole("param.iterations");
  settings.config.prototypes = recorded.Raw("prototypes").size(0);
  settings.config.freeze_steps = 0;
  settings.config.projection.kind = HeadKind::kNone;
  const auto expect = [&](const std::string& prefix, bool gradients) {
    ObjectiveFixture on(settings, ShapeOf(z0));
    Place(on);
    Set(on, "prototypes", recorded.Input("prototypes"));
    if (settings.config.queue_size > 0) {
      Set(on, "queue_rows", Unit(queue));
      Set(on, "queue_filled", Filled(queue.size(0)));
    }
    const auto loss = LossOf(on, z0, "swav_positive", z1);
    recorded.Expect(prefix + "loss", loss);
    if (!gradients) return;
    std::vector<torch::Tensor> inputs = {z0, on.objective->named_parameters()["prototypes"]};
    std::vector<std::string> names = {"z0", "prototypes"};
    if (settings.config.symmetric) {
      inputs.push_back(z1);
      names.emplace_back("z1");
    }
    const auto found = torch::autograd::grad({loss}, inputs);
    for (std::size_t i = 0; i < names.size(); ++i) {
      recorded.Expect(prefix + "grad." + names[i], found[i]);
    }
  };
  expect("one_sided.", true);
  settings.config.symmetric = true;
  expect("", true);
  settings.config.queue_size = queue.size(0);
  expect("with_queue.", false);
  LeaveTheRest(recorded);
}

// One granularity a time: the file's are no doublings of each other.
TEST_P(ObjectivesGolden, PclClustersAndTheirTerm) {
  Recording recorded("pcl", GetParam());
  const auto points = recorded.Input("points").detach();
  const auto query = recorded.Input("query");
  const auto rows = query.size(0);
  for (const auto& name : recorded.Names()) {
    const auto end = name.find(".init");
    if (end == std::string::npos) continue;
    const std::string k = name.substr(0, end);
    const auto initial = recorded.Input(name);
    SettingsOf<PclConfig> settings;
    settings.config.temperature = recorded.Number("param.temperature");
    settings.config.clusters = initial.size(0);
    settings.config.granularities = 1;
    settings.config.refresh_rows = points.size(0);
    settings.config.warmup_steps = 0;
    settings.config.projection.kind = HeadKind::kNone;
    ObjectiveFixture on(settings, ShapeOf(query));
    Place(on);
    const std::string size = "_" + std::to_string(initial.size(0));
    Set(on, "centroids" + size, initial);
    Set(on, "refreshes", Filled(1));  // as if there had been one: it goes on from there
    FeatureReader reader;
    reader.begin = 100;
    reader.end = 100 + points.size(0);
    reader.key_features = [&](const torch::Tensor& transitions) {
      return points.index_select(0, (transitions - 100).to(points.device()));
    };
    reader.stream = replay::MakeStream(1, "clusters", GetParam().device);
    on.objective->Refresh(reader);
    auto buffers = on.objective->named_buffers();
    recorded.Expect(k + ".centroids", buffers["centroids" + size]);
    recorded.Expect(k + ".phi", buffers["concentrations" + size]);
    LossOf(on, query, "pcl_positive", points.narrow(0, 0, rows));
    recorded.Expect(k + ".loss", on.metrics.at("prototype_loss"));
  }
  LeaveTheRest(recorded);
}

class PairsGolden : public ObjectivesGolden {
 protected:
  PairsGolden() { settings_.config.temperature = 1.0; }

  torch::Tensor Loss(const torch::Tensor& anchor, const torch::Tensor& positive) {
    ObjectiveFixture on(settings_, ShapeOf(anchor));
    Place(on);
    for (const auto& [name, value] : parameters_) Set(on, name, value);
    return LossOf(on, anchor, "pairs_positive", positive);
  }

  SettingsOf<PairsConfig> settings_;
  std::map<std::string, torch::Tensor> parameters_;
};
INSTANTIATE_TEST_SUITE_P(Each, PairsGolden, testing::ValuesIn(AllNumbers()), NumbersName);

// The gradient by the anchor alone: keys have none here.
void ExpectByAnchor(Recording& recorded, const std::string& prefix, const torch::Tensor& loss,
                    const std::string& anchor = "anchor") {
  recorded.Expect(prefix + "loss", loss);
  recorded.Expect(prefix + "grad." + anchor,
                  torch::autograd::grad({loss}, {recorded.Input(anchor)}).at(0));
}

TEST_P(PairsGolden, InfoNceAndNPair) {
  Recording recorded("infonce", GetParam());
  const auto anchor = recorded.Input("anchor"), positive = recorded.Input("positive");
  auto& config = settings_.config;
  config.similarity = Similarity::kBilinear;
  parameters_["W"] = recorded.Input("W");
  ExpectByAnchor(recorded, "bilinear.", Loss(anchor, positive));
  parameters_.clear();
  config.similarity = Similarity::kDot;  // over the root of the size
  config.temperature = 1.0 / std::sqrt(static_cast<double>(anchor.size(1)));
  ExpectByAnchor(recorded, "dot.", Loss(anchor, positive));
  config.loss = PairsLoss::kNPair;
  config.similarity = Similarity::kCosine;
  const auto scale = std::sqrt(static_cast<double>(anchor.size(1)));
  ExpectByAnchor(recorded, "dot.", Loss(anchor * scale, positive));
  config.loss = PairsLoss::kInfoNce;
  config.temperature = recorded.Number("param.temperature");
  ExpectByAnchor(recorded, "cosine.", Loss(anchor, positive));
  config.symmetric = true;
  ExpectByAnchor(recorded, "symmetric.", Loss(anchor, positive));
  LeaveTheRest(recorded);
}

TEST_P(PairsGolden, NtXent) {
  Recording recorded("ntxent", GetParam());
  settings_.config.loss = PairsLoss::kNtXent;
  settings_.config.temperature = recorded.Number("param.temperature");
  ExpectByAnchor(recorded, "key_without_gradient.",
                 Loss(recorded.Input("z0"), recorded.Input("z1")), "z0");
  LeaveTheRest(recorded);
}

TEST_P(PairsGolden, Logistic) {
  Recording recorded("logistic", GetParam());
  const auto anchor = recorded.Input("anchor"), positive = recorded.Input("positive");
  auto& config = settings_.config;
  config.loss = PairsLoss::kLogistic;
  config.logistic.temperature = recorded.Number("param.temperature");
  ExpectByAnchor(recorded, "nt_logistic.", Loss(anchor, positive));
  config.logistic.learned_scale = true;
  config.logistic.reduction = PairReduction::kRowSum;
  parameters_["log_scale"] = recorded.Input("siglip.log_scale");
  parameters_["bias"] = recorded.Input("siglip.bias");
  ExpectByAnchor(recorded, "siglip.", Loss(anchor, positive));
  LeaveTheRest(recorded);
}

TEST_P(ObjectivesGolden, Supervised) {
  Recording recorded("supcon", GetParam());
  const auto labels = recorded.Input("labels");
  const auto rows = labels.size(0) / 2;
  ASSERT_TRUE(labels.narrow(0, 0, rows).equal(labels.narrow(0, rows, rows)));
  const auto embeddings = recorded.Input("embeddings");
  SettingsOf<SupervisedConfig> settings;
  settings.config.temperature = recorded.Number("param.temperature");
  settings.config.label.of = LabelOf::kReward;
  settings.config.label.bins = labels.max().item<std::int64_t>() + 1;
  settings.config.projection.kind = HeadKind::kNone;
  // The middle of each label's bin.
  const auto reward = (labels.narrow(0, 0, rows).to(torch::kFloat32) + 0.5) /
                      static_cast<double>(settings.config.label.bins);
  replay::Batch batch;
  batch.tensors["horizon.reward"] = reward.unsqueeze(1);
  batch.tensors["horizon.steps"] = torch::ones({rows}, Whole());
  for (const auto form : {SupervisedForm::kOut, SupervisedForm::kIn}) {
    settings.config.form = form;
    ObjectiveFixture on(settings, ShapeOf(embeddings.narrow(0, 0, rows)));
    Place(on);
    const auto loss = LossOf(on, embeddings.narrow(0, 0, rows), "supervised_positive",
                             embeddings.narrow(0, rows, rows).detach(), batch);
    recorded.Expect(std::string(envs::NameOf(form)) + ".loss", loss);
    if (form != SupervisedForm::kOut) continue;
    // Keys carry none, so of both halves' gradient the anchors' is there.
    const auto gradient = torch::autograd::grad({loss}, {embeddings}).at(0);
    const auto expected = recorded.Raw("out.grad.embeddings").to(gradient.device());
    const double tolerance = GetParam().dtype == torch::kFloat64 ? 1e-12 : 1e-5;
    EXPECT_TRUE(torch::allclose(gradient.narrow(0, 0, rows).to(torch::kFloat64),
                                expected.narrow(0, 0, rows), 0.0, tolerance));
  }
  LeaveTheRest(recorded);
}

}  // namespace
}  // namespace curl_rl::encoders
