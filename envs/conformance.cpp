// Plays an environment made by a factory and notes what of the contract it breaks.
#include "envs/conformance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "envs/mujoco_environment.h"
#include "envs/numpy_random.h"

namespace curl_rl::envs {
namespace {

// Elements behind an array that must stay untouched. The wide guard is more than a frame of usual
// size: it makes a spec that is wrong by a factor a fault to report, where it would be a crash.
constexpr int kGuard = 64;
constexpr int kWideGuard = 1 << 20;
constexpr int kShortRun = 40;

// What an environment showed over some steps.
struct Trace {
  std::vector<double> rewards;
  std::vector<double> states;        // of the start and after each step
  std::vector<std::uint8_t> pixels;  // of the start and the last step
  bool operator==(const Trace& other) const {
    return rewards == other.rewards && states == other.states && pixels == other.pixels;
  }
};

class Checker {
 public:
  Checker(const Factory& factory, const ConformanceOptions& options)
      : factory_(factory), options_(options) {}

  std::vector<std::string> Run() {
    const std::pair<const char*, void (Checker::*)()> checks[] = {
        {"specs", &Checker::Specs},
        {"order of calls", &Checker::Order},
        {"bad actions", &Checker::BadActions},
        {"observing", &Checker::Observing},
        {"seed", &Checker::Seed},
        {"snapshot", &Checker::SnapshotRestore},
        {"random episodes", &Checker::RandomEpisodes}};
    for (const auto& [name, check] : checks) {
      check_ = name;
      try {
        (this->*check)();
      } catch (const std::exception& error) {
        Fail(std::string("unexpected exception: ") + error.what());
      }
    }
    return std::move(failures_);
  }

  // Stops at a fault of the specs: what follows would be their consequences.
  std::vector<std::string> RunSizes() {
    check_ = "sizes";
    guard_ = kWideGuard;
    Specs();
    if (!failures_.empty()) return std::move(failures_);
    const auto environment = Make(options_.environment.seed);
    environment->Reset();
    StateOf(*environment);
    PixelsOf(*environment);
    return std::move(failures_);
  }

  const std::vector<std::string>& advice() const { return advice_; }

 private:
  void Fail(const std::string& what) { failures_.push_back(std::string(check_) + ": " + what); }
  void Expect(bool holds, const std::string& what) {
    if (!holds) Fail(what);
  }
  template <typename Exception, typename Function>
  void ExpectThrow(const std::string& what, const Function& function) {
    try {
      function();
      Fail(what + " is not refused");
    } catch (const Exception&) {
    }
  }

  std::unique_ptr<Environment> Make(std::uint32_t seed) const {
    EnvironmentOptions options = options_.environment;
    options.seed = seed;
    std::unique_ptr<Environment> environment = factory_(options);
    if (environment == nullptr) throw std::runtime_error("the factory returned nothing");
    return environment;
  }

  static std::vector<double> RandomAction(const Environment& environment, NumpyRandom& random) {
    std::vector<double> action(environment.action_spec().size);
    for (double& component : action) component = random.Uniform(-1.0, 1.0);
    return action;
  }

  std::vector<double> StateOf(const Environment& environment) {
    const int size = environment.observation_spec().state_size();
    if (size == 0) return {};
    constexpr double kUntouched = -7.25e77;
    std::vector<double> state(size + guard_, kUntouched);
    environment.ObserveState(state.data());
    Expect(std::all_of(state.begin() + size, state.end(), [](double x) { return x == kUntouched; }),
           "ObserveState writes more than state_size()");
    state.resize(size);
    Expect(std::all_of(state.begin(), state.end(), [](double x) { return std::isfinite(x); }),
           "the state vector is not finite or not wholly written");
    Expect(std::none_of(state.begin(), state.end(), [](double x) { return x == kUntouched; }),
           "ObserveState writes less than state_size()");
    return state;
  }

  std::vector<std::uint8_t> PixelsOf(Environment& environment) {
    const ObservationSpec& spec = environment.observation_spec();
    if (!spec.has_pixels()) return {};
    // Drawn on two backgrounds: what is not written differs.
    std::vector<std::uint8_t> dark(spec.pixel_count() + guard_, 0), light(dark.size(), 255);
    environment.Observe(dark.data());
    environment.Observe(light.data());
    Expect(std::all_of(dark.end() - guard_, dark.end(), [](int x) { return x == 0; }) &&
               std::all_of(light.end() - guard_, light.end(), [](int x) { return x == 255; }),
           "Observe writes more than pixel_count()");
    dark.resize(spec.pixel_count());
    light.resize(spec.pixel_count());
    Expect(dark == light, "Observe leaves pixels unwritten, or drawing twice differs");
    return dark;
  }

