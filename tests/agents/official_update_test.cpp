// Replays four updates of the reference implementation and compares every tensor it recorded.
//
// The recording (tests/golden/official_update.pt, or the file that CURL_RL_OFFICIAL_UPDATE names)
// holds the initial parameters, each update's batch and noise, and what came out.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/learner.h"
#include "agents/reference_format.h"
#include "tests/agents/reference_recording.h"

namespace curl_rl::agents {
namespace {

class OfficialUpdate : public testing::Test {
 protected:
  OfficialUpdate() : recording_(ReadRecording("official_update.pt", "CURL_RL_OFFICIAL_UPDATE")) {
    spec_.channels = recording_.at("update.1.input.obs").size(1);
    spec_.action_size = Meta("action_dim");
    config_.batch_size = Meta("batch");
    config_.crop_size = Meta("image");
    config_.sac.hidden_dim = Meta("hidden");
    config_.encoder.num_filters = Meta("filters");
  }

  std::int64_t Meta(const std::string& name) const {
    return recording_.at("meta." + name).item<std::int64_t>();
  }

  std::unique_ptr<Learner> MakeAgent() const {
    return RecordedAgent(config_, spec_, FromReference(Under(recording_, "initial.")));
  }

  replay::Batch InputOf(const std::string& update) const {
    const auto input = Under(recording_, update + ".input.");
    const auto pixels = [&](const char* name) {
      return input.at(name).to(torch::kFloat32).div(255.0);
    };
    replay::Batch batch;
    batch.tensors = {
        {"observation", pixels("obs")}, {"next_observation", pixels("next_obs")},
        {"positive", pixels("pos")},    {"action", input.at("action")},
        {"reward", input.at("reward")}, {"bootstrap", input.at("not_done") * config_.discount}};
    return batch;
  }

  NamedTensors NoiseOf(const std::string& update) const {
    NamedTensors noise = {{"next", recording_.at(update + ".noise.0")}};
    const auto current = recording_.find(update + ".noise.1");
    if (current != recording_.end()) noise["current"] = current->second;
    return noise;
  }

  NamedTensors recording_;
  AgentConfig config_;
  AgentSpec spec_;
};

TEST_F(OfficialUpdate, EveryLossNormParameterAndOutputIsTheReferences) {
  const std::vector<std::pair<std::string, std::string>> kLogs = {
      {"train/batch_reward", "batch_reward"},    {"train_critic/loss", "critic_loss"},
      {"train/curl_loss", "contrastive_loss"},   {"train_actor/loss", "actor_loss"},
      {"train_actor/entropy", "policy_entropy"}, {"train_alpha/loss", "temperature_loss"},
      {"train_alpha/value", "temperature"},
  };
  auto agent = MakeAgent();
  int compared = 0;
  for (std::int64_t number = 1; number <= Meta("updates"); ++number) {
    const auto update = "update." + std::to_string(number);
    const auto metrics = agent->UpdateOn(InputOf(update), NoiseOf(update));
    const auto logged = Under(recording_, update + ".log.");
    for (const auto& [theirs, ours] : kLogs) {
      ASSERT_EQ(logged.count(theirs), metrics.count(ours)) << update << ' ' << theirs;
      if (logged.count(theirs) == 0) continue;
      ExpectEqual(metrics.at(ours), logged.at(theirs), update + ' ' + theirs);
      ++compared;
    }
    compared +=
        ExpectAfter(ToReference(agent->Save()), Under(recording_, update + ".after."), update);
  }
  const auto outputs =
      agent->Evaluate(InputOf("update.1").at("observation"), InputOf("update.1").at("action"));
  ExpectEqual(outputs.mean, recording_.at("final.actor_mean"), "final.actor_mean");
  ExpectEqual(outputs.q.q1, recording_.at("final.q1"), "final.q1");
  ExpectEqual(outputs.q.q2, recording_.at("final.q2"), "final.q2");
  ExpectEqual(outputs.features, recording_.at("final.z"), "final.z");
  EXPECT_GT(compared, 200);  // the recording is not empty
}

TEST_F(OfficialUpdate, NamesOfTheReferenceGoThereAndBack) {
  const auto initial = Under(recording_, "initial.");
  const auto back = ToReference(FromReference(initial));
  for (const auto& [name, tensor] : initial) {
    // The actor's own convolutions are tied to the critic's before the first update.
    if (name.find("actor.encoder.convs.") == 0) continue;
    ASSERT_TRUE(back.count(name)) << name;
    EXPECT_TRUE(torch::equal(back.at(name), tensor)) << name;
  }
}

// What the switches stand for: each of them, turned, must leave the recorded path.
TEST_F(OfficialUpdate, OneEncoderStepInsteadOfTwoIsNotTheReference) {
  config_.objectives[0]->common.encoder_lr_scale = 1.0;
  auto agent = MakeAgent();
  agent->UpdateOn(InputOf("update.1"), NoiseOf("update.1"));
  const auto ours = ToReference(agent->Save()).at("critic.encoder.fc.weight");
  const auto recorded = recording_.at("update.1.after.critic.encoder.fc.weight.norm");
  const double norm = ours.to(torch::kFloat64).norm().item<double>();
  EXPECT_GT(std::abs(norm - recorded.item<double>()) / norm, kTolerance);
}

}  // namespace
}  // namespace curl_rl::agents
