// A memory of the newest keys (He et al. 2020, MoCo), and the nearest of them (Dwibedi et al. 2021,
// NNCLR).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// A ring of rows. All four live on one device and are written in place, never replaced, so that
/// they can be an objective's registered buffers and part of a recorded graph.
struct RingQueue {
  torch::Tensor rows;     // [Q, D]
  torch::Tensor ids;      // int64 [Q], which observation a row shows
  torch::Tensor pointer;  // int64 scalar, the row that is written next: the oldest one
  torch::Tensor filled;   // int64 scalar, how many rows have been written, at most Q
};

/// An empty one: rows of zeros, ids -1.
RingQueue MakeRingQueue(std::int64_t size, std::int64_t dim, const torch::TensorOptions& options);

/// `rows` [B <= Q, D] and `ids` int64 [B] take the place of the oldest, across the ring's end too.
/// To be called after backward: a loss on the queue has saved it. Carries no gradient.
void Push(const RingQueue& queue, const torch::Tensor& rows, const torch::Tensor& ids);

/// Rows that were never written: bool [Q].
torch::Tensor EmptyRows(const RingQueue& queue);

struct NearestRows {
  torch::Tensor index;  // int64 [B], the lowest of equally near ones
  torch::Tensor rows;   // [B, D], no gradient
};

/// The support's row with the highest cosine to each query. `query` [B, D], not normalised;
/// `support` [Q, D] unit rows; `left_out` bool, broadcastable to [B, Q], or undefined: rows that
/// are not eligible. A query with no eligible row gets row 0: the caller's mask must leave it one.
/// NNCLR's loss (its eq. 2) is InfoNce(CosineLogits(rows, prediction, temperature)).
NearestRows Nearest(const torch::Tensor& query, const torch::Tensor& support,
                    const torch::Tensor& left_out = {});

}  // namespace curl_rl::encoders
