// Plays the episodes side by side, one decision of the agent for all of them.
#include "experiments/training/evaluation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

namespace curl_rl::experiments {
namespace {

// A lane and the episode it plays.
struct Player {
  std::size_t lane;
  video::Recording* episode = nullptr;  // null: it rests
};

}  // namespace

std::vector<double> Evaluate(agents::Agent& agent, Lanes& lanes, std::int64_t episodes,
                             std::vector<video::Recording>* recordings,
                             const std::function<bool()>& stop) {
  std::vector<video::Recording> played(static_cast<std::size_t>(episodes));
  std::vector<Player> players;
  players.reserve(lanes.size());
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) players.push_back({lane});
  const bool several = lanes.size() > 1;
  std::vector<std::uint8_t> start;  // of the newest episode, with the random stream behind it
  if (several) start = lanes[0].Snapshot();

  for (auto next = played.begin();;) {
    // 1. Whoever rests begins the next episode.
    std::vector<Player*> playing;
    for (auto& player : players) {
      if (player.episode == nullptr && next != played.end()) {
        lanes.Do(player.lane,
                 [&](AgentView& view) { several ? view.ResetAfter(&start) : view.Reset(); });
        player.episode = &*next++;
      }
      if (player.episode != nullptr) playing.push_back(&player);
    }
    if (playing.empty()) break;
    if (stop && stop()) return {};

    // 2. One look of the agent at all of them.
    std::vector<torch::Tensor> stacks;
    stacks.reserve(playing.size());
    for (const auto* player : playing) stacks.push_back(lanes[player->lane].Stack());
    const auto actions = ActionsOf(agent.Act(torch::cat(stacks), agents::ActMode::kMean));

    // 3. All step.
    for (std::size_t i = 0; i < playing.size(); ++i) lanes.Step(playing[i]->lane, actions[i]);
    lanes.Finish();
    for (std::size_t i = 0; i < playing.size(); ++i) {
      auto& episode = playing[i]->episode;
      const auto& decision = lanes.decision(playing[i]->lane);
      episode->episode_return += decision.reward;
      if (recordings != nullptr) episode->actions.push_back(actions[i]);
      if (decision.last()) episode = nullptr;
    }
  }
  if (several) lanes[0].Restore(start);  // its stream is the one that is saved and goes on

  std::vector<double> returns;
  returns.reserve(played.size());
  for (const auto& episode : played) returns.push_back(episode.episode_return);
  if (recordings != nullptr)
    std::move(played.begin(), played.end(), std::back_inserter(*recordings));
  return returns;
}

MeanAndDeviation Summarize(const std::vector<double>& values) {
  MeanAndDeviation result;
  if (values.empty()) return result;
  const auto count = static_cast<double>(values.size());
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.deviation = std::sqrt(squares / (count - 1.0));
  return result;
}

}  // namespace curl_rl::experiments
