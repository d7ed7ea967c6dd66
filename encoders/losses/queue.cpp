// The ring of newest keys and the nearest of them.
#include "encoders/losses/queue.h"

#include <torch/utils.h>

#include <stdexcept>
#include <string>

#include "encoders/losses/checks.h"
#include "encoders/losses/similarity.h"

namespace curl_rl::encoders {
using torch::Tensor;

RingQueue MakeRingQueue(std::int64_t size, std::int64_t dim, const torch::TensorOptions& options) {
  const auto whole = torch::TensorOptions(torch::kInt64).device(options.device());
  RingQueue queue;
  queue.rows = torch::zeros({size, dim}, options);
  queue.ids = torch::full({size}, -1, whole);
  queue.pointer = torch::zeros({}, whole);
  queue.filled = torch::zeros({}, whole);
  return queue;
}

void Push(const RingQueue& queue, const Tensor& rows, const Tensor& ids) {
  const auto size = queue.rows.size(0);
  RequireShape("Push", "rows", rows, {-1, queue.rows.size(1)});
  RequireShape("Push", "ids", ids, {rows.size(0)});
  const auto batch = rows.size(0);
  if (batch > size) {
    throw std::invalid_argument("Push: got " + std::to_string(batch) + " rows, allowed at most " +
                                std::to_string(size) + ", the queue's size");
  }
  const torch::NoGradGuard no_grad;
  const auto places = (torch::arange(batch, queue.pointer.options()) + queue.pointer)
                          .remainder(size);  // [B], all different
  auto stored_rows = queue.rows, stored_ids = queue.ids;
  auto pointer = queue.pointer, filled = queue.filled;
  stored_rows.index_copy_(0, places, rows.to(stored_rows.dtype()));
  stored_ids.index_copy_(0, places, ids);
  pointer.add_(batch).remainder_(size);
  filled.add_(batch).clamp_max_(size);
}

Tensor EmptyRows(const RingQueue& queue) {
  return torch::arange(queue.rows.size(0), queue.filled.options()).ge(queue.filled);
}

NearestRows Nearest(const Tensor& query, const Tensor& support, const Tensor& left_out) {
  const torch::NoGradGuard no_grad;
  auto similarity = DotLogits(Unit(query), support);
  if (left_out.defined()) similarity = similarity.masked_fill(left_out, kLeftOut);
  NearestRows result;
  result.index = similarity.argmax(1);
  result.rows = support.index_select(0, result.index);
  return result;
}

}  // namespace curl_rl::encoders
