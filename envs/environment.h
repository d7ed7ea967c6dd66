// The contract between an environment and everything that plays in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace curl_rl::envs {

/// One named part of the state vector, e.g. {"position", 3}.
struct StateEntry {
  std::string name;
  int size = 0;
};

/// What an environment can show. An environment shows pixels, a state vector, or both.
struct ObservationSpec {
  int height = 0;                 // rows of a frame; 0: this environment draws nothing
  int width = 0;                  // columns of a frame
  int channels = 0;               // 3 for RGB, 1 for grey
  std::vector<StateEntry> state;  // in the order of ObserveState; empty: no state vector

  bool has_pixels() const { return height > 0; }
  std::size_t pixel_count() const;  // height x width x channels: the bytes of one frame
  int state_size() const;           // sum of the sizes of `state`
};

/// Actions are vectors of `size` doubles, each in [-1, 1].
struct ActionSpec {
  int size = 0;
};

/// Throws std::invalid_argument that says what is wrong unless `action` is one that `spec` allows.
void CheckAction(const ActionSpec& spec, const std::vector<double>& action);

/// What one control step gave.
struct StepResult {
  double reward = 0.0;
  bool terminated = false;  // the task ended here: the value of what follows is 0
  bool truncated = false;   // cut off (time limit, physics failure): what follows still has value

  bool last() const { return terminated || truncated; }
};

/// Programs and packages besides this one that decide an environment, by name: {"python",
/// "3.11.2"}.
using PackageVersions = std::vector<std::pair<std::string, std::string>>;

/// One task, called by one thread at a time; not always the same one (config key `overlap`). Others
/// of the same task may be called by other threads meanwhile (config key `eval_environments`).
///
/// Order of calls: `Reset` first; then `Step` until its result is `last()`; then `Reset` again.
/// `Observe` and `ObserveState` may be called any number of times after `Reset` or `Step` and
/// change nothing. `Step` before `Reset` or after a last step throws std::logic_error; an action of
/// another size, or with a component that is not finite or outside [-1, 1], throws
/// std::invalid_argument and leaves the environment as it was.
///
/// The same seed (given to the factory) and the same actions give the same states and rewards bit
/// for bit. The random stream runs on across episodes: `Reset` never reseeds it.
class Environment {
 public:
  virtual ~Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  virtual const ObservationSpec& observation_spec() const = 0;
  virtual const ActionSpec& action_spec() const = 0;

  /// Seconds of simulated time one `Step` takes.
  virtual double control_timestep() const = 0;

  /// Control steps after which an episode is truncated; 0: never.
  virtual int step_limit() const = 0;

  /// Starts the next episode.
  virtual void Reset() = 0;

  /// Applies `action` [action_spec().size] for one control step. Draws no frame.
  virtual StepResult Step(const std::vector<double>& action) = 0;

  /// What draws the frames, in one line: "no OpenGL" unless the environment says otherwise.
  virtual std::string DrawnBy() const { return "no OpenGL"; }

  /// For a run's record; empty: this program is all there is.
  virtual PackageVersions Versions() const { return {}; }

  /// Draws the current state: writes uint8 [height, width, channels], row 0 at the top.
  /// Throws std::logic_error if the environment draws nothing.
  virtual void Observe(std::uint8_t* pixels) = 0;

  /// Writes the current state vector: double [state_size()].
  /// Throws std::logic_error if the environment has none.
  virtual void ObserveState(double* state) const = 0;

  /// Everything that decides the future of this environment, mid-episode too (simulation state, the
  /// random stream, the step counter), as bytes that `Restore` of an environment made by the same
  /// factory with the same options understands. The base class refuses: std::logic_error.
  virtual std::vector<std::uint8_t> Snapshot() const;

  /// Continues exactly where `Snapshot` was taken. Throws std::runtime_error if `bytes` are not
  /// such.
  virtual void Restore(const std::vector<std::uint8_t>& bytes);

 protected:
  Environment() = default;
};

}  // namespace curl_rl::envs
