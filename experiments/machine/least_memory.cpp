// Counts what cannot be less: stored frames, parameters, activations, pictures.
#include "experiments/machine/least_memory.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <stdexcept>

#include "envs/gl_context.h"

namespace curl_rl::experiments {
namespace {

// A state-vector run of small networks has 180 MB resident, LibTorch the most of it.
constexpr double kProgramBytes = 150e6;
constexpr double kFloat = 4;           // bytes
constexpr double kPicturesAhead = 20;  // that a video encoder keeps; x264 looks 40 ahead
// Of a frame's bytes when it is kept compressed: pictures of one colour shrink so far, tasks' less.
constexpr double kSmallestShare = 1.0 / 250;

// Counts are doubles: the product of some keys' largest values has no place in 64 bits.
double Linear(double in, double out) { return (in + 1) * out; }

double Mlp(double in, double hidden, double out) {
  return Linear(in, hidden) + Linear(hidden, hidden) + Linear(hidden, out);
}

double ReplayBytes(const ExperimentConfig& config) {
  const auto capacity = static_cast<double>(
      std::min(config.replay_capacity, config.env_steps / config.action_repeat + 1));
  const auto side = static_cast<double>(config.environment.image_size);
  const bool compressed = config.replay_frames == replay::FrameStorage::kCompressed;
  const double frame = 3 * side * side * (compressed ? kSmallestShare : 1.0);
  const double observation = config.observation == Observation::kPixels ? frame : kFloat;
  return capacity * (observation + 28);  // two numbers of 8 bytes, action, reward, flag of 4
}

// The side of what is cut out of a frame for the critic.
std::int64_t CutSide(const ExperimentConfig& config) {
  return config.agent.window == replay::Window::kWhole ? config.environment.image_size
                                                       : config.agent.crop_size;
}

// The side of what the encoder is shown: augmentations may change it.
double PictureSide(const ExperimentConfig& config) {
  const auto& augment = config.agent.augment;
  const std::int64_t side = CutSide(config);
  return static_cast<double>(augment.of_critic() ? encoders::SideAfter(augment.kinds, side) : side);
}

// Numbers in all maps of one picture, and in the last.
struct Maps {
  double all = 0;
  double last = 0;
};

Maps MapsOf(const ExperimentConfig& config) {
  const auto filters = static_cast<double>(config.agent.encoder.num_filters);
  Maps maps;
  double side = std::floor((PictureSide(config) - 3) / 2) + 1;
  for (std::int64_t layer = 0; layer < config.agent.encoder.num_layers; ++layer) {
    if (layer > 0) side -= 2;
    maps.last = filters * side * side;
    maps.all += maps.last;
  }
  return maps;
}

struct Learning {
  double agent = 0;
  double update = 0;
};

// Action and state vectors are taken as one number long.
Learning LearningBytes(const ExperimentConfig& config) {
  const auto& agent = config.agent;
  const bool pixels = config.observation == Observation::kPixels;
  const bool sac = agent.actor_critic == agents::ActorCriticKind::kSac;
  const auto hidden = static_cast<double>(sac ? agent.sac.hidden_dim : agent.ddpg.hidden_dim);
  const auto filters = static_cast<double>(agent.encoder.num_filters);
  const auto layers = static_cast<double>(agent.encoder.num_layers);
  const auto batch = static_cast<double>(agent.batch_size);
  const auto channels = 3 * static_cast<double>(config.frame_stack);
  const double features = pixels ? static_cast<double>(agent.encoder.feature_dim) : 1;
  const Maps maps = pixels ? MapsOf(config) : Maps{};
  double encoder = 0;
  double a_row = 3 * hidden * kFloat;  // one Q head, kept for its gradient
  if (pixels) {
    encoder = 9 * filters * (channels + (layers - 1) * filters) + Linear(maps.last, features);
    // bfloat16 halves maps and pictures, at most; observation and next observation.
    const double number = agent.precision == agents::Precision::kBFloat16 ? 2 : 4;
    const auto cut = static_cast<double>(CutSide(config));
    const double picture = channels * cut * cut;
    a_row += number * (maps.all + 2 * picture);
  }
  const double q = 2 * Mlp(features + 1, hidden, 1);
  const double actor = Mlp(features, hidden, sac ? 2 : 1);
  // Value, gradient and Adam's two moments; the targets have values alone.
  return {kFloat * (4 * (encoder + q + actor) + encoder + q), batch * a_row};
}

double DrawingBytes(const ExperimentConfig& config) {
  if (config.observation != Observation::kPixels) return 0;
  const EnvironmentConfig& drawn = config.environment;
  const auto side = static_cast<double>(drawn.image_size);
  const auto shadow = drawn.shadows ? static_cast<double>(drawn.shadow_size) : 0.0;
  const auto samples = static_cast<double>(drawn.samples);
  // Colour and depth, once and for each sample; depth of the shadows; a corner of a face is a place
  // and a normal of the sphere, the largest of MuJoCo's shapes.
  const double each = side * side * 8 * (1 + samples) + shadow * shadow * 4 +
                      static_cast<double>(drawn.slices * drawn.stacks) * 24;
  return each * static_cast<double>(config.environments + config.eval_environments);
}

double VideoBytes(const ExperimentConfig& config) {
  if (config.video_every == 0 || config.video_size == 0) return 0;
  const auto side = static_cast<double>(config.video_size);
  const double pixels = side * side * static_cast<double>(config.video_episodes);
  return pixels * (3 + 1.5 * kPicturesAhead);
}

}  // namespace

std::vector<MemoryPart> LeastMemory(const ExperimentConfig& config, bool learns_here) {
  std::vector<MemoryPart> parts;
  const auto add = [&parts](const char* what, const char* keys, double bytes) {
    constexpr double kMost = 9e18;
    if (bytes > 0) parts.push_back({what, keys, static_cast<std::int64_t>(std::min(bytes, kMost))});
  };
  add("program", "", kProgramBytes);
  if (learns_here) {
    const Learning learning = LearningBytes(config);
    add("replay", "replay_capacity, replay_frames, environment.image_size", ReplayBytes(config));
    const bool sac = config.agent.actor_critic == agents::ActorCriticKind::kSac;
    add("agent",
        (sac ? "agent.sac.hidden_dim, agent.encoder.feature_dim, agent.encoder.num_filters"
             : "agent.ddpg.hidden_dim, agent.encoder.feature_dim, agent.encoder.num_filters"),
        learning.agent);
    add("update", "agent.batch_size, agent.crop_size, agent.encoder.num_filters", learning.update);
  }
  add("drawing",
      "environments, eval_environments, environment.image_size, environment.shadow_size, "
      "environment.samples",
      DrawingBytes(config));
  add("videos", "video_episodes, video_size", VideoBytes(config));
  return parts;
}

std::vector<MemoryPart> LeastMemory(const ExperimentConfig& config, bool learns_here,
                                    const replay::MemoryLeft& left) {
  auto parts = LeastMemory(config, learns_here);
  const bool space = left.limited_by == "ulimit -v";
  const bool data = left.limited_by == "ulimit -d";
  if (config.observation == Observation::kPixels && (space || data)) {
    parts.push_back({"OpenGL's libraries", "observation=state needs none",
                     space ? envs::kFirstContextSpace : envs::kFirstContextData});
  }
  return parts;
}

std::int64_t Total(const std::vector<MemoryPart>& parts) {
  double total = 0;  // see LeastMemory
  for (const MemoryPart& part : parts) total += static_cast<double>(part.bytes);
  return static_cast<std::int64_t>(std::min(total, 9e18));
}

std::string BytesText(std::int64_t bytes) {
  const double value = static_cast<double>(bytes);
  char text[32];
  std::snprintf(text, sizeof text, value < 1e9 ? "%.0f MB" : "%.2f GB",
                value / (value < 1e9 ? 1e6 : 1e9));
  return text;
}

std::string MemoryLine(const std::vector<MemoryPart>& parts, const replay::MemoryLeft& left) {
  return "at least " + BytesText(Total(parts)) + " of " + BytesText(left.bytes) + " (" +
         left.limited_by + ")";
}

void CheckMemory(const std::vector<MemoryPart>& parts, const replay::MemoryLeft& left) {
  if (Total(parts) <= left.bytes) return;
  auto largest = parts;
  std::sort(largest.begin(), largest.end(),
            [](const MemoryPart& a, const MemoryPart& b) { return a.bytes > b.bytes; });
  std::string text;
  for (std::size_t i = 0; i < largest.size() && i < 3; ++i) {
    text += (text.empty() ? "" : "; ") + largest[i].what + " " + BytesText(largest[i].bytes);
    if (!largest[i].keys.empty()) text += " (" + largest[i].keys + ")";
  }
  throw std::runtime_error("this run needs at least " + BytesText(Total(parts)) +
                           " of memory, and " + BytesText(left.bytes) + " can be had (" +
                           left.limited_by + "): " + text + "; lower the largest");
}

}  // namespace curl_rl::experiments
