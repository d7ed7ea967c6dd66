// Encodings of views, remembered until their encoder moves.
#include "encoders/objective.h"

namespace curl_rl::encoders {

const torch::Tensor& Encodings::Pixels(const std::string& view) const {
  const auto made = made_.find(view);
  return made != made_.end() ? made->second : batch_.at(view);
}

// What was encoded without gradient is encoded again for whoever wants one.
torch::Tensor Encodings::MapsBy(Side& side, const std::string& view) {
  const bool gradient = torch::GradMode::is_enabled();
  auto& encoded = side.maps[view];
  if (!encoded.tensor.defined() || (gradient && !encoded.with_gradient)) {
    encoded = {side.encoder->Maps(Pixels(view)), gradient};
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
  auto features = FeaturesBy(key_, view);
  first_key_features_.emplace(view, features);
  return features;
}

torch::Tensor Encodings::FirstKeyFeatures(const std::string& view) {
  const auto first = first_key_features_.find(view);
  return first != first_key_features_.end() ? first->second : KeyFeatures(view);
}

void Encodings::ForgetOnline() {
  online_.maps.clear();
  online_.features.clear();
}

void Encodings::ForgetKeys() {
  key_.maps.clear();
  key_.features.clear();
}

torch::Tensor AsPictures(const torch::Tensor& maps, const EncoderOptions& encoder) {
  const auto side = MapSide(encoder);
  return maps.view({-1, side, side, encoder.num_filters}).permute({0, 3, 1, 2});
}

}  // namespace curl_rl::encoders
