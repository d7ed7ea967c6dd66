// Random and zero actions, as the viewer takes them.
#include "experiments/play/watched_policy.h"

#include "experiments/play/rollout.h"

namespace curl_rl::viewer {
namespace {

class RandomPolicy final : public WatchedPolicy {
 public:
  explicit RandomPolicy(std::uint32_t seed) : seed_(seed) {}

  Decision Decide(envs::Environment& environment, bool) override {
    if (!policy_) policy_ = experiments::RandomPolicy(environment.action_spec().size, seed_);
    Decision decision;
    policy_(environment, 0, &decision.action);
    return decision;
  }
  std::string Describe() const override { return "random"; }

 private:
  std::uint32_t seed_;
  experiments::RolloutPolicy policy_;
};

class ZeroPolicy final : public WatchedPolicy {
 public:
  Decision Decide(envs::Environment& environment, bool) override {
    return {std::vector<double>(static_cast<std::size_t>(environment.action_spec().size), 0.0)};
  }
  std::string Describe() const override { return "zero"; }
};

}  // namespace

std::unique_ptr<WatchedPolicy> MakeRandomPolicy(std::uint32_t seed) {
  return std::make_unique<RandomPolicy>(seed);
}

std::unique_ptr<WatchedPolicy> MakeZeroPolicy() { return std::make_unique<ZeroPolicy>(); }

}  // namespace curl_rl::viewer
