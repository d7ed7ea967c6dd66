// What the kinds of augmentations are written with: their functions, and numbers for one batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "encoders/augmentations.h"

namespace curl_rl::encoders::kinds {

using torch::Tensor;
using Spec = AugmentationSpec;

/// What a kind of the list does.
struct KindFunctions {
  const char* name;
  decltype(AugmentationKind::draw) draw;
  decltype(AugmentationKind::apply) apply;
};
std::vector<KindFunctions> GeometryKinds();
std::vector<KindFunctions> ColorKinds();

// Numbers for one batch, all from one stream.
class Source {
 public:
  Source(at::IntArrayRef sizes, const at::Generator& generator)
      : rows(sizes[0]), channels(sizes[1]), height(sizes[2]), width(sizes[3]), stream_(generator) {}

  Tensor Uniform(at::IntArrayRef sizes, double low, double high) {
    return low + (high - low) * torch::rand(sizes, stream_, Options(torch::kFloat32));
  }
  // Both ends included.
  Tensor Integers(at::IntArrayRef sizes, std::int64_t low, std::int64_t high) {
    return torch::randint(low, high + 1, sizes, stream_, Options(torch::kInt64));
  }
  Tensor Normal(at::IntArrayRef sizes) {
    return torch::randn(sizes, stream_, Options(torch::kFloat32));
  }
  // Places of something `length` long on a side: int64 [B], all places alike.
  Tensor Place(const Tensor& length, std::int64_t side) {
    const auto room = (side - length + 1).clamp_min(1);
    return torch::minimum((Uniform({rows}, 0.0, 1.0) * room).to(torch::kInt64), room - 1);
  }

  const std::int64_t rows, channels, height, width;

 private:
  torch::TensorOptions Options(torch::ScalarType dtype) const {
    return torch::TensorOptions(dtype).device(stream_.device());
  }
  at::Generator stream_;
};

inline Drawn Nothing(const Spec&, at::IntArrayRef, const at::Generator&) { return {}; }

}  // namespace curl_rl::encoders::kinds
