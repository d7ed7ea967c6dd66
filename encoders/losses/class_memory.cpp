// Rings of rows, one a class, filled by rows of all classes at once.
#include "encoders/losses/class_memory.h"

#include <torch/utils.h>

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

// Which rows of each class have been written: bool [C, R].
Tensor Written(const ClassMemory& memory) {
  const auto place = torch::arange(memory.rows.size(1), memory.filled.options());
  return place.unsqueeze(0).lt(memory.filled.unsqueeze(1));
}

}  // namespace

ClassMemory MakeClassMemory(std::int64_t classes, std::int64_t rows, std::int64_t dim,
                            const torch::TensorOptions& options) {
  const auto whole = torch::TensorOptions(torch::kInt64).device(options.device());
  ClassMemory memory;
  memory.rows = torch::zeros({classes, rows, dim}, options);
  memory.pointer = torch::zeros({classes}, whole);
  memory.filled = torch::zeros({classes}, whole);
  return memory;
}

void PushOfClass(const ClassMemory& memory, const Tensor& rows, const Tensor& labels) {
  const auto classes = memory.rows.size(0), ring = memory.rows.size(1);
  RequireShape("PushOfClass", "rows", rows, {-1, memory.rows.size(2)});
  RequireShape("PushOfClass", "labels", labels, {rows.size(0)});
  const torch::NoGradGuard no_grad;
  const auto all = torch::arange(classes, memory.pointer.options());
  const auto member = labels.unsqueeze(1).eq(all.unsqueeze(0)).to(torch::kInt64);  // [N, C]
  const auto count = member.sum(0);                                                // [C]
  const auto own = labels.clamp_min(0);
  const auto rank = member.cumsum(0).gather(1, own.unsqueeze(1)).squeeze(1) - 1;  // in its class
  const auto place = (memory.pointer.index_select(0, own) + rank).remainder(ring);
  const auto stays = labels.ge(0).logical_and((count.index_select(0, own) - rank).le(ring));
  // What is not stored is written to one row more, which is cut off: shapes hang on no data.
  const auto beyond = torch::full_like(labels, classes * ring);
  const auto wide =
      torch::cat({memory.rows.flatten(0, 1), torch::zeros_like(memory.rows[0][0]).unsqueeze(0)});
  wide.index_copy_(0, torch::where(stays, own * ring + place, beyond), rows.to(wide.dtype()));
  auto stored = memory.rows, pointer = memory.pointer, filled = memory.filled;
  stored.copy_(wide.narrow(0, 0, classes * ring).view_as(stored));
  pointer.add_(count).remainder_(ring);
  filled.add_(count).clamp_max_(ring);
}

Tensor LabelsOf(const ClassMemory& memory) {
  const auto classes = torch::arange(memory.rows.size(0), memory.filled.options()).unsqueeze(1);
  return torch::where(Written(memory), classes, torch::full_like(classes, -1)).flatten();
}

Tensor MeansOf(const ClassMemory& memory) {
  const auto written = Written(memory).unsqueeze(2).to(memory.rows.dtype());
  return (memory.rows * written).sum(1) / memory.filled.clamp_min(1).unsqueeze(1);
}

}  // namespace curl_rl::encoders
