#include "experiments/evaluation.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace curl_rl::experiments {

std::vector<double> FirstAction(const torch::Tensor& actions) {
  const auto row = actions.select(0, 0).contiguous();
  const auto* data = row.data_ptr<double>();
  return {data, data + row.numel()};
}

std::vector<double> Evaluate(agents::Agent& agent, AgentView& view, std::int64_t episodes,
                             std::vector<video::Recording>* recordings) {
  std::vector<double> returns;
  for (std::int64_t episode = 0; episode < episodes; ++episode) {
    video::Recording recording;
    bool last = false;
    view.Reset();
    while (!last) {
      const auto action = FirstAction(agent.Act(view.Stack(), agents::ActMode::kMean));
      const auto decision = view.Step(action);
      recording.episode_return += decision.reward;
      if (recordings != nullptr) recording.actions.push_back(action);
      last = decision.last();
    }
    returns.push_back(recording.episode_return);
    if (recordings != nullptr) recordings->push_back(std::move(recording));
  }
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
