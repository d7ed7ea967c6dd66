// The replay buffer: every observation is stored once, on the learner's device.
//
//   observation ring   slot = id % slots      the observations of all episodes in order, ids 0, 1,
//   2, ... transition ring    row = n % capacity     {id of its observation, history, action,
//   reward, not_terminal}
//
// A transition's next observation has the next id. A stack of K frames is the ids id-K+1 .. id,
// clamped to the `history` frames that the episode has before it. So neither a stack nor a next
// observation ever crosses an episode start. A transition whose oldest frame was overwritten is no
// longer drawn: drawable transitions are one contiguous range of n, from `begin` to `end`.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "replay/named_tensors.h"

namespace curl_rl::replay {

struct ReplayOptions {
  std::vector<std::int64_t>
      observation_shape;  // {H, W, C}: uint8 pixels; {D}: float32 state vector
  std::int64_t action_size = 1;
  std::int64_t capacity = 100000;  // transitions
  std::int64_t frame_stack = 3;
  std::int64_t crop_size = 84;           // pixels only
  std::string crop_range = "inclusive";  // offsets 0..frame-crop | reference: 0..frame-crop-1
  std::uint64_t seed = 1;                // of the index and crop streams
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat32;  // of pixels in a batch

  bool pixels() const { return observation_shape.size() == 3; }
};

/// One batch. Pixels are in [0, 1], channels-last memory, in ReplayOptions::dtype.
struct Batch {
  torch::Tensor observation;       // [B, K*C, crop, crop] or [B, K*D]; for pixels also the anchor
  torch::Tensor next_observation;  // the same shape
  torch::Tensor positive;          // a second crop of `observation`; undefined for state vectors
  torch::Tensor action;            // float32 [B, A]
  torch::Tensor reward;            // float32 [B, 1]
  torch::Tensor not_terminal;      // float32 [B, 1]: 0 where the task ended, 1 elsewhere
};

/// Bytes that a replay with these options takes on its device. 100,000 transitions of 100x100 RGB:
/// 3.10 GB.
std::int64_t ReplayBytes(const ReplayOptions& options);

/// Not thread-safe: one owner.
class ReplayBuffer {
 public:
  /// Throws std::invalid_argument for options that make no sense, std::runtime_error with the
  /// numbers if the device has less memory than the replay needs.
  explicit ReplayBuffer(const ReplayOptions& options);

  /// The observation that Reset showed. uint8 [H, W, C] or float32 [D], on any device.
  void BeginEpisode(const torch::Tensor& observation);

  /// One decision: what it led to, and what it gave. `truncated` ends the episode but not the
  /// value: such a transition is bootstrapped (not_terminal 1). After either, BeginEpisode must
  /// follow. `action`: `action_size` numbers. A value that is not finite is refused:
  /// std::invalid_argument.
  void Add(const torch::Tensor& next_observation, const std::vector<double>& action, double reward,
           bool terminated, bool truncated);

  /// `batch_size` transitions, uniformly with replacement. Pixels: three independent crops a row,
  /// for observation, next_observation and positive. With `with_positive` false the positive is not
  /// gathered, but its offsets are drawn all the same: the streams do not depend on it.
  /// Throws std::logic_error if there is no transition yet.
  Batch Sample(std::int64_t batch_size, bool with_positive = true);

  /// The same into `batch`, whose memory is used again where it fits: on a GPU a recorded update
  /// then finds its inputs where they were.
  void SampleInto(std::int64_t batch_size, bool with_positive, Batch& batch);

  /// What the agent sees now: the stack of the running episode's newest frames, as stored: uint8
  /// [1, K*C, H, W] or float32 [1, K*D], on the replay's device. So no frame travels to a GPU
  /// twice. Throws std::logic_error between episodes.
  torch::Tensor NewestStack() const;

  /// Transitions that can be drawn.
  std::int64_t size() const { return end_ - begin_; }
  const ReplayOptions& options() const { return options_; }

  /// Everything that decides the future but the observations: transitions, counters, random
  /// streams.
  NamedTensors Save() const;

  /// Takes over what `Save` of a buffer with the same options gave; the observations
  /// first_id() .. next_id() - 1 must then be given by SetObservations. Throws std::runtime_error
  /// naming the tensor that is missing or of another shape or type.
  void Load(const NamedTensors& tensors);

  /// Observations are numbered 0, 1, 2, ... as they come; those before first_id() are overwritten.
  std::int64_t first_id() const { return std::max<std::int64_t>(0, next_id_ - slots_); }
  std::int64_t next_id() const { return next_id_; }

  /// The oldest that a transition which can be drawn, or the running episode's stack, is made of.
  std::int64_t oldest_needed_id() const {
    if (size() > 0) return oldest_id_[static_cast<std::size_t>(begin_ % options_.capacity)];
    return next_id_ - 1 - std::max<std::int64_t>(0, episode_history_);
  }

  /// Copies of the observations `begin` .. `end` - 1, on the CPU: uint8 [n, H, W, C] or float32 [n,
  /// D].
  torch::Tensor Observations(std::int64_t begin, std::int64_t end) const;

  /// Puts `observations`, like those of Observations, back at `begin` ... Throws std::runtime_error
  /// if they are of another shape or type, or not all in first_id() .. next_id() - 1.
  void SetObservations(std::int64_t begin, const torch::Tensor& observations);

 private:
  void Store(const torch::Tensor& observation);
  torch::Tensor DrawOffsets(std::int64_t batch_size);
  void Gather(const torch::Tensor& ids, const torch::Tensor& history, const torch::Tensor& offsets,
              torch::Tensor& out) const;

  ReplayOptions options_;
  std::int64_t slots_ = 0;
  torch::Tensor observations_;  // uint8 [slots, H, W, C] or float32 [slots, D]
  torch::Tensor index_;         // int64   [capacity, 2], a copy to the device a decision
  torch::Tensor transitions_;   // float32 [capacity, A+2], another
  torch::Tensor ids_;           // view of index_:       int64   [capacity]
  torch::Tensor history_;       // view of index_:       int64   [capacity], 0 .. frame_stack-1
  torch::Tensor action_;        // view of transitions_: float32 [capacity, A]
  torch::Tensor reward_;        // view of transitions_: float32 [capacity, 1]
  torch::Tensor not_terminal_;  // view of transitions_: float32 [capacity, 1]
  std::vector<std::int64_t> oldest_id_;  // [capacity], id - history, on the host

  std::int64_t next_id_ = 0;  // of the next observation
  std::int64_t episode_history_ =
      -1;                   // frames before the newest one in its episode; -1: no episode
  std::int64_t begin_ = 0;  // of the transitions that can be drawn
  std::int64_t end_ = 0;

  at::Generator index_stream_;
  at::Generator crop_stream_;
};

}  // namespace curl_rl::replay