  // Goes on for `steps` random steps, into the next episode if need be.
  Trace Continue(Environment& environment, int steps, NumpyRandom random) {
    Trace trace;
    trace.states = StateOf(environment);
    trace.pixels = PixelsOf(environment);
    for (int i = 0; i < steps; ++i) {
      const StepResult result = environment.Step(RandomAction(environment, random));
      if (result.last()) environment.Reset();
      trace.rewards.push_back(result.reward);
      const std::vector<double> state = StateOf(environment);
      trace.states.insert(trace.states.end(), state.begin(), state.end());
    }
    const std::vector<std::uint8_t> pixels = PixelsOf(environment);
    trace.pixels.insert(trace.pixels.end(), pixels.begin(), pixels.end());
    return trace;
  }

  void Specs() {
    const auto environment = Make(1);
    const ObservationSpec& spec = environment->observation_spec();
    Expect(environment->action_spec().size > 0, "no actions");
    Expect(environment->control_timestep() > 0.0, "control_timestep is not positive");
    Expect(environment->step_limit() >= 0, "step_limit is negative");
    Expect(spec.has_pixels() || !spec.state.empty(), "shows neither pixels nor a state vector");
    for (const StateEntry& entry : spec.state) {
      Expect(!entry.name.empty() && entry.size > 0, "a state entry has no name or no size");
    }
    if (!options_.environment.pixels) {
      Expect(!spec.has_pixels(), "has pixels although none were asked for");
    } else if (spec.has_pixels()) {
      Expect(spec.height == options_.environment.image_size && spec.width == spec.height,
             "frames are not of the image_size asked for");
      Expect(spec.channels == 1 || spec.channels == 3, "channels is neither 1 nor 3");
    }
  }

  void Order() {
    const auto environment = Make(1);
    NumpyRandom random(1);
    const std::vector<double> action = RandomAction(*environment, random);
    ExpectThrow<std::logic_error>("Step before Reset", [&] { environment->Step(action); });
    environment->Reset();
    environment->Reset();  // allowed at any time
    int steps = 0;
    const int limit = EpisodeLimit(*environment);
    StepResult result;
    while (!result.last() && steps++ < limit) result = environment->Step(action);
    if (!result.last()) return;
    ExpectThrow<std::logic_error>("Step after the last step", [&] { environment->Step(action); });
    StateOf(*environment);  // what the last step led to can be seen
    PixelsOf(*environment);
    environment->Reset();
    environment->Step(action);
  }

  void BadActions() {
    const auto environment = Make(1);
    environment->Reset();
    const std::vector<double> before = StateOf(*environment);
    const std::vector<double> good(environment->action_spec().size, 0.0);
    const auto refuse = [&](const std::string& what, const std::vector<double>& action) {
      ExpectThrow<std::invalid_argument>(what, [&] { environment->Step(action); });
    };
    std::vector<double> longer = good;
    longer.push_back(0.0);
    refuse("an action with a component too many", longer);
    refuse("an empty action", {});
    for (double bad : {1.5, -1.0001, std::numeric_limits<double>::quiet_NaN(),
                       std::numeric_limits<double>::infinity()}) {
      std::vector<double> action = good;
      action.back() = bad;
      refuse("an action component of " + std::to_string(bad), action);
    }
    Expect(StateOf(*environment) == before, "a refused action changes the state");
    for (double edge : {-1.0, 1.0}) environment->Step(std::vector<double>(good.size(), edge));
  }

  // A roll-out that is looked at after every step equals one that is not.
  void Observing() {
    const auto watched = Make(5);
    const auto alone = Make(5);
    watched->Reset();
    alone->Reset();
    NumpyRandom random(2);
    for (int i = 0; i < 10; ++i) {
      const std::vector<double> action = RandomAction(*watched, random);
      StateOf(*watched);
      if (i % 5 == 0) PixelsOf(*watched);
      const StepResult seen = watched->Step(action);
      const StepResult unseen = alone->Step(action);
      Expect(seen.reward == unseen.reward && seen.last() == unseen.last(),
             "Observe or ObserveState changes what follows");
      if (seen.last()) break;
    }
    Expect(StateOf(*watched) == StateOf(*alone), "Observe or ObserveState changes the state");
  }

