// A tiny trained run probed from end to end, and the runs that cannot be.
#include "experiments/probe/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "agents/learner.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/csv.h"
#include "experiments/machine/process_setup.h"
#include "experiments/play/make_agent.h"
#include "experiments/probe/report.h"
#include "experiments/probe/representation.h"
#include "experiments/training/trainer.h"
#include "tests/experiments/temporary_directory.h"
#include "tests/experiments/training/small_run.h"

namespace curl_rl::probe {
namespace {

using experiments::SmallConfig;
using experiments::TemporaryDirectory;
using experiments::UsageError;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

void Train(const std::vector<std::string>& overrides, const TemporaryDirectory& folder) {
  const auto config = SmallConfig(overrides);
  folder.Write("config.yaml", experiments::WriteConfig(config));
  std::ostringstream out;
  experiments::Progress progress(out, false, config.env_steps, 0);
  experiments::SignalRequests requests;
  experiments::Trainer(config, torch::kCPU, folder.path()).Run(progress, requests);
}

ProbeOptions Options(const TemporaryDirectory& folder) {
  ProbeOptions options;
  options.run_dir = folder.path();
  options.play.episodes = 8;
  options.play.frames = 400;
  options.pairs = 64;
  options.replicates = 200;
  return options;
}

ProbeResult ProbeQuietly(const ProbeOptions& options) {
  return Probe(options, [](const std::string&) {});
}

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override {  // as the program does, before any work
    experiments::ExperimentConfig config;
    config.threads = 1;
    experiments::SetUpProcess(config);
  }
};

TEST_F(ProbeTest, MeasuresATrainedRunFromEndToEnd) {
  const TemporaryDirectory folder;
  Train({}, folder);
  const auto options = Options(folder);
  const auto result = ProbeQuietly(options);

  EXPECT_EQ(result.task, "toy_reach");
  EXPECT_EQ(result.env_step, 240);
  const Frames& frames = result.frames;
  EXPECT_EQ(frames.size(), 16 * 25);  // 50 steps an episode, each action held for two
  EXPECT_THAT(frames.state_names, testing::ElementsAre("position", "target"));
  EXPECT_THAT(frames.returns, testing::SizeIs(16));
  EXPECT_TRUE((frames.rewards >= 0.0).logical_and(frames.rewards <= 1.0).all().item<bool>());

  ASSERT_EQ(result.representations.size(), 3u);
  for (const auto& one : result.representations) {
    EXPECT_GT(one.dimensions, 0) << one.name;
    for (const auto& entry : one.regression.entries) {
      EXPECT_TRUE(std::isfinite(entry.all.value)) << one.name << " " << entry.name;
      EXPECT_LE(entry.all.low, entry.all.high);
    }
    EXPECT_GE(one.alignment, 0.0);
    EXPECT_LE(one.uniformity, 0.0);
    EXPECT_GE(one.effective_rank, 1.0);
    EXPECT_LE(one.effective_rank, static_cast<double>(one.dimensions));
    EXPECT_EQ(one.map.size(0), frames.size());
    EXPECT_GT(one.neighbour_distance, 0.0);
  }
  const auto& [encoder, untrained, pixels] =
      std::tie(result.representations[0], result.representations[1], result.representations[2]);
  EXPECT_EQ(encoder.dimensions, 50);
  EXPECT_EQ(untrained.dimensions, 50);
  EXPECT_EQ(pixels.dimensions, 50);
  EXPECT_NE(encoder.regression.mean.all.value, untrained.regression.mean.all.value);
  // The toy task draws the blobs where the state says: pixels tell the red one's place.
  EXPECT_GT(pixels.regression.entries[0].all.value, 0.8);
  EXPECT_THAT(result.warnings, testing::Contains(HasSubstr("within every episode: target.")));
  // Neighbours are of other episodes, the nearest first.
  const auto& found = result.neighbours;
  for (std::int64_t q = 0; q < found.query.size(0); ++q) {
    const auto own = frames.episode[found.query[q]].item<std::int64_t>();
    for (std::int64_t k = 0; k < found.nearest.size(1); ++k) {
      EXPECT_NE(frames.episode[found.nearest[q][k]].item<std::int64_t>(), own);
    }
  }

  const auto warnings = WriteProbe(result, options, folder.File("probe"));
  EXPECT_EQ(warnings, result.warnings);
  const auto html = folder.Read("probe/probe.html");
  EXPECT_THAT(html, HasSubstr("data:image/png;base64,"));
  for (const char* text : {"<script", "<link", "src=", "url(", "@import", "href=\"http"}) {
    EXPECT_THAT(html, Not(HasSubstr(text))) << text;
  }
  const auto json = nlohmann::json::parse(folder.Read("probe/probe.json"));
  EXPECT_EQ(json["representations"]["encoder"]["entries"]["position"]["r2"].get<double>(),
            encoder.regression.entries[0].all.value);
  EXPECT_EQ(json["representations"]["pixels"]["effective_rank"].get<double>(),
            pixels.effective_rank);
  for (const char* name : {"figures/r2.svg", "figures/map.svg", "figures/neighbours.svg",
                           "tables/measures.csv", "tables/r2.csv", "tables/r2.md", "tables/map.csv",
                           "tables/neighbours.csv", "manifest.json"}) {
    EXPECT_FALSE(folder.Read(std::string("probe/") + name).empty()) << name;
  }
  // Again: the same, and in the place of the earlier one.
  EXPECT_EQ(ToJson(ProbeQuietly(options), options), ToJson(result, options));
  WriteProbe(result, options, folder.File("probe"));
  folder.Write("probe/thesis.txt", "years of work");
  EXPECT_THAT([&] { WriteProbe(result, options, folder.File("probe")); },
              ThrowsMessage<experiments::InputError>(HasSubstr("thesis.txt")));
  EXPECT_EQ(folder.Read("probe/thesis.txt"), "years of work");
}

TEST_F(ProbeTest, RunsAreProbedOnTheSameRandomEpisodes) {
  const TemporaryDirectory longer, shorter;
  Train({}, longer);
  Train({"env_steps=120"}, shorter);
  const auto one = ProbeQuietly(Options(longer)), other = ProbeQuietly(Options(shorter));
  const auto stacks = [](const ProbeResult& result, bool random) {
    return result.frames.stacks.index_select(
        0, torch::nonzero(result.frames.random == random).squeeze(1));
  };
  EXPECT_TRUE(torch::equal(stacks(one, true), stacks(other, true)));
  EXPECT_FALSE(torch::equal(stacks(one, false), stacks(other, false)));
  EXPECT_NE(one.representations[0].effective_rank, other.representations[0].effective_rank);
}

TEST_F(ProbeTest, FeaturesAreThoseThatTheAgentActsOn) {
  const TemporaryDirectory folder;
  const auto config = SmallConfig({});
  const auto agent = experiments::MakeAgent(config, {32, 32, 3}, 1, torch::kCPU);
  EpisodeOptions play;
  play.episodes = 4;
  play.frames = 40;
  const auto frames = PlayHeldOut(config, *agent, play, [](std::int64_t) {});
  EXPECT_EQ(frames.size(), 40);  // five of each episode, evenly spaced
  EXPECT_EQ((frames.step[1] - frames.step[0]).item<std::int64_t>(), 5);
  const auto rows = torch::arange(frames.size(), torch::kInt64);
  auto& learner = dynamic_cast<agents::Learner&>(*agent);
  const auto features = Encode(frames, rows, CentreWindows(frames, 28), 28,
                               ByAgent("encoder", "", learner, 1, torch::kCPU));
  // What it acts on: the middle of the frames as rendered.
  const auto seen = agent->Inspect(frames.stacks.permute({0, 3, 1, 2})).seen;
  const auto expected = learner.Evaluate(seen, torch::zeros({frames.size(), 1})).features;
  EXPECT_TRUE(torch::allclose(features, expected.to(torch::kFloat64), 1e-5, 1e-5));
}

TEST_F(ProbeTest, RefusesInWordsWhatCannotBeProbed) {
  const TemporaryDirectory none, state, pixels;
  EXPECT_THROW(ProbeQuietly(Options(none)), UsageError);  // no config.yaml
  none.Write("config.yaml", experiments::WriteConfig(SmallConfig({})));
  EXPECT_THAT([&] { ProbeQuietly(Options(none)); },
              ThrowsMessage<std::runtime_error>(HasSubstr("there is no checkpoint")));
  state.Write("config.yaml", experiments::WriteConfig(
                                 SmallConfig({"observation=state", "agent.contrastive=none"})));
  EXPECT_THAT([&] { ProbeQuietly(Options(state)); },
              ThrowsMessage<UsageError>(HasSubstr("no encoder to probe")));
  Train({}, pixels);
  auto options = Options(pixels);
  options.checkpoint = "77";
  EXPECT_THAT([&] { ProbeQuietly(options); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no checkpoint '77'")));
  options = Options(pixels);
  options.play.frames = 80;
  EXPECT_THAT([&] { ProbeQuietly(options); },
              ThrowsMessage<UsageError>(HasSubstr("too few frames for the regression: 80")));
  options = Options(pixels);
  options.play.target = Target::kPhysics;
  EXPECT_THAT([&] { ProbeQuietly(options); },
              ThrowsMessage<UsageError>(HasSubstr("not simulated by MuJoCo")));
}

}  // namespace
}  // namespace curl_rl::probe
