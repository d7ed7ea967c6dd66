// Every key with its type, range and meaning, and values as text.
#include "experiments/config/config_schema.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace curl_rl::experiments {
namespace {

constexpr double kMaxSteps = 1e12;

Allowed Anything() { return {}; }
Allowed Between(double min, double max) { return {min, max}; }
Allowed OneOf(std::vector<std::string> choices) { return {0.0, 0.0, std::move(choices)}; }

// YAML reads other spellings as text, number, null or truth; only a plain word is safe unquoted.
std::string Quoted(const std::string& text) {
  bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front()));
  for (const char c : text) {
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '/' ||
                      c == '.' || c == '-');
  }
  for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    plain = plain && lower != word;
  }
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      quoted += c;
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      quoted += {'\\', 'x', kHex[(c >> 4) & 0xf], kHex[c & 0xf]};
    }
  }
  return quoted + '"';
}

std::string NumberText(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

std::string LimitText(double limit) {
  // Up to here digits are easier to read than an exponent.
  const bool digits = std::trunc(limit) == limit && std::abs(limit) < 1e7;
  return digits ? std::to_string(static_cast<std::int64_t>(limit)) : NumberText(limit);
}

}  // namespace

std::vector<Field> Fields(ExperimentConfig& config) {
  auto& c = config;
  auto& e = config.environment;
  auto& a = config.agent;
  return {
      {"task", &c.task, Anything(), "",
       "environment (`curl-rl envs` lists them) or task file FILE.yaml"},
      {"method", &c.method, Anything(), "", "label of the run directory and of comparisons"},
      {"seed", &c.seed, Between(0, 4294967295.0), "", "of every random stream"},
      {"device", &c.device, Anything(), "", "of the learner: auto, cpu, cuda or cuda:N"},
      {"observation", &c.observation, OneOf({"pixels", "state"}), "", "what the agent sees"},
      {"run_dir", &c.run_dir, Anything(), "", "empty: runs/<task>/<method>/seed_<seed>"},
      {"threads", &c.threads, Between(0, 4096), "", "of the learner; 0: all cores"},
      {"overlap", &c.overlap, Anything(), "",
       "the environment steps and draws in another thread while the agent learns; same results"},
      {"deterministic", &c.deterministic, Anything(), "",
       "on CUDA: only kernels that repeat bit for bit"},
      {"env_steps", &c.env_steps, Between(1, kMaxSteps), "env steps", "budget of the run"},
      {"action_repeat", &c.action_repeat, Between(1, 1000), "env steps", "per agent step"},
      {"frame_stack", &c.frame_stack, Between(1, 64), "frames", "the agent sees at once"},
      {"init_steps", &c.init_steps, Between(1, kMaxSteps), "agent steps",
       "with uniform random actions before the first update"},
      {"replay_capacity", &c.replay_capacity, Between(1, 1e9), "transitions",
       "kept, the oldest overwritten"},
      {"eval_every", &c.eval_every, Between(0, kMaxSteps), "env steps",
       "between evaluations; 0: only at the end"},
      {"eval_episodes", &c.eval_episodes, Between(1, 10000), "episodes", "in one evaluation"},
      {"eval_environments", &c.eval_environments, Between(1, 1024), "environments",
       "that play these episodes side by side: one pass of the agent for all"},
      {"log_every", &c.log_every, Between(1, kMaxSteps), "env steps", "between rows of train.csv"},
      {"checkpoint_every", &c.checkpoint_every, Between(0, kMaxSteps), "env steps",
       "between checkpoints; 0: only at the end"},
      {"keep_checkpoints", &c.keep_checkpoints, Between(1, 1e6), "checkpoints",
       "the newest kept; the best one besides"},
      {"video_every", &c.video_every, Between(0, kMaxSteps), "env steps",
       "between videos of the agent; 0: none"},
      {"video_episodes", &c.video_episodes, Between(1, 36), "episodes", "side by side in a video"},
      {"video_size", &c.video_size, Between(0, 1280), "pixels",
       "side of an episode's picture; 0: by their number"},
      {"plugins", &c.plugins, Anything(), "", "shared libraries or task files with environments"},

      {"environment.camera_id", &e.camera_id, Between(-1, 1000), "",
       "camera of the model; -1: free"},
      {"environment.image_size", &e.image_size, Between(1, 4096), "pixels",
       "height and width of a rendered frame"},
      {"environment.samples", &e.samples, Between(0, 64), "", "of multisampling; 0: off"},
      {"environment.slices", &e.slices, Between(3, 1024), "", "tessellation of round shapes"},
      {"environment.stacks", &e.stacks, Between(2, 1024), "", "tessellation of round shapes"},
      {"environment.shadow_size", &e.shadow_size, Between(0, 16384), "texels",
       "side of the shadow map"},
      {"environment.shadows", &e.shadows, Anything(), "", "draw shadows"},
      {"environment.reflections", &e.reflections, Anything(), "", "draw reflections"},

      {"agent.batch_size", &a.batch_size, Between(1, 65536), "transitions", "in one update"},
      {"agent.discount", &a.discount, Between(0, 1), "", "of reward, per agent step"},
      {"agent.num_layers", &a.num_layers, Between(1, 16), "", "convolutions of the encoder"},
      {"agent.num_filters", &a.num_filters, Between(1, 4096), "", "of every convolution"},
      {"agent.feature_dim", &a.feature_dim, Between(1, 65536), "", "size of the encoder's output"},
      {"agent.hidden_dim", &a.hidden_dim, Between(1, 65536), "", "width of actor and Q networks"},
      {"agent.log_std_min", &a.log_std_min, Between(-100, 10), "", "lower bound of log_std"},
      {"agent.log_std_max", &a.log_std_max, Between(-100, 10), "", "upper bound of log_std"},
      {"agent.conv_init", &a.conv_init, OneOf({"delta_orthogonal", "orthogonal"}), "",
       "initial weights of the convolutions"},
      {"agent.encoder_tanh", &a.encoder_tanh, Anything(), "", "tanh after the encoder's LayerNorm"},
      {"agent.detach_encoder", &a.detach_encoder, Anything(), "",
       "keep the critic loss from training the convolutions"},
      {"agent.actor_lr", &a.actor_lr, Between(0, 1), "", "learning rate of the actor"},
      {"agent.critic_lr", &a.critic_lr, Between(0, 1), "", "learning rate of the critic"},
      {"agent.encoder_lr", &a.encoder_lr, Between(0, 1), "",
       "learning rate of the contrastive step: encoder and W"},
      {"agent.temperature_lr", &a.temperature_lr, Between(0, 1), "", "learning rate of log_alpha"},
      {"agent.temperature_beta1", &a.temperature_beta1, Between(0, 0.9999), "",
       "Adam's beta1 of log_alpha"},
      {"agent.contrastive_encoder_lr_scale", &a.contrastive_encoder_lr_scale, Between(0, 100), "",
       "times encoder_lr for the encoder; 2: the reference's double step"},
      {"agent.init_temperature", &a.init_temperature, Between(1e-9, 1e3), "", "first temperature"},
      {"agent.log_prob", &a.log_prob, OneOf({"reference", "exact"}), "",
       "tanh correction: ln(relu(1-a^2)+1e-6), or the softplus form"},
      {"agent.critic_tau", &a.critic_tau, Between(0, 1), "",
       "share of the online Q heads in each target update"},
      {"agent.encoder_tau", &a.encoder_tau, Between(0, 1), "",
       "share of the online encoder in each momentum update"},
      {"agent.actor_update_freq", &a.actor_update_freq, Between(1, 1e6), "gradient steps",
       "between updates of actor and temperature"},
      {"agent.critic_target_update_freq", &a.critic_target_update_freq, Between(1, 1e6),
       "gradient steps", "between target updates"},
      {"agent.contrastive_update_freq", &a.contrastive_update_freq, Between(1, 1e6),
       "gradient steps", "between contrastive updates"},
      {"agent.contrastive", &a.contrastive, OneOf({"infonce", "none"}), "",
       "contrastive objective"},
      {"agent.crop_size", &a.crop_size, Between(1, 4096), "pixels", "side of the agent's crop"},
      {"agent.crop_range", &a.crop_range, OneOf({"inclusive", "reference"}), "",
       "offsets 0..frame-crop, or 0..frame-crop-1"},
      {"agent.schedule", &a.schedule, OneOf({"reference", "joint"}), "",
       "separate steps, or critic and contrastive loss in one"},
      {"agent.precision", &a.precision, OneOf({"float32", "bfloat16", "tf32"}), "",
       "of convolutions and large products; tf32: on CUDA only"},
      {"agent.cuda_graphs", &a.cuda_graphs, Anything(), "",
       "on CUDA: record updates once, replay them"},
  };
}

