// The conformance suite finds what is wrong with environments that break the contract.
#include "envs/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace curl_rl::envs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// What an environment does wrong; all false: nothing.
struct Fault {
  bool short_state = false;
  bool long_pixels = false;
  bool any_action = false;
  bool never_ends = false;
  bool ends_early = false;
  bool ignores_seed = false;
  bool unseeded = false;
  bool observing_moves = false;
  bool steps_before_reset = false;
  bool nan_reward = false;
  bool forgets_in_snapshot = false;
  bool throws = false;
};

// The toy task with a fault.
class Faulty final : public Environment {
 public:
  Faulty(const Fault& fault, const EnvironmentOptions& options)
      : fault_(fault), toy_(Make("toy_reach", Seeded(fault, options))), spec_(Spec()) {}

  const ObservationSpec& observation_spec() const override { return spec_; }
  const ActionSpec& action_spec() const override { return toy_->action_spec(); }
  double control_timestep() const override { return toy_->control_timestep(); }
  int step_limit() const override { return fault_.ends_early ? 60 : toy_->step_limit(); }
  void Reset() override {
    if (fault_.throws) throw std::runtime_error("reset is broken");
    toy_->Reset();
    reset_ = true;
  }
  StepResult Step(const std::vector<double>& action) override {
    if (fault_.steps_before_reset && !reset_) return {};
    std::vector<double> allowed = action;
    if (fault_.any_action) allowed.assign(1, 0.5);
    StepResult result = toy_->Step(allowed);
    if (fault_.never_ends && result.truncated) {
      toy_->Reset();
      result.truncated = false;
    }
    if (fault_.nan_reward) result.reward = std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  void Observe(std::uint8_t* pixels) override {
    toy_->Observe(pixels);
    if (fault_.long_pixels) pixels[spec_.pixel_count()] = 7;
    if (fault_.observing_moves) ++looks_;
  }
  void ObserveState(double* state) const override {
    double values[2];
    toy_->ObserveState(values);
    state[0] = values[0] + looks_;
    if (!fault_.short_state) state[1] = values[1];
  }
  std::vector<std::uint8_t> Snapshot() const override { return toy_->Snapshot(); }
  void Restore(const std::vector<std::uint8_t>& bytes) override {
    toy_->Restore(bytes);
    if (fault_.forgets_in_snapshot) toy_->Reset();
  }

 private:
  static EnvironmentOptions Seeded(const Fault& fault, EnvironmentOptions options) {
    static std::uint32_t made = 0;
    if (fault.ignores_seed) options.seed = 1;
    if (fault.unseeded) options.seed = ++made;
    return options;
  }
  ObservationSpec Spec() const { return toy_->observation_spec(); }

  Fault fault_;
  std::unique_ptr<Environment> toy_;
  ObservationSpec spec_;
  bool reset_ = false;
  int looks_ = 0;
};

std::vector<std::string> Failures(const Fault& fault) {
  ConformanceOptions options;
  options.environment.image_size = 16;
  options.episodes = 3;
  return CheckConformance(
      [&](const EnvironmentOptions& given) { return std::make_unique<Faulty>(fault, given); },
      options);
}

TEST(ConformanceTest, PassesWhatIsRight) { EXPECT_THAT(Failures(Fault()), IsEmpty()); }

TEST(ConformanceTest, FindsEveryFault) {
  const std::pair<bool Fault::*, const char*> faults[] = {
      {&Fault::short_state, "ObserveState writes less than state_size()"},
      {&Fault::long_pixels, "Observe writes more than pixel_count()"},
      {&Fault::any_action, "is not refused"},
      {&Fault::never_ends, "does not end at the step limit"},
      {&Fault::ends_early, "is truncated at step 50 of 60"},
      {&Fault::ignores_seed, "another seed gives the same roll-out"},
      {&Fault::unseeded, "the same seed and actions give another roll-out"},
      {&Fault::observing_moves, "changes the state"},
      {&Fault::steps_before_reset, "Step before Reset is not refused"},
      {&Fault::nan_reward, "a reward is not finite"},
      {&Fault::forgets_in_snapshot, "a restored environment continues otherwise"},
      {&Fault::throws, "unexpected exception: reset is broken"}};
  for (const auto& [member, message] : faults) {
    Fault fault;
    fault.*member = true;
    EXPECT_THAT(Failures(fault), Contains(HasSubstr(message)));
  }
}

TEST(ConformanceTest, AFactoryThatReturnsNothing) {
  EXPECT_THAT(CheckConformance([](const EnvironmentOptions&) { return nullptr; }),
              Contains(HasSubstr("returned nothing")));
}

}  // namespace
}  // namespace curl_rl::envs
