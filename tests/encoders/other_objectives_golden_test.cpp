// Objectives of other shapes as the learner calls them, beside other libraries' losses and
// gradients: classes by reward, aspects of map cells, actions.
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>

#include "tests/encoders/objectives_golden.h"

namespace curl_rl::encoders {
namespace {

class OtherObjectivesGolden : public ObjectivesGolden {};
INSTANTIATE_TEST_SUITE_P(Each, OtherObjectivesGolden, testing::ValuesIn(AllNumbers()), NumbersName);

// The clustering alone trains the features. Rows of the unknown class are those of a bin that is
// not known.
TEST_P(OtherObjectivesGolden, Ore) {
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
  ObjectiveFixture on(settings, ShapeOf(features));
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
TEST_P(OtherObjectivesGolden, Sscl) {
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

// The authors' module with the identity as encoder and trunk: every term, and the whole loss's
// gradient by the anchor and by every parameter.
TEST_P(OtherObjectivesGolden, Taco) {
  Recording recorded("taco", GetParam());
  const auto anchor = recorded.Input("anchor");
  const auto actions = recorded.Input("actions").detach();
  SettingsOf<TacoConfig> settings;
  settings.config.steps = recorded.Whole("param.steps");
  settings.config.hidden = recorded.Whole("param.hidden");
  auto context = ShapeOf(anchor);
  context.action_size = actions.size(2);
  ObjectiveFixture on(settings, context);
  Place(on);
  const auto parameters = on.objective->named_parameters();
  for (const auto& item : parameters) {
    Set(on, item.key(), recorded.Input("parameter." + item.key()));
  }
  replay::Batch batch;
  batch.tensors["taco_crop"] = recorded.Input("crop");
  batch.tensors["reward"] = recorded.Input("rewards").detach();
  batch.tensors["horizon.action"] = actions;
  batch.tensors["taco_later.ahead"] = batch.tensors["horizon.steps"] =
      torch::full({anchor.size(0)}, settings.config.steps, Whole());
  const auto loss = LossOf(on, anchor, "taco_later", recorded.Input("later"), batch);
  recorded.Expect("loss", loss);
  recorded.Expect("taco.loss", on.metrics.at("contrastive_loss"));
  recorded.Expect("crops.loss", on.metrics.at("crops_loss"));
  recorded.Expect("reward.loss", on.metrics.at("reward_loss"));
  recorded.ExpectGradients("", loss);
  for (const auto& item : parameters) {
    const auto gradient = torch::autograd::grad({loss}, {item.value()}, {}, true);
    recorded.Expect("parameter_gradient." + item.key(), gradient.at(0));
  }
}

}  // namespace
}  // namespace curl_rl::encoders
