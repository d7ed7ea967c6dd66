// The symmetries of a square picture: two flips and quarter turns.
#pragma once

#include <torch/types.h>

namespace curl_rl::encoders {

/// One symmetry a row: flipped as said, then turned counter-clockwise. 16 of them, each of the
/// square's 8 symmetries twice.
struct Symmetries {
  torch::Tensor upside_down;  // bool [B], rows in reverse
  torch::Tensor mirrored;     // bool [B], columns in reverse
  torch::Tensor turns;        // int64 [B], quarter turns 0..3
};

/// Flips with probability 1/2 each and a turn, of `uniform` [B, 3] in [0, 1).
Symmetries SymmetriesOf(const torch::Tensor& uniform);

/// Which: float32 [B, 6], two flips and the turn as one of four. Neither flip, no turn: 0 0 1 0 0
/// 0.
torch::Tensor Indicator(const Symmetries& symmetries);

/// `pictures` [B, C, S, S], each by its own symmetry: the same values at other places.
torch::Tensor Apply(const Symmetries& symmetries, const torch::Tensor& pictures);

}  // namespace curl_rl::encoders
