// What the lists of augmentations are written with: parameters, and numbers for one batch.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "encoders/augmentations.h"

namespace curl_rl::encoders::kinds {

using torch::Tensor;
using Spec = AugmentationSpec;
using Parameter = AugmentationParameter;

/// The parts of AugmentationKinds().
std::vector<AugmentationKind> GeometryKinds();
std::vector<AugmentationKind> ColorKinds();

inline Parameter Number(const char* name, double Spec::*member, double initial, double minimum,
                        double maximum, const char* meaning) {
  return {name, meaning, member, initial, minimum, maximum, {}};
}

inline Parameter Whole(const char* name, std::int64_t Spec::*member, std::int64_t initial,
                       std::int64_t minimum, std::int64_t maximum, const char* meaning) {
  return {
      name, meaning, member, initial, static_cast<double>(minimum), static_cast<double>(maximum),
      {}};
}

inline Parameter Choice(const char* name, std::string Spec::*member, const char* initial,
                        std::vector<std::string> choices, const char* meaning) {
  return {name, meaning, member, std::string(initial), 0.0, 0.0, std::move(choices)};
}

inline Parameter Probability(double initial) {
  return Number("probability", &Spec::probability, initial, 0.0, 1.0, "of a row to be changed");
}

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
