// A queue of keys as buffers of an objective.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "encoders/losses/queue.h"

namespace curl_rl::encoders {

/// An empty queue, float32, whose tensors are buffers of `owner`: queue_rows, queue_ids,
/// queue_pointer, queue_filled. What it does to them, it does in place.
RingQueue RegisterQueue(torch::nn::Module& owner, std::int64_t size, std::int64_t dim);

/// Logits cosine/temperature of `anchor` [B, D] against the queue's unit rows, [B, Q]. Left out are
/// empty rows and those of transitions within `id_window` of the anchor's own (int64 [B]).
torch::Tensor LogitsOfQueue(const torch::Tensor& anchor, const RingQueue& queue,
                            const torch::Tensor& transitions, std::int64_t id_window,
                            double temperature);

/// The share of the queue that has been written: float32 scalar.
torch::Tensor FilledShare(const RingQueue& queue);

}  // namespace curl_rl::encoders
