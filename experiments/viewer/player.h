// The play that the viewer shows: environment and policy in a thread of their own, so that neither
// waits for drawing, nor drawing for them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "envs/episode.h"
#include "envs/mujoco_environment.h"
#include "envs/registry.h"
#include "experiments/play/policy.h"
#include "experiments/video/image.h"
#include "experiments/viewer/key_bindings.h"
#include "experiments/viewer/playback_clock.h"

namespace curl_rl::viewer {

/// One moment of the play.
struct PlayState {
  std::string task;
  std::string policy;
  std::uint32_t seed = 0;
  std::int64_t episode = 0;  // since the seed's first
  std::int64_t step = 0;     // control steps in this episode
  double time = 0.0;         // simulated seconds in this episode
  double reward = 0.0;       // of the last control step
  double episode_return = 0.0;
  bool ended = false;
  std::vector<double> action;  // of the last decision
  std::optional<experiments::Opinion> opinion;
  std::optional<video::Image> frame;  // the environment's own, where no agent looks at one
  bool paused = false;
  double speed = 1.0;          // as wanted
  double reached_speed = 0.0;  // simulated seconds a second
};

/// A MuJoCo scene to draw: copies, so that the simulation goes on meanwhile.
struct SceneCopy {
  envs::ModelPtr model;
  envs::DataPtr data;
  std::uint64_t reset = 0;  // counts resets, which may change the model
};

class Player {
 public:
  /// Makes the environment, resets it and begins to play. Throws what making it throws.
  Player(std::string task, envs::EnvironmentOptions options,
         std::unique_ptr<experiments::Policy> policy);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Whether CopyScene has something to copy; else PlayState::frame is what there is to see.
  bool has_scene() const { return shared_.model != nullptr; }

  /// Carries out kPause, kStep, kSlower, kFaster, kRealTime, kRestart, kNextSeed and kPreviousSeed;
  /// others mean nothing here.
  void Post(Command command);

  /// The hand on a body, until the next call.
  void SetPerturb(const mjvPerturb& perturb);

  /// Whether frames are wanted where no agent needs them.
  void WantFrames(bool want);

  /// Counts what changed since the beginning; rethrows what went wrong in the play.
  std::uint64_t version();

  PlayState state() const;

  /// Brings `copy` (empty at first) up to date.
  void CopyScene(SceneCopy* copy) const;

 private:
  void Loop();
  void Obey(Command command);
  void MakeEnvironment();
  void StartEpisode();
  void RestartEpisode();
  void Advance();
  void Prepare();
  void Publish();

  // Of the playing thread (before it runs, of the constructor).
  std::string task_;
  envs::EnvironmentOptions options_;
  std::unique_ptr<experiments::Policy> policy_;
  std::unique_ptr<envs::Environment> environment_;
  envs::MujocoEnvironment* mujoco_ = nullptr;                // environment_, if it is one
  std::optional<std::vector<std::uint8_t>> before_episode_;  // a snapshot; nullopt: it keeps none
  std::optional<PlaybackClock> clock_;
  PlayState now_;
  std::optional<envs::Episode> episode_;  // of environment_
  experiments::Choice choice_;            // the last
  std::uint64_t resets_ = 0;
  double frame_time_ = -1.0;  // when now_.frame was drawn

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Command> commands_;
  mjvPerturb perturb_;
  bool perturbed_ = false;  // perturb_ is new
  bool want_frames_ = true;
  bool quit_ = false;
  std::exception_ptr error_;
  PlayState published_;
  SceneCopy shared_;
  std::uint64_t version_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace curl_rl::viewer
