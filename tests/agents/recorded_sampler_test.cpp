// DrQ-v2's n-step windows on recorded episodes: exactly those of the reference's sampler.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "replay/replay_buffer.h"
#include "tests/agents/method_recording.h"

namespace curl_rl::agents {
namespace {

// Wherever a window may start.
TEST(RecordedSampler, NStepWindowsAreTheReferences) {
  for (const auto& file : Recordings("drqv2")) {
    const auto tensors = ReadRecording(file);
    for (int number = 0; tensors.count("nstep." + std::to_string(number) + ".episode.reward") > 0;
         ++number) {
      const auto prefix = "nstep." + std::to_string(number) + ".";
      const auto episode = Under(tensors, prefix + "episode.");
      const auto steps = episode.at("reward").size(0) - 1;  // the first row is the reset
      replay::ReplayOptions options;
      options.observation_shape = {1};
      options.action_size = episode.at("action").size(1);
      options.capacity = 100;
      options.frame_stack = 1;
      replay::ReplayBuffer replay(options);
      replay.BeginEpisode(episode.at("observation")[0].to(torch::kFloat32));
      for (std::int64_t t = 1; t <= steps; ++t) {
        std::vector<double> action;
        for (std::int64_t a = 0; a < options.action_size; ++a) {
          action.push_back(episode.at("action")[t][a].item<double>());
        }
        const bool terminated = episode.at("discount")[t].item<double>() == 0.0;
        replay.Add(episode.at("observation")[t].to(torch::kFloat32), action,
                   episode.at("reward")[t].item<double>(), terminated, !terminated && t == steps);
      }
      for (const std::int64_t n : {1, 3}) {
        const auto recorded = Under(tensors, prefix + std::to_string(n) + ".");
        replay::BatchSpec spec;
        spec.batch_size = 400;
        spec.n_step = n;
        spec.whole_windows = true;
        for (const char* name : {"observation", "next_observation"}) {
          replay::View view;
          view.name = name;
          if (view.name[0] == 'n') view.of = replay::ViewOf::kNext;
          spec.views.push_back(view);
        }
        const auto batch = replay.Sample(spec);
        const auto& first = batch.at("transition");
        EXPECT_EQ(first.min().item<std::int64_t>(), 0);
        EXPECT_EQ(first.max().item<std::int64_t>(), steps - n);
        for (std::int64_t i = 0; i < recorded.at("index").size(0); ++i) {
          // Their index is that of the row that the action led to.
          const auto row = first.eq(recorded.at("index")[i] - 1).nonzero()[0][0];
          const auto same = [&](const char* ours, const char* theirs) {
            EXPECT_TRUE(torch::equal(batch.at(ours)[row.item<std::int64_t>()],
                                     recorded.at(theirs)[i].to(torch::kFloat32)))
                << prefix << n << ' ' << ours;
          };
          same("observation", "obs");
          same("action", "action");
          same("reward", "reward");
          same("bootstrap", "discount");
          same("next_observation", "next_obs");
        }
      }
    }
  }
}

}  // namespace
}  // namespace curl_rl::agents
