// Buffers and logits of a queue of keys.
#include "encoders/objectives/key_queue.h"

#include "encoders/losses/softmax.h"

namespace curl_rl::encoders {

RingQueue RegisterQueue(torch::nn::Module& owner, std::int64_t size, std::int64_t dim) {
  auto queue = MakeRingQueue(size, dim, torch::kFloat32);
  owner.register_buffer("queue_rows", queue.rows);
  owner.register_buffer("queue_ids", queue.ids);
  owner.register_buffer("queue_pointer", queue.pointer);
  owner.register_buffer("queue_filled", queue.filled);
  return queue;
}

torch::Tensor LogitsOfQueue(const torch::Tensor& anchor, const RingQueue& queue,
                            const torch::Tensor& transitions, std::int64_t id_window,
                            double temperature) {
  const auto logits = DotLogits(Unit(anchor), queue.rows) / temperature;
  const auto near = SameObservation(transitions, queue.ids, id_window);
  return Without(logits, near.logical_or(EmptyRows(queue)));
}

torch::Tensor FilledShare(const RingQueue& queue) {
  return queue.filled.to(torch::kFloat32) / static_cast<double>(queue.rows.size(0));
}

}  // namespace curl_rl::encoders
