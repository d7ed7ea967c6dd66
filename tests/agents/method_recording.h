// Recordings METHOD_update*.pt of the baselines' reference implementations, and the agents of the
// shipped method files that replay them.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "agents/learner.h"
#include "agents/reference_format.h"
#include "encoders/augmentations/geometry.h"
#include "encoders/objectives/reconstruction.h"
#include "experiments/config/config_reader.h"
#include "tests/agents/reference_recording.h"

namespace curl_rl::agents {

using Names = std::vector<std::pair<std::string, std::string>>;  // {theirs, ours}

/// All recordings of `method`: tests/golden/METHOD_update.pt, or every METHOD_update*.pt of the
/// folder that CURL_RL_RECORDED_UPDATES names.
inline std::vector<std::string> Recordings(const std::string& method) {
  const char* folder = std::getenv("CURL_RL_RECORDED_UPDATES");
  if (folder == nullptr) return {CURL_RL_SOURCE_DIR "/tests/golden/" + method + "_update.pt"};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.rfind(method + "_update", 0) == 0 && entry.path().extension() == ".pt") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The name that CURL's reference has for the same parameter (reference_format.h knows those).
inline std::string CurlName(const std::string& method, std::string name) {
  using Rules = std::vector<std::pair<std::regex, std::string>>;
  static const Rules kDrq = {
      {std::regex("\\.head\\.0\\."), ".fc."},
      {std::regex("\\.head\\.1\\."), ".ln."},
      {std::regex("\\.(Q[12])\\."), ".$1.trunk."},
  };
  // The critic's trunk is the encoder's projection here.
  static const Rules kDrqv2 = {
      {std::regex("^(critic|critic_target|actor)\\.trunk\\.0\\."), "$1.encoder.fc."},
      {std::regex("^(critic|critic_target|actor)\\.trunk\\.1\\."), "$1.encoder.ln."},
      {std::regex("^actor\\.policy\\."), "actor.trunk."},
      {std::regex("\\.(Q[12])\\."), ".$1.trunk."},
  };
  if (method != "drq" && method != "drqv2") return name;
  static const std::regex kConv("^encoder\\.convnet\\.([0-9]+)\\.(.*)$");
  std::smatch match;
  if (std::regex_match(name, match, kConv)) {
    return "critic.encoder.convs." + std::to_string(std::stoi(match[1]) / 2) + "." + match[2].str();
  }
  for (const auto& [rule, to] : method == "drq" ? kDrq : kDrqv2) {
    name = std::regex_replace(name, rule, to);
  }
  return name;
}

/// A recording and the agent that the shipped method file describes: sizes, rates and frequencies
/// come from the recording, all else from experiments/configs/methods/METHOD.yaml.
class Recording {
 public:
  Recording(std::string method, const std::string& path)
      : method_(std::move(method)), tensors_(ReadRecording(path)) {
    config_ = experiments::ReadConfig(
                  CURL_RL_SOURCE_DIR "/experiments/configs/methods/" + method_ + ".yaml", {}, {})
                  .agent;
    spec_.channels = at("update.1.input.obs").size(1);
    spec_.action_size = Whole("action_dim");
    config_.batch_size = Whole("batch");
    config_.crop_size = Whole("image");
    config_.encoder.num_layers = Whole("layers");
    config_.encoder.num_filters = Whole("filters");
    config_.encoder.feature_dim = Whole("feature");
    if (method_ == "drqv2") {
      SetDdpg();
    } else {
      SetSac();
    }
  }

  const torch::Tensor& at(const std::string& name) const { return replay::Get(tensors_, name); }
  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  NamedTensors under(const std::string& prefix) const { return Under(tensors_, prefix); }
  std::int64_t Whole(const std::string& name) const {
    return at("meta." + name).item<std::int64_t>();
  }
  double Number(const std::string& name) const { return at("meta." + name).item<double>(); }
  bool drqv2() const { return method_ == "drqv2"; }
  const AgentConfig& config() const { return config_; }
  AgentConfig& config() { return config_; }

  std::unique_ptr<Learner> MakeAgent() const {
    NamedTensors decoder, others;
    for (const auto& [name, tensor] : under("initial.")) {
      const auto ours = DecoderName(name);
      (ours.empty() ? others[CurlName(method_, name)] : decoder[ours]) = tensor;
    }
    auto parameters = FromReference(others);
    parameters.merge(decoder);
    return RecordedAgent(config_, spec_, parameters);
  }

  // The parameters of `agent` under the recording's names.
  NamedTensors StateLike(const Learner& agent, const NamedTensors& after) const {
    const auto saved = agent.Save();
    const auto curls = ToReference(saved);
    NamedTensors state;
    for (const auto& [name, tensor] : after) {
      const std::string suffix = ".norm";
      const bool norm = name.size() > suffix.size() &&
                        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
      const auto plain = norm ? name.substr(0, name.size() - suffix.size()) : name;
      const auto decoder = DecoderName(plain);
      state[plain] = decoder.empty() ? replay::Get(curls, CurlName(method_, plain))
                                     : replay::Get(saved, decoder);
    }
    return state;
  }

  torch::Tensor Pixels(const std::string& name) const {
    return at(name).to(torch::kFloat32).div(255.0);
  }