  void Seed() {
    const auto first = Make(7), same = Make(7), other = Make(8);
    for (Environment* environment : {first.get(), same.get(), other.get()}) environment->Reset();
    const Trace trace = Continue(*first, kShortRun, NumpyRandom(3));
    Expect(trace == Continue(*same, kShortRun, NumpyRandom(3)),
           "the same seed and actions give another roll-out");
    const bool seedless = trace == Continue(*other, kShortRun, NumpyRandom(3));
    if (seedless && StartsAlike()) {
      advice_.push_back(
          "every episode starts alike: an agent sees little of the task, and its evaluations "
          "hardly "
          "differ; in a task file `start:` draws a start");
    } else {
      Expect(!seedless, "another seed gives the same roll-out");
    }
    first->Reset();
    same->Reset();
    Expect(
        Continue(*first, kShortRun, NumpyRandom(4)) == Continue(*same, kShortRun, NumpyRandom(4)),
        "the same seed gives another second episode");
  }

  // Whether nothing is drawn at a start, so that there is nothing for a seed to decide.
  bool StartsAlike() {
    const auto environment = Make(7);
    environment->Reset();
    const std::vector<double> state = StateOf(*environment);
    const std::vector<std::uint8_t> pixels = PixelsOf(*environment);
    environment->Reset();
    return StateOf(*environment) == state && PixelsOf(*environment) == pixels;
  }

  void SnapshotRestore() {
    const auto original = Make(11);
    original->Reset();
    Continue(*original, kShortRun, NumpyRandom(5));
    std::vector<std::uint8_t> bytes;
    try {
      bytes = original->Snapshot();
    } catch (const std::logic_error&) {
      return;  // the contract lets an environment have none
    }
    const int steps = EpisodeLimit(*original) + kShortRun;  // into the next episode
    const Trace wanted = Continue(*original, steps, NumpyRandom(6));
    const auto restored = Make(12);
    restored->Restore(bytes);
    Expect(Continue(*restored, steps, NumpyRandom(6)) == wanted,
           "a restored environment continues otherwise");
    original->Restore(bytes);
    Expect(Continue(*original, steps, NumpyRandom(6)) == wanted,
           "an environment set back to its own snapshot continues otherwise");
    bytes.resize(bytes.size() / 2);
    ExpectThrow<std::runtime_error>("half a snapshot", [&] { restored->Restore(bytes); });
  }

  int EpisodeLimit(const Environment& environment) const {
    const int limit = environment.step_limit();
    return limit > 0 ? limit : options_.steps_without_limit;
  }

  void RandomEpisodes() {
    const auto environment = Make(13);
    NumpyRandom random(9);
    const std::size_t failures = failures_.size();
    for (int i = 0; i < options_.episodes && failures_.size() == failures; ++i) {
      PlayEpisode(*environment, random, "episode " + std::to_string(i + 1));
    }
    if (const auto* simulated = dynamic_cast<const MujocoEnvironment*>(environment.get())) {
      Expect(simulated->physics_failures() == 0,
             std::to_string(simulated->physics_failures()) +
                 " physics failures, the last: " + simulated->last_failure());
    }
  }

  void PlayEpisode(Environment& environment, NumpyRandom& random, const std::string& episode) {
    const int limit = EpisodeLimit(environment);
    environment.Reset();
    StepResult result;
    int steps = 0;
    while (!result.last() && steps < limit) {
      result = environment.Step(RandomAction(environment, random));
      ++steps;
      Expect(std::isfinite(result.reward), episode + ": a reward is not finite");
      StateOf(environment);
    }
    if (environment.step_limit() == 0) return;
    Expect(result.last(), episode + " does not end at the step limit");
    Expect(!result.truncated || steps == limit, episode + " is truncated at step " +
                                                    std::to_string(steps) + " of " +
                                                    std::to_string(limit));
  }

  const Factory& factory_;
  const ConformanceOptions& options_;
  const char* check_ = "";
  int guard_ = kGuard;
  std::vector<std::string> failures_;
  std::vector<std::string> advice_;
};

}  // namespace

std::vector<std::string> CheckConformance(const Factory& factory, const ConformanceOptions& options,
                                          std::vector<std::string>* advice) {
  Checker checker(factory, options);
  auto failures = checker.Run();
  if (advice != nullptr) *advice = checker.advice();
  return failures;
}

std::vector<std::string> CheckSizes(const Factory& factory, const EnvironmentOptions& options) {
  const ConformanceOptions all{options};
  return Checker(factory, all).RunSizes();
}

}  // namespace curl_rl::envs
