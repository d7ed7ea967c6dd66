// Replays updates of the reference implementations of RAD, DrQ, DrQ-v2, SAC+AE and pixel SAC with
// the agents that the shipped method files describe, and compares every number that was recorded.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "agents/learner.h"
#include "tests/agents/method_recording.h"

namespace curl_rl::agents {
namespace {

// What the reference logged, and what the update of ours measured: {their name, value}.
NamedTensors LoggedByUs(const Recording& recording, const NamedTensors& metrics) {
  const Names names = {
      // SAC's
      {"train/batch_reward", "batch_reward"},
      {"train_critic/loss", "critic_loss"},
      {"train_actor/loss", "actor_loss"},
      {"train_actor/entropy", "policy_entropy"},
      {"train_alpha/loss", "temperature_loss"},
      {"train_alpha/value", "temperature"},
      // DrQ-v2's
      {"batch_reward", "batch_reward"},
      {"critic_target_q", "target_q"},
      {"critic_q1", "q1"},
      {"critic_q2", "q2"},
      {"critic_loss", "critic_loss"},
      {"actor_loss", "actor_loss"},
      {"actor_logprob", "log_pi"},
      {"actor_ent", "policy_entropy"},
  };
  NamedTensors logged;
  for (const auto& [theirs, ours] : names) {
    const auto found = metrics.find(ours);
    if (found != metrics.end()) logged[theirs] = found->second;
  }
  if (metrics.count("temperature_loss") > 0) {
    const auto size = static_cast<double>(recording.Whole("action_dim"));
    logged["train_actor/target_entropy"] = torch::tensor(-size, torch::kFloat64);
    // DrQ logs mean -ln pi, which the temperature's loss contains.
    if (recording.config().sac.log_prob == LogProb::kExact) {
      logged["train_actor/entropy"] =
          metrics.at("temperature_loss") / metrics.at("temperature") - size;
    }
  }
  if (metrics.count("reconstruction_loss") > 0) {
    logged["train_ae/ae_loss"] =
        metrics.at("reconstruction_loss") +
        recording.Number("decoder_latent_lambda") * metrics.at("latent_penalty");
  }
  return logged;
}

int CompareUpdates(const Recording& recording, Learner& agent) {
  int compared = 0;
  const auto expect = [&](const torch::Tensor& ours, const torch::Tensor& recorded,
                          const std::string& name) {
    ExpectEqual(ours, recorded, name);
    ++compared;
  };
  for (std::int64_t number = 1; number <= recording.Whole("updates"); ++number) {
    const auto update = "update." + std::to_string(number);
    const auto metrics = recording.Replay(agent, number);
    const auto ours = LoggedByUs(recording, metrics);
    for (const auto& [name, value] : recording.under(update + ".log.")) {
      if (ours.count(name) == 0) {
        ADD_FAILURE() << update << ": " << name << " is not measured";
        continue;
      }
      expect(ours.at(name), value, update + ' ' + name);
    }
    if (recording.has(update + ".stddev")) {
      expect(metrics.at("policy_stddev"), recording.at(update + ".stddev"), update + " stddev");
    }
    if (recording.has(update + ".decoder.rec_loss")) {
      expect(metrics.at("reconstruction_loss"), recording.at(update + ".decoder.rec_loss"),
             update + " rec_loss");
    }
    auto q1 = recording.at(update + ".critic.q1");
    if (recording.has(update + ".critic.q1_aug")) {
      q1 = torch::cat({q1, recording.at(update + ".critic.q1_aug")});
    }
    expect(metrics.at("q1"), q1.mean(), update + " q1");
    expect(metrics.at("target_q"), recording.at(update + ".critic.target_q").mean(),
           update + " target_q");
    const auto after = recording.under(update + ".after.");
    compared += ExpectAfter(recording.StateLike(agent, after), after, update);
  }
  return compared;
}

void CompareOutputs(const Recording& recording, Learner& agent) {
  const auto outputs =
      agent.Evaluate(recording.Pixels("update.1.input.obs"), recording.at("update.1.input.action"));
  ExpectEqual(outputs.mean, recording.at("final.actor_mean"), "final.actor_mean");
  ExpectEqual(outputs.q.q1, recording.at("final.q1"), "final.q1");
  ExpectEqual(outputs.q.q2, recording.at("final.q2"), "final.q2");
  ExpectEqual(outputs.target_q.q1, recording.at("final.target_q1"), "final.target_q1");
  ExpectEqual(outputs.target_q.q2, recording.at("final.target_q2"), "final.target_q2");
  ExpectEqual(outputs.features, recording.at("final.z"), "final.z");
  if (recording.has("final.actor_std")) {
    ExpectEqual(outputs.stddev, recording.at("final.actor_std"), "final.actor_std");
  }
  if (recording.has("final.actor_log_std")) {
    ExpectEqual(outputs.stddev.log(), recording.at("final.actor_log_std"), "final.actor_log_std");
  }
  if (recording.has("act.step")) {
    agent.SetAgentStep(recording.at("act.step").item<std::int64_t>());
  }
  const auto seen = recording.at("act.obs").unsqueeze(0);
  ExpectEqual(agent.ActWith(seen, recording.at("act.noise")), recording.at("act.sample"),
              "act.sample");
  const auto evaluated =
      recording.has("act.eval_obs") ? recording.at("act.eval_obs").unsqueeze(0) : seen;
  ExpectEqual(agent.ActWith(evaluated, {}), recording.at("act.deterministic"), "act.deterministic");
}

class RecordedUpdates : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    files_ = Recordings(GetParam());
    if (files_.empty()) {
      GTEST_SKIP() << "CURL_RL_RECORDED_UPDATES has no " << GetParam() << "_update*.pt";
    }
  }
  std::vector<std::string> files_;
};

TEST_P(RecordedUpdates, EveryLossNormParameterAndOutputIsTheReferences) {
  for (const auto& file : files_) {
    SCOPED_TRACE(file);
    const Recording recording(GetParam(), file);
    const auto agent = recording.MakeAgent();
    EXPECT_GT(CompareUpdates(recording, *agent), 200);  // the recording is not empty
    CompareOutputs(recording, *agent);
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, RecordedUpdates,
                         testing::Values("rad", "drq", "drqv2", "sac_ae", "pixel_sac"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace curl_rl::agents
