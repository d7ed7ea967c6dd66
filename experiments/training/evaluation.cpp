// Plays the episodes side by side, one decision of the agent for all of them.
#include "experiments/training/evaluation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

namespace curl_rl::experiments {
namespace {

// An environment and the episode it plays.
struct Player {
  AgentView* view;
  video::Recording* episode = nullptr;  // null: it rests

  void Step(const std::vector<double>& action, bool record) {
    const auto decision = view->Step(action);
    episode->episode_return += decision.reward;
    if (record) episode->actions.push_back(action);
    if (decision.last()) episode = nullptr;
  }
};

}  // namespace

std::vector<double> Evaluate(agents::Agent& agent, std::vector<AgentView>& views,
                             std::int64_t episodes, std::vector<video::Recording>* recordings,
                             const std::function<bool()>& stop) {
  std::vector<video::Recording> played(static_cast<std::size_t>(episodes));
  std::vector<Player> players;
  players.reserve(views.size());
  for (auto& view : views) players.push_back({&view});
  const bool several = views.size() > 1;
  std::vector<std::uint8_t> start;  // of the newest episode, with the random stream behind it
  if (several) start = views.front().Snapshot();

  for (auto next = played.begin();;) {
    // 1. Whoever rests begins the next episode.
    std::vector<Player*> playing;
    for (auto& player : players) {
      if (player.episode == nullptr && next != played.end()) {
        several ? player.view->ResetAfter(&start) : player.view->Reset();
        player.episode = &*next++;
      }
      if (player.episode != nullptr) playing.push_back(&player);
    }
    if (playing.empty()) break;
    if (stop && stop()) return {};

    // 2. One look of the agent at all of them.
    std::vector<torch::Tensor> stacks;
    stacks.reserve(playing.size());
    for (const auto* player : playing) stacks.push_back(player->view->Stack());
    const auto actions = agent.Act(torch::cat(stacks), agents::ActMode::kMean);

    // 3. All step. Here a thread has the same environments, and so their GL contexts, every time.
    at::parallel_for(0, static_cast<std::int64_t>(playing.size()), /*grain_size=*/1,
                     [&](std::int64_t begin, std::int64_t end) {
                       for (auto i = begin; i < end; ++i) {
                         playing[static_cast<std::size_t>(i)]->Step(
                             FirstAction(actions.narrow(0, i, 1)), recordings != nullptr);
                       }
                     });
  }
  if (several) views.front().Restore(start);  // its stream is the one that is saved and goes on

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
