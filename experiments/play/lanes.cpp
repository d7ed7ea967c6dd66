// Makes, plays and ends the environments in the threads that own them.
#include "experiments/play/lanes.h"

#include <torch/utils.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "envs/registry.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace {

std::size_t ThreadsOf(const ExperimentConfig& config) {
  if (envs::Find(config.task).one_thread) return 1;
  return static_cast<std::size_t>(config.threads > 0 ? config.threads : torch::get_num_threads());
}

}  // namespace

Lanes::Lanes(const ExperimentConfig& config, const std::vector<std::uint32_t>& seeds)
    : threads_(seeds.size(), ThreadsOf(config)), views_(seeds.size()), decisions_(seeds.size()) {
  try {
    // One after the other: a factory is called by one thread at a time.
    for (std::size_t lane = 0; lane < seeds.size(); ++lane) {
      threads_.Begin(lane, [this, &config, lane, seed = seeds[lane]] {
        views_[lane] = std::make_unique<AgentView>(config, seed);
      });
      Finish();
    }
  } catch (...) {
    End();
    throw;
  }
}

Lanes::~Lanes() { End(); }

void Lanes::End() {
  threads_.Abandon();
  for (std::size_t lane = 0; lane < size(); ++lane) {
    threads_.Begin(lane, [view = &views_[lane]] { view->reset(); });
  }
  threads_.Abandon();
}

void Lanes::Reset(std::size_t lane) {
  threads_.Begin(lane, [view = views_[lane].get()] { view->Reset(); });
}

void Lanes::Step(std::size_t lane, std::vector<double> action) {
  threads_.Begin(lane, [view = views_[lane].get(), decision = &decisions_[lane],
                        action = std::move(action)] { *decision = view->Step(action); });
}

void Lanes::Do(std::size_t lane, const std::function<void(AgentView&)>& work) {
  threads_.Begin(lane, [&] { work(*views_[lane]); });
  Finish();
}

Lanes MakeEvaluationLanes(const ExperimentConfig& config, std::uint32_t seed, std::int64_t count) {
  Lanes lanes(config, std::vector<std::uint32_t>(static_cast<std::size_t>(count), seed));
  if (count == 1) return lanes;
  try {
    lanes[0].Snapshot();
  } catch (const std::logic_error&) {
    throw UsageError("eval_environments: got " + std::to_string(count) + ", but '" + config.task +
                     "' keeps no snapshots, with which several environments share a random "
                     "stream; allowed: 1");
  }
  return lanes;
}

}  // namespace curl_rl::experiments
