// Encodings of views, remembered until their encoder moves.
#include "encoders/objective.h"

namespace curl_rl::encoders {

// What was encoded without gradient is encoded again for whoever wants one.
torch::Tensor Encodings::MapsBy(Side& side, const std::string& view) {
  const bool gradient = torch::GradMode::is_enabled();
  auto& encoded = side.maps[view];
  if (!encoded.tensor.defined() || (gradient && !encoded.with_gradient)) {
    encoded = {side.encoder->Maps(batch_.at(view)), gradient};
  }
  return encoded.tensor;
}

torch::Tensor Encodings::FeaturesBy(Side& side, const std::string& view) {
  const bool gradient = torch::GradMode::is_enabled();
  auto& encoded = side.features[view];
  if (!encoded.tensor.defined() || (gradient && !encoded.with_gradient)) {
    encoded = {side.encoder->Features(MapsBy(side, view)), gradient};
  }
  return encoded.tensor;
}

torch::Tensor Encodings::KeyMaps(const std::string& view) {
  torch::NoGradGuard no_grad;
  return MapsBy(key_, view);
}

torch::Tensor Encodings::KeyFeatures(const std::string& view) {
  torch::NoGradGuard no_grad;
  return FeaturesBy(key_, view);
}

void Encodings::ForgetOnline() {
  online_.maps.clear();
  online_.features.clear();
}

void Encodings::ForgetKeys() {
  key_.maps.clear();
  key_.features.clear();
}

}  // namespace curl_rl::encoders
