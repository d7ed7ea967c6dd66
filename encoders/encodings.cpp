// Encodings of views, remembered until their encoder moves.
#include <torch/utils.h>

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

namespace {

std::string NameOfAll(const std::vector<std::string>& views) {
  std::string name;
  for (const auto& view : views) name += (name.empty() ? "" : "+") + view;
  return name;
}

}  // namespace

torch::Tensor Encodings::MapsBy(Side& side, const std::vector<std::string>& views) {
  if (views.size() == 1) return MapsBy(side, views[0]);
  const bool gradient = torch::GradMode::is_enabled();
  auto& all = side.maps[NameOfAll(views)];
  if (all.tensor.defined() && (!gradient || all.with_gradient)) return all.tensor;
  std::vector<torch::Tensor> pixels;
  for (const auto& view : views) pixels.push_back(Pixels(view));
  all = {side.encoder->Maps(torch::cat(pixels)), gradient};
  const auto parts = all.tensor.chunk(static_cast<std::int64_t>(views.size()));
  for (std::size_t i = 0; i < views.size(); ++i) side.maps[views[i]] = {parts[i], gradient};
  return all.tensor;
}

torch::Tensor Encodings::FeaturesBy(Side& side, const std::vector<std::string>& views) {
  if (views.size() == 1) return FeaturesBy(side, views[0]);
  const bool gradient = torch::GradMode::is_enabled();
  auto& all = side.features[NameOfAll(views)];
  if (all.tensor.defined() && (!gradient || all.with_gradient)) return all.tensor;
  all = {side.encoder->Features(MapsBy(side, views)), gradient};
  const auto parts = all.tensor.chunk(static_cast<std::int64_t>(views.size()));
  for (std::size_t i = 0; i < views.size(); ++i) side.features[views[i]] = {parts[i], gradient};
  return all.tensor;
}

torch::Tensor Encodings::KeyFeaturesOfAll(const std::vector<std::string>& views) {
  torch::NoGradGuard no_grad;
  auto features = FeaturesBy(key_, views);
  for (const auto& view : views) {
    first_key_features_.emplace(view, key_.features.at(view).tensor);
  }
  return features;
}

torch::Tensor Encodings::KeyFeaturesOfOnlineMaps(const std::string& view) {
  torch::NoGradGuard no_grad;
  return key_.encoder->Features(Maps(view));
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
