// Replays updates of the reference implementations of RAD, DrQ, DrQ-v2, SAC+AE and pixel SAC with
// the agents that the shipped method files describe, and compares every number that was recorded.
//
// Recordings: tests/golden/METHOD_update.pt, or every METHOD_update*.pt of the folder that
// CURL_RL_RECORDED_UPDATES names. Sizes, rates and frequencies come from the recording, all else
// from experiments/configs/methods/METHOD.yaml.
#include <gtest/gtest.h>
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
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;  // {theirs, ours}

// All recordings of `method`.
std::vector<std::string> Recordings(const std::string& method) {
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

// The name that CURL's reference has for the same parameter (reference_format.h knows those).
std::string CurlName(const std::string& method, std::string name) {
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

  std::unique_ptr<Learner> MakeAgent() const {
    auto agent = std::make_unique<Learner>(config_, spec_);
    auto state = agent->Save();
    NamedTensors curls;
    for (const auto& [name, tensor] : under("initial.")) {
      const auto decoder = DecoderName(name);
      if (!decoder.empty()) {
        state.at(decoder) = tensor;
      } else {
        curls[CurlName(method_, name)] = tensor;
      }
    }
    for (const auto& [name, tensor] : FromReference(curls)) {
      state.at(name) = tensor.to(state.at(name).dtype());
    }
    state.at("gradient_step") = torch::tensor(std::int64_t{1});  // updates are numbered from 1
    agent->Load(state);
    return agent;
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
    if (recording.has(update + ".step")) {
      agent.SetAgentStep(recording.at(update + ".step").item<std::int64_t>());
    } else {
      agent.SetAgentStep(number);
    }
    const auto metrics = agent.UpdateOn(recording.InputOf(update), recording.NoiseOf(update));
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

// DrQ-v2's sampler on the recorded episodes: exactly, wherever a window may start.
TEST(RecordedSampler, NStepWindowsAreTheReferences) {
  for (const auto& file : Recordings("drqv2")) {
    const auto tensors = ReadRecording(file);
    for (int number = 0; tensors.count("nstep." + std::to_string(number) + ".episode.reward") > 0;
         ++number) {
      const auto prefix = "nstep." + std::to_string(number) + ".";
      const auto episode = Under(tensors, prefix + "episode.");
      const auto steps = episode.at("reward").size(0) - 1;  // the first row is the reset
      replay::ReplayOptions options;
      options.observation_shape = {1};
      options.action_size = episode.at("action").size(1);
      options.capacity = 100;
      options.frame_stack = 1;
      replay::ReplayBuffer replay(options);
      replay.BeginEpisode(episode.at("observation")[0].to(torch::kFloat32));
      for (std::int64_t t = 1; t <= steps; ++t) {
        std::vector<double> action;
        for (std::int64_t a = 0; a < options.action_size; ++a) {
          action.push_back(episode.at("action")[t][a].item<double>());
        }
        const bool terminated = episode.at("discount")[t].item<double>() == 0.0;
        replay.Add(episode.at("observation")[t].to(torch::kFloat32), action,
                   episode.at("reward")[t].item<double>(), terminated, !terminated && t == steps);
      }
      for (const std::int64_t n : {1, 3}) {
        const auto recorded = Under(tensors, prefix + std::to_string(n) + ".");
        replay::BatchSpec spec;
        spec.batch_size = 400;
        spec.n_step = n;
        spec.whole_windows = true;
        for (const char* name : {"observation", "next_observation"}) {
          replay::View view;
          view.name = name;
          if (view.name[0] == 'n') view.of = replay::ViewOf::kNext;
          spec.views.push_back(view);
        }
        const auto batch = replay.Sample(spec);
        const auto& first = batch.at("transition");
        EXPECT_EQ(first.min().item<std::int64_t>(), 0);
        EXPECT_EQ(first.max().item<std::int64_t>(), steps - n);
        for (std::int64_t i = 0; i < recorded.at("index").size(0); ++i) {
          // Their index is that of the row that the action led to.
          const auto row = first.eq(recorded.at("index")[i] - 1).nonzero()[0][0];
          const auto same = [&](const char* ours, const char* theirs) {
            EXPECT_TRUE(torch::equal(batch.at(ours)[row.item<std::int64_t>()],
                                     recorded.at(theirs)[i].to(torch::kFloat32)))
                << prefix << n << ' ' << ours;
          };
          same("observation", "obs");
          same("action", "action");
          same("reward", "reward");
          same("bootstrap", "discount");
          same("next_observation", "next_obs");
        }
      }
    }
  }
}

}  // namespace
}  // namespace curl_rl::agents
