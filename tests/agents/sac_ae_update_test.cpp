// What SAC+AE's recorded updates say beyond their numbers (recorded_updates_test compares those):
// the decoder's picture, and that penalty and decay are at work.
//
// The recording's latent penalty and weight decay are larger than the defaults, which a few updates
// could not show. Its convolutions' maps are all 0, so nothing of it says that the loss reaches
// them: objectives_test does.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>

#include "agents/learner.h"
#include "encoders/objectives/pixel_decoder.h"
#include "tests/agents/method_recording.h"

namespace curl_rl::agents {
namespace {

void ExpectTheRecordedPicture(const Recording& recording) {
  encoders::EncoderOptions options;
  options.channels = recording.at("update.1.input.obs").size(1);
  options.image_size = recording.config().crop_size;
  options.num_layers = recording.config().encoder.num_layers;
  options.num_filters = recording.config().encoder.num_filters;
  options.feature_dim = recording.config().encoder.feature_dim;
  encoders::PixelDecoder decoder(options, at::detail::createCPUGenerator(1));
  const auto last = "update." + std::to_string(recording.Whole("updates")) + ".after.";
  const torch::NoGradGuard no_grad;
  for (const auto& item : decoder->named_parameters()) {
    const std::string theirs = item.key().find("linear") == 0 ? "decoder.fc." : "decoder.deconvs.";
    item.value().copy_(recording.at(last + theirs + item.key().substr(item.key().find('.') + 1)));
  }
  const auto pictures = decoder(recording.at("final.z"));
  ExpectEqual(pictures[0], recording.at("final.reconstruction"), "final.reconstruction");
}

TEST(SacAeUpdate, TheDecoderGivesTheRecordedPicture) {
  for (const auto& file : Recordings("sac_ae")) {
    SCOPED_TRACE(file);
    ExpectTheRecordedPicture(Recording("sac_ae", file));
  }
}

// The largest difference of a parameter after the last update where `setting` is 0 instead.
double DifferenceWithout(const std::string& file, double encoders::ReconstructionConfig::*setting) {
  Recording recording("sac_ae", file);
  using Settings = encoders::SettingsOf<encoders::ReconstructionConfig>;
  dynamic_cast<Settings&>(*recording.config().objectives.at(0)).config.*setting = 0.0;
  const auto agent = recording.MakeAgent();
  const auto updates = recording.Whole("updates");
  for (std::int64_t number = 1; number <= updates; ++number) recording.Replay(*agent, number);
  const auto after = recording.under("update." + std::to_string(updates) + ".after.");
  const auto ours = recording.StateLike(*agent, after);
  double largest = 0.0;
  for (const auto& [name, tensor] : after) {
    if (name.find(".norm") != std::string::npos) continue;
    const auto apart = (ours.at(name) - tensor).norm() / tensor.norm().clamp_min(1e-12);
    largest = std::max(largest, apart.item<double>());
  }
  return largest;
}

// What the settings stand for: each of them, turned, must leave the recorded path.
TEST(SacAeUpdate, NeitherPenaltyNorDecayIsIdle) {
  using encoders::ReconstructionConfig;
  for (const auto& file : Recordings("sac_ae")) {
    SCOPED_TRACE(file);
    EXPECT_GT(DifferenceWithout(file, &ReconstructionConfig::weight_decay), kTolerance);
    EXPECT_GT(DifferenceWithout(file, &ReconstructionConfig::latent_penalty), kTolerance);
  }
}

}  // namespace
}  // namespace curl_rl::agents
