// Objectives as the learner calls them, beside other libraries' losses, gradients and queues. The
// features come in as views, the head is none. What these files hold besides is compared where the
// losses are.
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

}  // namespace
}  // namespace curl_rl::encoders
