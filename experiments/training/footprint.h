// What a run needs of memory, before it runs. No LibTorch header is needed to ask.
#pragma once

#include <cstdint>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// Bytes, wherever the run learns.
struct Footprint {
  // Frames and transitions, when it is full; compressed frames as if they took a third of their
  // bytes (ObservationRing::kAssumedShare).
  std::int64_t replay = 0;
  std::int64_t agent = 0;  // parameters, copies, optimisers' moments: all that it saves
  std::int64_t update =
      0;  // at most alive in an update beside these: batch, activations, gradients
};

/// Asks the run's own parts: the replay says what it would take; the agent is made, on the host,
/// and updated on a few transitions of noise, and what that allocates is counted. So every method
/// is measured, whatever it is made of. Takes a second or two. Throws what making the environment
/// and the agent throws. Defined only where the program is built with LibTorch
/// (CURL_RL_WITH_TORCH).
Footprint FootprintOf(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
