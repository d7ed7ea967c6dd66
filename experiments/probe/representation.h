// Representations of frames: a run's encoder, the same untrained, and pixels.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "agents/learner.h"
#include "experiments/config/config.h"
#include "experiments/probe/episodes.h"

namespace curl_rl::probe {

/// Pictures float32 [B, K*C, size, size] in [0, 1], on the CPU, to features float64 [B, F].
using Encoder = std::function<torch::Tensor(const torch::Tensor& pictures)>;

struct Representation {
  std::string name;  // "encoder", "untrained", "pixels"
  std::string how;   // in words
  Encoder encode;
};

/// Where pictures are cut out of the frames: int64 [N, 2], row and column of the top left pixel.
/// The middle, which is what an agent acts on; and, for pairs of views, a place of `stream`'s
/// choosing: anywhere inside, or, where the picture is the whole frame, up to 4 pixels off it (the
/// edge's are repeated). The same rule for all methods, whatever they were trained with.
torch::Tensor CentreWindows(const Frames& frames, std::int64_t size);
torch::Tensor RandomWindows(const Frames& frames, std::int64_t size, at::Generator& stream);

/// Encodes rows `rows` (int64 [n]) of the frames, cut by `windows` (of all rows), in portions:
/// float64 [n, F]. Throws std::runtime_error that names the representation if a feature is not
/// finite.
torch::Tensor Encode(const Frames& frames, const torch::Tensor& rows, const torch::Tensor& windows,
                     std::int64_t size, const Representation& representation);

/// The features of `agent`'s encoder, by which its critic judges; the agent must outlive it.
Representation ByAgent(const std::string& name, const std::string& how, agents::Learner& agent,
                       std::int64_t action_size, const torch::Device& device);

/// Pixels averaged over squares until no side has more than 42, projected on the `count` widest
/// principal axes of the frames `rows` (at most 1500 of them, evenly spaced).
Representation ByPixels(const Frames& frames, const torch::Tensor& rows, std::int64_t size,
                        std::int64_t count);

/// `count` of `rows` (int64 [n]), evenly spaced; all if there are no more.
torch::Tensor EvenlySpaced(const torch::Tensor& rows, std::int64_t count);

}  // namespace curl_rl::probe
