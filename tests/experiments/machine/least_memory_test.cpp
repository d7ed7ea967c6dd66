// What a run needs at least: refused with its largest parts where it cannot be had.
#include "experiments/machine/least_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kGigabyte = 1'000'000'000;

// Each of these was accepted once and killed by a limit of 3 GB, some after hours of work. The
// largest part must be the one whose key was set.
TEST(LeastMemory, WhatCannotFitIsRefusedByItsKey) {
  struct Case {
    std::vector<std::string> overrides;
    std::string part;
  };
  const Case cases[] = {
      {{"agent.sac.hidden_dim=20000"}, ": agent "},
      {{"agent.encoder.feature_dim=65536"}, ": agent "},
      {{"agent.encoder.num_filters=4096"}, "agent.encoder.num_filters"},
      {{"agent.batch_size=65536", "init_steps=66000", "env_steps=600000"}, ": update "},
      {{"environment.image_size=1000", "agent.crop_size=900", "agent.batch_size=128"}, "update "},
      {{"environment.image_size=4096", "agent.crop_size=28", "env_steps=8800"}, ": replay "},
      {{"environment.shadow_size=16384", "eval_environments=10"}, ": drawing "},
      {{"environments=1000", "action_repeat=1", "replay_capacity=1000"}, ": drawing "},
      {{"video_every=1000", "video_episodes=36", "video_size=1280"}, ": videos "}};
  for (const auto& one : cases) {
    ExperimentConfig config;
    try {
      config = ReadConfig("", one.overrides);
    } catch (const std::exception& error) {
      FAIL() << one.overrides.front() << ": " << error.what();
    }
    EXPECT_THAT(
        [&] {
          CheckMemory(LeastMemory(config, true), {3 * kGigabyte, "ulimit -v"});
        },
        ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("this run needs at least "),
                                                HasSubstr(one.part),
                                                HasSubstr("3.00 GB can be had (ulimit -v)"))))
        << one.overrides.front();
  }
}

// A run from pixels began under `ulimit -v 1500000`, and OpenGL ended it in the middle of a frame.
TEST(LeastMemory, OpenGlsLibrariesCountWhereMappingsAreLimited) {
  const auto pixels = ReadConfig("", {"environment.image_size=100", "env_steps=20000"});
  const auto state = ReadConfig("", {"observation=state", "agent.objectives=[]"});
  const auto more = [](const ExperimentConfig& config, const std::string& by) {
    return Total(LeastMemory(config, true, {kGigabyte, by})) - Total(LeastMemory(config, true));
  };
  EXPECT_EQ(more(pixels, "ulimit -v"), 280'000'000);
  EXPECT_EQ(more(pixels, "ulimit -d"), 120'000'000);
  EXPECT_EQ(more(pixels, "the machine"), 0);
  EXPECT_EQ(more(state, "ulimit -v"), 0);
}

TEST(LeastMemory, WhatFitsIsToldInALine) {
  const auto config = ReadConfig("", {"observation=state", "agent.objectives=[]",
                                      "agent.sac.hidden_dim=256", "env_steps=10000"});
  const auto parts = LeastMemory(config, true);
  EXPECT_LT(Total(parts), 300'000'000);
  CheckMemory(parts, {kGigabyte, "the machine"});
  EXPECT_THAT(MemoryLine(parts, {kGigabyte, "the machine"}),
              HasSubstr(" MB of 1.00 GB (the machine)"));
}

TEST(LeastMemory, WhatLearnsOnAGpuTakesLittleHere) {
  const ExperimentConfig config;
  EXPECT_GT(Total(LeastMemory(config, true)), 2 * kGigabyte);
  EXPECT_LT(Total(LeastMemory(config, false)), kGigabyte);
}

// Every number of a config at its largest: nothing overflows.
TEST(LeastMemory, NoKeysLargestValueOverflows) {
  ExperimentConfig config;
  for (const auto& setting : config.Describe()) {
    if (auto* const* number = std::get_if<std::int64_t*>(&setting.value)) {
      **number = static_cast<std::int64_t>(setting.allowed.max);
    }
  }
  config.action_repeat = 1;
  for (const auto& part : LeastMemory(config, true)) EXPECT_GT(part.bytes, 0) << part.what;
  EXPECT_GT(Total(LeastMemory(config, true)), 1000 * kGigabyte);
}

}  // namespace
}  // namespace curl_rl::experiments
