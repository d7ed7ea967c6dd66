// Every shipped method, in small, through the training loop: taken up between two of its updates it
// goes on bit for bit; and how often a config has updates made.
#include <gtest/gtest.h>

#include "experiments/config/config_files.h"
#include "experiments/config/config_reader.h"
#include "tests/experiments/training/trainer_fixture.h"

namespace curl_rl::experiments {
namespace {

// Small pictures, networks and stores; all else as the method has it.
ExperimentConfig InSmall(const std::string& method) {
  const std::vector<std::string> files = {"smoke.yaml", "methods/" + method + ".yaml"};
  const auto shipped = ReadConfig(  // with a budget that it fits into
      ConfigSources{files, {"env_steps=100000", "init_steps=1000", "agent.batch_size=8"}});
  std::vector<std::string> overrides = {
      "env_steps=160",   "eval_every=80",      "eval_episodes=1",      "log_every=80",
      "action_repeat=2", "init_steps=40",      "agent.batch_size=8",   "threads=1",
      "device=cpu",      "keep_checkpoints=9", "checkpoint_every=114", "replay_capacity=500"};
  if (shipped.agent.actor_critic == agents::ActorCriticKind::kDdpg) {
    overrides.emplace_back("agent.ddpg.hidden_dim=16");
  }
  if (shipped.initial_updates > 1) overrides.emplace_back("initial_updates=5");
  if (shipped.observation == Observation::kPixels) {
    overrides.insert(overrides.end(), {"environment.image_size=32", "agent.crop_size=28",
                                       "agent.encoder.num_layers=2"});
    if (!shipped.agent.augment.kinds.empty()) {
      overrides.emplace_back("agent.augment.translate.size=32");
    }
  }
  if (method == "pcl") {
    overrides.insert(overrides.end(), {"agent.pcl.clusters=2", "agent.pcl.warmup_steps=5",
                                       "agent.pcl.refresh_every=7", "agent.pcl.refresh_rows=16"});
  }
  if (method == "segmentation") {
    overrides.insert(overrides.end(),
                     {"agent.segmentation.refresh_every=7", "agent.segmentation.warmup_steps=5",
                      "agent.segmentation.refresh_rows=8", "agent.segmentation.anchors=64"});
  }
  if (method == "ore") {
    overrides.insert(overrides.end(),
                     {"agent.ore.start=5", "agent.ore.refresh_every=7", "agent.ore.store_size=4"});
  }
  return ReadConfig(ConfigSources{files, overrides});
}

class ShippedMethods : public TrainerTest, public testing::WithParamInterface<std::string> {};

TEST_P(ShippedMethods, GoOnBitForBit) {
  const auto config = InSmall(GetParam());
  const auto whole = Run(config, "whole");
  const auto broken = directory_.File("broken");
  std::filesystem::copy(whole, broken, std::filesystem::copy_options::recursive);
  Resume(config, broken, 114);
  ExpectSameRun(whole, broken, 160);
}

INSTANTIATE_TEST_SUITE_P(Each, ShippedMethods, testing::ValuesIn(ShippedConfigs("methods")),
                         [](const auto& test) { return test.param; });

TEST_F(TrainerTest, UpdatesComeAsOftenAsTheConfigSays) {
  const auto last = [&](const ExperimentConfig& config, const std::string& name) {
    return ReadTable(Run(config, name) + "/train.csv").back().at("gradient_step");
  };
  // 120 decisions, those from 40 on with updates.
  EXPECT_EQ(last(SmallConfig({"update_every=2"}), "half"), "40");
  EXPECT_EQ(last(SmallConfig({"update_every=3"}), "third"), "27");
  EXPECT_EQ(last(SmallConfig({"initial_updates=11"}), "burst"), "90");
}

}  // namespace
}  // namespace curl_rl::experiments