std::string TypeName(const Field& field) {
  constexpr const char* kNames[] = {"integer", "number", "true or false", "text", "list of texts"};
  return kNames[field.value.index()];
}

std::string AllowedText(const Field& field) {
  if (field.allowed.has_range()) {
    return LimitText(field.allowed.min) + " .. " + LimitText(field.allowed.max);
  }
  std::string text;
  for (const std::string& choice : field.allowed.choices) {
    text += (text.empty() ? "" : " | ") + choice;
  }
  return text;
}

std::string ValueText(const Field& field) {
  return std::visit(
      [](const auto* value) -> std::string {
        using T = std::decay_t<decltype(*value)>;
        if constexpr (std::is_same_v<T, std::int64_t>) {
          return std::to_string(*value);
        } else if constexpr (std::is_same_v<T, double>) {
          return NumberText(*value);
        } else if constexpr (std::is_same_v<T, bool>) {
          return *value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string>) {
          return Quoted(*value);
        } else {
          std::string list = "[";
          for (const std::string& text : *value) list += (list == "[" ? "" : ", ") + Quoted(text);
          return list + "]";
        }
      },
      field.value);
}

std::string WriteConfig(const ExperimentConfig& config) {
  ExperimentConfig copy = config;  // Fields binds to a config it could change
  std::string yaml;
  std::string section;
  for (const Field& field : Fields(copy)) {
    const std::size_t dot = field.key.find('.');
    if (dot != std::string::npos && field.key.substr(0, dot) != section) {
      section = field.key.substr(0, dot);
      yaml += "\n" + section + ":\n";
    }
    const std::string name =
        dot == std::string::npos ? field.key : "  " + field.key.substr(dot + 1);
    yaml += name + ": " + ValueText(field) + "\n";
  }
  return yaml;
}

}  // namespace curl_rl::experiments
