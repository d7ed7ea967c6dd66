// Objectives as the learner calls them, beside other libraries' losses, gradients and queues. The
// features come in as views, the head is none. What these files hold besides is compared where the
// losses are.
#include <cmath>

#include "encoders/objectives.h"
#include "tests/encoders/objective_fixture.h"
#include "tests/encoders/recording.h"

namespace curl_rl::encoders {
namespace {

class ObjectivesGolden : public Golden {
 protected:
  static void LeaveTheRest(Recording& recorded) {
    for (const auto& name : recorded.Names()) recorded.Raw(name);
  }

  void Place(ObjectiveFixture& on) const {
    on.objective->to(GetParam().device);
    for (auto& parameter : on.objective->parameters()) {
      parameter.set_data(parameter.to(GetParam().dtype));
    }
    for (auto& buffer : on.objective->buffers()) {  // Module::to would make counters floating too
      if (buffer.is_floating_point()) buffer.set_data(buffer.to(GetParam().dtype));
    }
  }
};
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

// The clustering alone trains the features. Rows of the unknown class are those of a bin that is
// not known.
TEST_P(ObjectivesGolden, Ore) {
  Recording recorded("ore", GetParam());
  const auto features = recorded.Input("features");
  const auto prototypes = recorded.Input("prototypes").detach();
  const auto labels = recorded.Input("labels");
  const auto classes = prototypes.size(0);
  SettingsOf<OreConfig> settings;
  settings.config.margin = recorded.Number("param.margin");
  settings.config.clustering_weight = 1.0;
  settings.config.classify = Classify::kDetach;
  settings.config.label.bins = classes;  // the last one is never known
  settings.config.label.horizon = 1;
  ObjectiveFixture on(settings, ObjectiveFixture::Features(features.size(0), features.size(1)));
  Place(on);
  auto buffers = on.objective->named_buffers();
  buffers["prototypes"].narrow(0, 0, classes).copy_(prototypes);
  buffers["has_prototype"].narrow(0, 0, classes).fill_(1);
  buffers["store_filled"].narrow(0, 0, classes).fill_(settings.config.store_size);
  replay::Batch batch;
  batch.tensors["observation"] = batch.tensors["ore_positive"] = features;
  const auto bin = torch::where(labels.eq(0), torch::full_like(labels, classes - 1), labels - 1);
  batch.tensors["horizon.reward"] =
      ((bin.to(torch::kFloat32) + 0.5) / static_cast<double>(classes)).unsqueeze(1);
  batch.tensors["horizon.steps"] = torch::ones_like(labels);
  const auto loss = on.Loss(batch);
  recorded.ExpectGradients("paper.", loss);
  recorded.Expect("paper.loss", on.metrics.at("contrastive_loss"));
  LeaveTheRest(recorded);
}

// Cells that are words already. The key has no gradient, unlike the recorded one's, so that of the
// words is compared where the loss is.
TEST_P(ObjectivesGolden, Sscl) {
  Recording recorded("sscl", GetParam());
  const auto words = recorded.Input("words");  // [B, R, D]
  const auto rows = words.size(0), dim = words.size(2);
  SettingsOf<SsclConfig> settings;
  settings.config.aspects = recorded.Input("aspects").size(0);
  settings.config.word_dim = dim;
  settings.config.smooth = recorded.Number("param.smooth");
  settings.config.regulariser = 0.0;
  settings.config.distill = false;
  settings.config.label.bins = 2;
  auto context = ObjectiveFixture::Features(rows, dim);
  context.encoder.num_filters = dim;
  context.encoder.num_layers = 1;
  context.encoder.image_size = 2 * static_cast<std::int64_t>(std::sqrt(words.size(1))) + 1;
  ObjectiveFixture on(settings, context);
  Place(on);
  {
    const torch::NoGradGuard no_grad;
    auto parameters = on.objective->named_parameters();
    for (const char* words_as_they_are : {"projection.last.weight", "key_projection.last.weight"}) {
      parameters[words_as_they_are].copy_(torch::eye(dim));
    }
    parameters["attention.weight"].copy_(recorded.Input("attention.weight"));
    parameters["attention.bias"].copy_(recorded.Input("attention.bias"));
    parameters["assign.weight"].copy_(recorded.Input("assign.weight"));
    parameters["assign.bias"].copy_(recorded.Input("assign.bias"));
    parameters["aspects"].copy_(recorded.Input("aspects"));
  }
  replay::Batch batch;
  batch.tensors["observation"] = batch.tensors["sscl_positive"] = words.flatten(1);
  batch.tensors["horizon.reward"] = torch::zeros({rows, settings.config.label.horizon});
  batch.tensors["horizon.steps"] = torch::ones({rows}, Whole());
  const auto loss = on.Loss(batch);
  recorded.Expect("loss", loss);
  recorded.Expect("grad.aspects",
                  torch::autograd::grad({loss}, {on.objective->named_parameters()["aspects"]})[0]);
  recorded.Expect("regulariser", on.metrics.at("aspect_overlap"));
  LeaveTheRest(recorded);
}

}  // namespace
}  // namespace curl_rl::encoders
