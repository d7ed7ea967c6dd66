// Configs of earlier versions are read to what they meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/earlier_keys.h"
#include "experiments/config/recorded.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

// A resolved config.yaml of the first version that had one: every key, flat.
TEST(EarlierConfigs, ReadToTheSameValues) {
  const ExperimentConfig curl =
      ReadConfig(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/curl.yaml", {});
  EXPECT_EQ(curl.env_steps, 100000);
  EXPECT_EQ(curl.agent.batch_size, 128);
  EXPECT_EQ(curl.agent.encoder.num_layers, 4);
  EXPECT_EQ(curl.agent.encoder.num_filters, 32);
  EXPECT_EQ(curl.agent.encoder.feature_dim, 50);
  EXPECT_EQ(curl.agent.encoder.conv_init, encoders::ConvInit::kDeltaOrthogonal);
  EXPECT_EQ(curl.agent.encoder.tau, 0.05);
  EXPECT_EQ(curl.agent.sac.hidden_dim, 1024);
  EXPECT_EQ(curl.agent.sac.temperature_beta1, 0.5);
  EXPECT_EQ(curl.agent.sac.actor_update_freq, 2);
  EXPECT_EQ(curl.agent.schedule, agents::Schedule::kJoint);
  EXPECT_EQ(curl.agent.precision, agents::Precision::kBFloat16);
  ASSERT_EQ(curl.agent.objectives.size(), 1u);
  EXPECT_EQ(curl.agent.objectives[0]->info().name, "curl");
  EXPECT_EQ(curl.agent.objectives[0]->common.lr, 1e-3);
  EXPECT_EQ(curl.agent.objectives[0]->common.encoder_lr_scale, 2);
  EXPECT_EQ(curl.agent.objectives[0]->common.update_freq, 1);

  // With its keys of the part that it does not choose.
  const ExperimentConfig state =
      ReadConfig(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/sac_state.yaml", {});
  EXPECT_EQ(state.observation, Observation::kState);
  EXPECT_TRUE(state.agent.objectives.empty());
  EXPECT_EQ(state.agent.sac.hidden_dim, 256);
  EXPECT_EQ(state.action_repeat, 4);
  EXPECT_EQ(state.frame_stack, 1);
}

TEST(EarlierConfigs, EveryKeyHasAPlaceToday) {
  for (const char* name : {"curl", "sac_state"}) {
    const std::string path =
        std::string(CURL_RL_SOURCE_DIR "/tests/golden/earlier_configs/") + name + ".yaml";
    const auto recorded = RecordedConfig(ReadTextFile(path), path);
    ExperimentConfig config = ReadConfig(path, {});
    const envs::Settings settings = config.Describe();
    const EveryKey keys;
    const YAML::Node root = YAML::LoadFile(path);
    const auto check = [&](const std::string& key, const std::string& text) {
      const std::string today = FindKey(key, keys.settings()).key;
      ASSERT_NE(today, "") << key;
      const auto* setting = FindSetting(settings, today);
      if (setting == nullptr || key == "agent.contrastive") return;  // not chosen; renamed values
      EXPECT_EQ(recorded.at(today), text.empty() ? "" : text) << key;
      EXPECT_EQ(ValueText(*setting), text.empty() ? "\"\"" : text) << key;
    };
    for (const auto& entry : root) {
      const std::string section = entry.first.Scalar();
      if (entry.second.IsScalar()) check(section, entry.second.Scalar());
      if (!entry.second.IsMap()) continue;
      for (const auto& inner : entry.second) {
        check(section + "." + inner.first.Scalar(), inner.second.Scalar());
      }
    }
  }
}

TEST(EarlierConfigs, OverridesOfEarlierKeysHold) {
  const ExperimentConfig config =
      ReadConfig("", {"agent.hidden_dim=64", "agent.encoder_lr=0.01", "agent.encoder_tau=0.25"});
  EXPECT_EQ(config.agent.sac.hidden_dim, 64);
  EXPECT_EQ(config.agent.objectives[0]->common.lr, 0.01);
  EXPECT_EQ(config.agent.encoder.tau, 0.25);
  EXPECT_TRUE(ReadConfig("", {"agent.contrastive=none"}).agent.objectives.empty());
}

}  // namespace
}  // namespace curl_rl::experiments
