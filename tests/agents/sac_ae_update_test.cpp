// Replays SAC+AE's updates by its reference implementation (denisyarats/pytorch_sac_ae) with the
// learner and the objective `reconstruction`, and compares every tensor that was recorded.
//
// The recording (tests/golden/sac_ae_update.pt, or the file that CURL_RL_SAC_AE_UPDATE names) holds
// sizes, rates, initial parameters, each update's batch, noise and results. Its latent penalty and
// weight decay are larger than the defaults, which a few updates could not show. Its convolutions'
// maps are all 0, so nothing of it says that the loss reaches them: objectives_test does.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/learner.h"
#include "agents/reference_format.h"
#include "encoders/objectives/pixel_decoder.h"
#include "tests/agents/reference_recording.h"

namespace curl_rl::agents {
namespace {

// The decoder's parameters, {theirs, ours}; all others are in reference_format.h.
const std::vector<std::pair<std::string, std::string>> kDecoder = {
    {"decoder.fc.", "objective.decoder.linear."},
    {"decoder.deconvs.", "objective.decoder.deconvs."},
};

class SacAeUpdate : public testing::Test {
 protected:
  SacAeUpdate() : recording_(ReadRecording("sac_ae_update.pt", "CURL_RL_SAC_AE_UPDATE")) {
    spec_.channels = recording_.at("update.1.input.obs").size(1);
    spec_.action_size = Whole("action_dim");
    config_.batch_size = Whole("batch");
    config_.discount = Number("discount");
    config_.window = replay::Window::kWhole;
    config_.crop_size = Whole("image");
    config_.encoder.num_layers = Whole("layers");
    config_.encoder.num_filters = Whole("filters");
    config_.encoder.feature_dim = Whole("feature");
    config_.encoder.tanh = true;
    config_.encoder.tau = Number("encoder_tau");
    auto& sac = config_.sac;
    sac.hidden_dim = Whole("hidden");
    sac.log_std_min = Number("log_std_min");
    sac.log_std_max = Number("log_std_max");
    sac.actor_lr = sac.critic_lr = Number("lr");
    sac.temperature_lr = Number("alpha_lr");
    sac.temperature_beta1 = Number("alpha_beta1");
    sac.critic_tau = Number("critic_tau");
    sac.actor_update_freq = Whole("actor_update_freq");
    sac.critic_target_update_freq = Whole("critic_target_update_freq");
    auto reconstruction = std::make_unique<encoders::SettingsOf<encoders::ReconstructionConfig>>();
    reconstruction->common.lr = Number("decoder_lr");
    reconstruction->common.encoder_lr_scale = Number("lr") / Number("decoder_lr");
    reconstruction->common.update_freq = Whole("decoder_update_freq");
    reconstruction->config.latent_penalty = Number("decoder_latent_lambda");
    reconstruction->config.weight_decay = Number("decoder_weight_lambda");
    settings_ = &reconstruction->config;
    config_.objectives.clear();
    config_.objectives.emplace_back(std::move(reconstruction));
  }

  std::int64_t Whole(const std::string& name) const {
    return recording_.at("meta." + name).item<std::int64_t>();
  }
  double Number(const std::string& name) const {
    return recording_.at("meta." + name).item<double>();
  }

  // Between the reference's names and ours.
  static NamedTensors Renamed(const NamedTensors& tensors, bool to_reference) {
    NamedTensors rest, decoder;
    for (const auto& [name, tensor] : tensors) {
      bool found = false;
      for (const auto& [theirs, ours] : kDecoder) {
        const auto& from = to_reference ? ours : theirs;
        if (name.compare(0, from.size(), from) != 0) continue;
        decoder[(to_reference ? theirs : ours) + name.substr(from.size())] = tensor;
        found = true;
      }
      if (!found) rest[name] = tensor;
    }
    auto renamed = to_reference ? ToReference(rest) : FromReference(rest);
    renamed.insert(decoder.begin(), decoder.end());
    return renamed;
  }

  std::unique_ptr<Learner> MakeAgent() const {
    return RecordedAgent(config_, spec_, Renamed(Under(recording_, "initial."), false));
  }

  replay::Batch InputOf(const std::string& update) const {
    return RecordedBatch(recording_, update, config_.discount);
  }

  NamedTensors NoiseOf(const std::string& update) const {
    NamedTensors noise;
    for (const auto& [theirs, ours] : std::vector<std::pair<std::string, std::string>>{
             {".noise.0", "next"},
             {".noise.1", "current"},
             {".decoder_noise", "reconstruction.uniform"}}) {
      const auto found = recording_.find(update + theirs);
      if (found != recording_.end()) noise[ours] = found->second;
    }
    return noise;
  }

