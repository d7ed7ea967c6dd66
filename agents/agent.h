// The contract between an agent and the training loop.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/named_tensors.h"
#include "replay/replay_buffer.h"

namespace curl_rl::agents {

using replay::NamedTensors;

enum class ActMode {
  kSample,  // explore: draw from the policy
  kMean,    // evaluate: the policy's mean, no randomness
};

/// What an agent makes of a batch of observations, for people who watch it. All on the CPU.
struct Insight {
  torch::Tensor seen;    // what its networks are given: uint8 [N, C, h, w] or float32 [N, D]
  torch::Tensor action;  // float64 [N, A] what Act chooses without randomness
  torch::Tensor q1;      // float32 [N] the critic's two values of `action`
  torch::Tensor q2;      // float32 [N]
  torch::Tensor policy_entropy;  // float32 [N] nats, of the policy before it is squashed
};

/// Numbers that an update measured.
struct Metrics {
  std::vector<std::string> names;
  torch::Tensor values;  // float64 [names.size()] on the learner's device
};

/// Not thread-safe: one owner calls everything.
class Agent {
 public:
  virtual ~Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Decisions of the run so far, for what depends on them (exploration that fades, settings that
  /// count decisions). The loop tells it before each decision and its updates.
  virtual void SetAgentStep(std::int64_t /*agent_step*/) {}

  /// `observation`: uint8 [N, C, H, W] as rendered (the agent crops the centre) or float32 [N, D],
  /// on the CPU or the learner's device. Returns float64 [N, A] in [-1, 1] on the CPU.
  virtual torch::Tensor Act(const torch::Tensor& observation, ActMode mode) = 0;

  /// Acts on `observation`, as given to Act, without randomness, and tells why. Changes nothing.
  virtual Insight Inspect(const torch::Tensor& observation) = 0;

  /// One gradient step on a batch of its own choosing from `replay`: it knows its views, the replay
  /// knows the frames. The metrics are valid until the next update; reading them waits for the
  /// device: read them only where they are logged. Throws std::logic_error if the replay is empty.
  virtual Metrics Update(replay::ReplayBuffer& replay) = 0;

  /// The batch of the last update, for whoever must explain it.
  virtual const replay::Batch& batch() const = 0;

  /// Updates done.
  virtual std::int64_t gradient_step() const = 0;

  /// All names that Update's metrics can have, in the order of a log's columns.
  virtual std::vector<std::string> metric_names() const = 0;

  /// Parameters and buffers alone: what others take from a trained agent.
  virtual NamedTensors Weights() const = 0;

  /// Everything that decides the future: weights, optimiser states, random streams, counters.
  virtual NamedTensors Save() const = 0;

  /// Takes over what `Save` of an agent with the same settings gave. Throws std::runtime_error
  /// naming the tensor that is missing or of another shape; the agent is then unchanged.
  virtual void Load(const NamedTensors& tensors) = 0;

 protected:
  Agent() = default;
};

}  // namespace curl_rl::agents
