// A memory of the newest rows of each class (ORE's feature store, the region memory of pixel
// contrast).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace curl_rl::encoders {

/// A ring of rows a class. All three live on one device and are written in place, never replaced,
/// so that they can be an objective's registered buffers and part of a recorded graph.
struct ClassMemory {
  torch::Tensor rows;     // [C, R, D]
  torch::Tensor pointer;  // int64 [C], the row that is written next: the class's oldest one
  torch::Tensor filled;   // int64 [C], how many rows have been written, at most R
};

/// An empty one: rows of zeros.
ClassMemory MakeClassMemory(std::int64_t classes, std::int64_t rows, std::int64_t dim,
                            const torch::TensorOptions& options);

/// Each of `rows` [N, D] takes the place of the oldest of its class, `labels` int64 [N]; -1: it is
/// not stored. Of one class the later row is the newer one; of more than R the last R remain. To be
/// called after backward: a loss on the memory has saved it. Carries no gradient.
void PushOfClass(const ClassMemory& memory, const torch::Tensor& rows, const torch::Tensor& labels);

/// The class of each row of `memory.rows` seen as [C R, D]: int64 [C R], -1 where never written.
torch::Tensor LabelsOf(const ClassMemory& memory);

/// The mean of each class's rows, [C, D]; 0 where it has none.
torch::Tensor MeansOf(const ClassMemory& memory);

}  // namespace curl_rl::encoders