  replay::Batch InputOf(const std::string& update) const {
    replay::Batch batch;
    auto& tensors = batch.tensors;
    tensors["action"] = at(update + ".input.action");
    tensors["reward"] = at(update + ".input.reward");
    tensors["bootstrap"] = drqv2() ? at(update + ".input.discount")
                                   : at(update + ".input.not_done") * config_.discount;
    const Names views = {{"obs", "observation"},
                         {"next_obs", "next_observation"},
                         {"obs_aug", "observation_2"},
                         {"next_obs_aug", "next_observation_2"}};
    for (const auto& [theirs, ours] : views) {
      const auto source = update + ".input." + (theirs.rfind("next", 0) == 0 ? "next_obs" : "obs");
      if (has(update + ".crop." + theirs)) {  // DrQ: (top, left)
        tensors[ours] = Shifted(Pixels(source), at(update + ".crop." + theirs), 0, "image_pad");
      } else if (has(update + ".shift." + theirs)) {  // DrQ-v2: (x, y)
        tensors[ours] = Shifted(Pixels(source), at(update + ".shift." + theirs), 1, "pad");
      } else if (has(update + ".input." + theirs)) {
        tensors[ours] = Pixels(source);
      }
    }
    return batch;
  }

  /// Recorded update `number`, from 1 on, done by `agent`: its metrics.
  NamedTensors Replay(Learner& agent, std::int64_t number) const {
    const auto update = "update." + std::to_string(number);
    agent.SetAgentStep(has(update + ".step") ? at(update + ".step").item<std::int64_t>() : number);
    return agent.UpdateOn(InputOf(update), NoiseOf(update));
  }

  NamedTensors NoiseOf(const std::string& update) const {
    Names names = {{".noise.0", "next"}, {".noise.1", "current"}};
    if (method_ == "drq") {
      names = {{".noise.0", "next"}, {".noise.1", "next_2"}, {".noise.2", "current"}};
    }
    names.emplace_back(".decoder_noise", "reconstruction.uniform");
    NamedTensors noise;
    for (const auto& [theirs, ours] : names) {
      if (has(update + theirs)) noise[ours] = at(update + theirs);
    }
    return noise;
  }

 private:
  void SetSac() {
    config_.discount = Number("discount");
    auto& sac = config_.sac;
    sac.hidden_dim = Whole("hidden");
    sac.log_std_min = Number("log_std_min");
    sac.log_std_max = Number("log_std_max");
    sac.actor_lr = sac.critic_lr = Number("lr");
    sac.temperature_lr = Number("alpha_lr");
    sac.temperature_beta1 = Number("alpha_beta1");
    sac.critic_tau = Number("critic_tau");
    config_.encoder.tau = Number(has("meta.encoder_tau") ? "encoder_tau" : "critic_tau");
    sac.actor_update_freq = Whole("actor_update_freq");
    sac.critic_target_update_freq = Whole("critic_target_update_freq");
    if (!has("meta.decoder_lr")) return;
    auto& settings = dynamic_cast<encoders::SettingsOf<encoders::ReconstructionConfig>&>(
        *config_.objectives.at(0));
    settings.common.lr = Number("decoder_lr");
    settings.common.encoder_lr_scale = Number("lr") / Number("decoder_lr");
    settings.common.update_freq = Whole("decoder_update_freq");
    settings.config.latent_penalty = Number("decoder_latent_lambda");
    settings.config.weight_decay = Number("decoder_weight_lambda");
  }

  void SetDdpg() {
    auto& ddpg = config_.ddpg;
    ddpg.hidden_dim = Whole("hidden");
    ddpg.actor_lr = ddpg.critic_lr = Number("lr");
    ddpg.critic_tau = config_.encoder.tau = Number("critic_target_tau");
    ddpg.stddev_clip = Number("stddev_clip");
    const auto schedule = at("meta.stddev_schedule");
    ddpg.stddev_schedule = schedule.numel() == 5 ? "step_linear(" : "linear(";
    for (std::int64_t i = 0; i < schedule.numel(); ++i) {
      ddpg.stddev_schedule += (i > 0 ? "," : "") + std::to_string(schedule[i].item<double>());
    }
    ddpg.stddev_schedule += ")";
  }

  // `axis`: which number of a pair is the row's.
  torch::Tensor Shifted(const torch::Tensor& pixels, const torch::Tensor& pairs, std::int64_t axis,
                        const std::string& pad) const {
    const auto top = pairs.select(1, axis) - Whole(pad),
               left = pairs.select(1, 1 - axis) - Whole(pad);
    return encoders::Cut(pixels, top, left, pixels.size(2), pixels.size(3), /*edge=*/true);
  }

  static std::string DecoderName(const std::string& name) {
    for (const auto& [theirs, ours] : Names{{"decoder.fc.", "objective.decoder.linear."},
                                            {"decoder.deconvs.", "objective.decoder.deconvs."}}) {
      if (name.rfind(theirs, 0) == 0) return ours + name.substr(theirs.size());
    }
    return "";
  }

  std::string method_;
  NamedTensors tensors_;
  AgentConfig config_;
  AgentSpec spec_;
};

}  // namespace curl_rl::agents
