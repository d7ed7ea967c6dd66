// The thread that steps the environment, obeys commands, and publishes what is to be drawn.
#include "experiments/viewer/player.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace curl_rl::viewer {
namespace {

constexpr double kPauseAfterEpisode = 1.0;  // seconds
constexpr double kFrameEvery = 0.05;        // seconds between frames that nobody acts on

double Now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

}  // namespace

Player::Player(std::string task, envs::EnvironmentOptions options,
               std::unique_ptr<experiments::Policy> policy)
    : task_(std::move(task)), options_(options), policy_(std::move(policy)) {
  mjv_defaultPerturb(&perturb_);
  MakeEnvironment();
  clock_.emplace(environment_->control_timestep(), Now());
  StartEpisode();
  Publish();
  thread_ = std::thread([this] { Loop(); });
}

Player::~Player() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    quit_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Player::Post(Command command) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    commands_.push_back(command);
  }
  wake_.notify_one();
}

void Player::SetPerturb(const mjvPerturb& perturb) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    perturb_ = perturb;
    perturbed_ = true;
  }
  wake_.notify_one();
}

void Player::WantFrames(bool want) {
  const std::lock_guard<std::mutex> lock(mutex_);
  want_frames_ = want;
}

std::uint64_t Player::version() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  return version_;
}

PlayState Player::state() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return published_;
}

void Player::CopyScene(SceneCopy* copy) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (copy->model == nullptr) {
    copy->model.reset(mj_copyModel(nullptr, shared_.model.get()));
    copy->data = envs::MakeData(*copy->model);
  } else if (copy->reset != shared_.reset) {
    mj_copyModel(copy->model.get(), shared_.model.get());
  }
  copy->reset = shared_.reset;
  mj_copyData(copy->data.get(), copy->model.get(), shared_.data.get());
}

void Player::Loop() {
  try {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!quit_) {
      const auto commands = std::exchange(commands_, {});
      const mjvPerturb perturb = perturb_;
      const bool perturbed = std::exchange(perturbed_, false);
      lock.unlock();

      for (const Command command : commands) Obey(command);
      const bool moved = mujoco_ != nullptr && perturbed && clock_->paused();
      if (moved) mujoco_->Perturb(perturb, /*paused=*/true);
      const bool due = clock_->Due(Now());
      if (due) {
        if (mujoco_ != nullptr) mujoco_->Perturb(perturb, /*paused=*/false);
        Advance();
      }
      if (due || moved || !commands.empty()) Publish();
      // What comes next is decided before it is due; the step that was made is on view already.
      Prepare();

      lock.lock();
      if (quit_ || !commands_.empty() || perturbed_) continue;
      const double wait = std::min(clock_->next_due() - Now(), 1.0);
      if (!clock_->Due(Now())) wake_.wait_for(lock, std::chrono::duration<double>(wait));
    }
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    error_ = std::current_exception();
  }
}

void Player::Obey(Command command) {
  const double now = Now();
  switch (command) {
    case Command::kPause:
      clock_->TogglePause(now);
      break;
    case Command::kStep:
      clock_->StepOnce();
      break;
    case Command::kSlower:
      clock_->ChangeSpeed(-1, now);
      break;
    case Command::kFaster:
      clock_->ChangeSpeed(1, now);
      break;
    case Command::kRealTime:
      clock_->SetRealTime(now);
      break;
    case Command::kRestart:
      RestartEpisode();
      break;
    case Command::kNextSeed:
    case Command::kPreviousSeed:
      options_.seed += command == Command::kNextSeed ? 1 : -1;  // wraps around
      MakeEnvironment();
      StartEpisode();
      break;
    default:
      break;
  }
}

void Player::MakeEnvironment() {
  environment_ = envs::Make(task_, options_);
  mujoco_ = dynamic_cast<envs::MujocoEnvironment*>(environment_.get());
  if (mujoco_ == nullptr && !environment_->observation_spec().has_pixels()) {
    // Its frames are all there is to see, even if the agent sees none.
    options_.pixels = true;
    options_.python.resize = true;
    environment_ = envs::Make(task_, options_);
    if (!environment_->observation_spec().has_pixels()) {
      throw std::runtime_error(task_ + " draws nothing: there is nothing to see");
    }
  }
  episode_.emplace(*environment_, policy_->action_repeat());
  now_ = {};
  now_.episode = -1;
}

void Player::StartEpisode() {
  try {
    before_episode_ = environment_->Snapshot();
  } catch (const std::logic_error&) {
    before_episode_ = std::nullopt;  // the contract's way of saying that it keeps none
  }
  episode_->Begin();
  ++resets_;
  const std::int64_t episode = now_.episode + 1;
  now_ = {};
  now_.episode = episode;
  choice_ = {};
}

void Player::RestartEpisode() {
  if (before_episode_) {
    environment_->Restore(*before_episode_);
    --now_.episode;
  } else {
    MakeEnvironment();
  }
  StartEpisode();
}

void Player::Advance() {
  if (now_.ended) {
    StartEpisode();
    clock_->Stepped(Now());
    return;
  }
  Prepare();
  now_.reward = episode_->Step().reward;
  now_.step = episode_->step();
  now_.time = static_cast<double>(now_.step) * environment_->control_timestep();
  now_.episode_return = episode_->episode_return();
  now_.ended = episode_->over();
  clock_->Stepped(Now());
  if (now_.ended) clock_->Hold(Now(), kPauseAfterEpisode);
}

// Decides for the next control step, if a decision is due there.
void Player::Prepare() {
  if (episode_->over() || !episode_->decision_due()) return;
  auto choice = policy_->Decide(*environment_, episode_->step() == 0);
  if (!choice) throw std::runtime_error(policy_->Describe() + ": no action is left");
  choice_ = std::move(*choice);
  episode_->Hold(choice_.action);
  Publish();
}

void Player::Publish() {
  now_.task = task_;
  now_.policy = policy_->Describe();
  now_.seed = options_.seed;
  now_.action = choice_.action;
  now_.opinion = choice_.opinion;
  now_.paused = clock_->paused();
  now_.speed = clock_->speed();
  now_.reached_speed = clock_->ReachedSpeed(Now());

  const envs::ObservationSpec& spec = environment_->observation_spec();
  bool want_frame = mujoco_ == nullptr;
  if (!want_frame && spec.has_pixels() && !choice_.opinion) {
    const std::lock_guard<std::mutex> lock(mutex_);
    want_frame = want_frames_ && (clock_->paused() || Now() - frame_time_ >= kFrameEvery);
  }
  if (want_frame) {
    std::vector<std::uint8_t> pixels(spec.pixel_count());
    environment_->Observe(pixels.data());
    now_.frame = video::ToRgb(pixels.data(), spec.height, spec.width, spec.channels);
    frame_time_ = Now();
  }

  const std::lock_guard<std::mutex> lock(mutex_);
  published_ = now_;
  ++version_;
  if (mujoco_ == nullptr) return;
  if (shared_.model == nullptr) {
    shared_.model.reset(mj_copyModel(nullptr, &mujoco_->model()));
    shared_.data = envs::MakeData(*shared_.model);
  } else if (shared_.reset != resets_) {
    mj_copyModel(shared_.model.get(), &mujoco_->model());
  }
  shared_.reset = resets_;
  mj_copyData(shared_.data.get(), shared_.model.get(), &mujoco_->data());
}

}  // namespace curl_rl::viewer