  NamedTensors recording_;
  AgentConfig config_;
  AgentSpec spec_;
  encoders::ReconstructionConfig* settings_ = nullptr;  // in config_.objectives
};

TEST_F(SacAeUpdate, EveryLossNormParameterAndOutputIsTheReferences) {
  const std::vector<std::pair<std::string, std::string>> kLogs = {
      {"train/batch_reward", "batch_reward"},   {"train_critic/loss", "critic_loss"},
      {"train_actor/loss", "actor_loss"},       {"train_actor/entropy", "policy_entropy"},
      {"train_alpha/loss", "temperature_loss"}, {"train_alpha/value", "temperature"},
  };
  auto agent = MakeAgent();
  int compared = 0;
  for (std::int64_t number = 1; number <= Whole("updates"); ++number) {
    const auto update = "update." + std::to_string(number);
    const auto metrics = agent->UpdateOn(InputOf(update), NoiseOf(update));
    const auto logged = Under(recording_, update + ".log.");
    for (const auto& [theirs, ours] : kLogs) {
      ASSERT_EQ(logged.count(theirs), metrics.count(ours)) << update << ' ' << theirs;
      if (logged.count(theirs) == 0) continue;
      ExpectEqual(metrics.at(ours), logged.at(theirs), update + ' ' + theirs);
      ++compared;
    }
    ASSERT_EQ(recording_.count(update + ".decoder.rec_loss"), metrics.count("reconstruction_loss"));
    if (metrics.count("reconstruction_loss") == 1) {
      ExpectEqual(metrics.at("reconstruction_loss"), recording_.at(update + ".decoder.rec_loss"),
                  update + " rec_loss");
      const auto whole = metrics.at("reconstruction_loss") +
                         settings_->latent_penalty * metrics.at("latent_penalty");
      ExpectEqual(whole, logged.at("train_ae/ae_loss"), update + " ae_loss");
      compared += 2;
    }
    ExpectEqual(metrics.at("q1"), recording_.at(update + ".critic.q1").mean(), update + " q1");
    ExpectEqual(metrics.at("target_q"), recording_.at(update + ".critic.target_q").mean(),
                update + " target_q");
    compared +=
        ExpectAfter(Renamed(agent->Save(), true), Under(recording_, update + ".after."), update);
  }
  const auto outputs =
      agent->Evaluate(InputOf("update.1").at("observation"), InputOf("update.1").at("action"));
  ExpectEqual(outputs.mean, recording_.at("final.actor_mean"), "final.actor_mean");
  ExpectEqual(outputs.q.q1, recording_.at("final.q1"), "final.q1");
  ExpectEqual(outputs.q.q2, recording_.at("final.q2"), "final.q2");
  ExpectEqual(outputs.features, recording_.at("final.z"), "final.z");
  ExpectEqual(agent->Act(recording_.at("act.obs").view(
                             {1, spec_.channels, config_.crop_size, config_.crop_size}),
                         ActMode::kMean),
              recording_.at("act.deterministic"), "act.deterministic");
  EXPECT_GT(compared, 200);  // the recording is not empty
}

TEST_F(SacAeUpdate, TheDecoderGivesTheRecordedPicture) {
  encoders::EncoderOptions options;
  options.channels = spec_.channels;
  options.image_size = config_.crop_size;
  options.num_layers = config_.encoder.num_layers;
  options.num_filters = config_.encoder.num_filters;
  options.feature_dim = config_.encoder.feature_dim;
  encoders::PixelDecoder decoder(options, at::detail::createCPUGenerator(1));
  const auto last = "update." + std::to_string(Whole("updates")) + ".after.";
  const torch::NoGradGuard no_grad;
  for (const auto& item : decoder->named_parameters()) {
    const auto& [theirs, ours] = item.key().find("linear") == 0 ? kDecoder[0] : kDecoder[1];
    const auto suffix = item.key().substr(item.key().find('.') + 1);
    item.value().copy_(recording_.at(last + theirs + suffix));
  }
  const auto pictures = decoder(recording_.at("final.z"));
  ExpectEqual(pictures[0], recording_.at("final.reconstruction"), "final.reconstruction");
}

// What the settings stand for: each of them, turned, must leave the recorded path.
TEST_F(SacAeUpdate, NeitherPenaltyNorDecayIsIdle) {
  const auto last = "update." + std::to_string(Whole("updates"));
  // The largest difference of a parameter after the last update.
  const auto difference = [&](double* setting) {
    const double before = *setting;
    *setting = 0.0;
    auto agent = MakeAgent();
    *setting = before;
    for (std::int64_t number = 1; number <= Whole("updates"); ++number) {
      const auto update = "update." + std::to_string(number);
      agent->UpdateOn(InputOf(update), NoiseOf(update));
    }
    const auto ours = Renamed(agent->Save(), true);
    double largest = 0.0;
    for (const auto& [name, recorded] : Under(recording_, last + ".after.")) {
      if (name.find(".norm") != std::string::npos) continue;
      const auto apart = (ours.at(name) - recorded).norm() / recorded.norm().clamp_min(1e-12);
      largest = std::max(largest, apart.item<double>());
    }
    return largest;
  };
  EXPECT_GT(difference(&settings_->weight_decay), kTolerance);
  EXPECT_GT(difference(&settings_->latent_penalty), kTolerance);
}

}  // namespace
}  // namespace curl_rl::agents
