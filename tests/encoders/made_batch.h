// What a batch made by a test needs beside its pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "replay/view.h"

namespace curl_rl::encoders {

/// Adds to `batch` all that a replay would but pictures, for `rows` observations, drawn from
/// `stream` on the CPU: transitions begin at `transition` and belong to one episode.
inline void AddNumbers(const std::vector<replay::View>& views, std::int64_t horizon,
                       std::int64_t rows, std::int64_t action_size, std::int64_t transition,
                       at::Generator stream, replay::Batch& batch) {
  auto& tensors = batch.tensors;
  tensors["action"] = torch::rand({rows, action_size}, stream) * 2 - 1;
  tensors["reward"] = torch::rand({rows, 1}, stream);
  tensors["bootstrap"] = torch::full({rows, 1}, 0.99);
  tensors["transition"] = torch::arange(rows) + transition;
  tensors["episode_step"] = torch::arange(rows);
  std::int64_t apart = 3;  // windows of a view lie unlike those of another
  for (const auto& view : views) {
    const auto places = torch::arange(2 * rows).view({rows, 2}) * apart++;
    tensors[view.name + ".offsets"] = places.remainder(5);
    if (view.of != replay::ViewOf::kAhead) continue;
    auto ahead = torch::full({rows}, view.ahead, torch::kInt64);
    if (rows > 3) ahead[rows - 1] = 1;  // the last row's episode ends
    tensors[view.name + ".ahead"] = ahead;
  }
  if (horizon == 0) return;
  tensors["horizon.action"] = torch::rand({rows, horizon, action_size}, stream) * 2 - 1;
  tensors["horizon.reward"] = torch::rand({rows, horizon}, stream);
  tensors["horizon.steps"] = torch::full({rows}, horizon, torch::kInt64);
}

}  // namespace curl_rl::encoders
