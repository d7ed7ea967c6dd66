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

class SacAeUpdate : public testing::TestWithParam<std::string> {};

TEST_P(SacAeUpdate, TheDecoderGivesTheRecordedPicture) {
  const Recording recording("sac_ae", GetParam());
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

// What the settings stand for: each of them, turned, must leave the recorded path.
TEST_P(SacAeUpdate, NeitherPenaltyNorDecayIsIdle) {
  using Settings = encoders::SettingsOf<encoders::ReconstructionConfig>;
  // The largest difference of a parameter after the last update.
  const auto difference = [&](double encoders::ReconstructionConfig::*setting) {
    Recording recording("sac_ae", GetParam());
    dynamic_cast<Settings&>(*recording.config().objectives.at(0)).config.*setting = 0.0;
    const auto agent = recording.MakeAgent();
    std::string update;
    for (std::int64_t number = 1; number <= recording.Whole("updates"); ++number) {
      update = "update." + std::to_string(number);
      agent->UpdateOn(recording.InputOf(update), recording.NoiseOf(update));
    }
    const auto after = recording.under(update + ".after.");
    const auto ours = recording.StateLike(*agent, after);
    double largest = 0.0;
    for (const auto& [name, tensor] : after) {
      if (name.find(".norm") != std::string::npos) continue;
      const auto apart = (ours.at(name) - tensor).norm() / tensor.norm().clamp_min(1e-12);
      largest = std::max(largest, apart.item<double>());
    }
    return largest;
  };
  EXPECT_GT(difference(&encoders::ReconstructionConfig::weight_decay), kTolerance);
  EXPECT_GT(difference(&encoders::ReconstructionConfig::latent_penalty), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Recorded, SacAeUpdate, testing::ValuesIn(Recordings("sac_ae")),
                         [](const auto& test) { return std::to_string(test.index); });
// A folder of other recordings need not have one of SAC+AE.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SacAeUpdate);

}  // namespace
}  // namespace curl_rl::agents
