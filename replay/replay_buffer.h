// The replay buffer: every observation is stored once, on the learner's device, or compressed in
// the host's memory.
//
//   observation ring  slot = id % slots     all episodes' observations in order, ids 0, 1, 2, ...
//   transition ring   row = n % capacity    {id of its observation, history, action, reward,
//                                            not_terminal}, on the host
//
// A transition's next observation has the next id. `history` is how many observations its episode
// has before it; a stack of K frames is the ids id-K+1 .. id, clamped to those. So neither a stack
// nor a next observation ever crosses an episode start. A transition whose oldest frame was
// overwritten is no longer drawn: drawable transitions are one contiguous range of n, from `begin`
// to `end`.
//
// Of L lanes, environments that play side by side, each has a ring of its own, striped through the
// two: observation `i` of a lane has the id i*L + lane, in one of slots / L slots, and the lanes
// add their transitions in turn, so that n is of lane n % L. What follows something in its lane is
// L further on, and all that is said above holds with steps of L. A lane with short episodes, which
// overwrites its frames sooner, so takes a few transitions from the others.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "replay/frame_storage.h"
#include "replay/named_tensors.h"
#include "replay/observation_ring.h"
#include "replay/view.h"

namespace curl_rl::replay {

struct ReplayOptions {
  std::vector<std::int64_t>
      observation_shape;  // {H, W, C}: uint8 pixels; {D}: float32 state vector
  std::int64_t action_size = 1;
  std::int64_t capacity = 100000;  // transitions
  std::int64_t frame_stack = 3;
  std::int64_t lanes = 1;  // environments that play side by side; `capacity` is that of all
  std::uint64_t seed = 1;  // of the index and window streams
  torch::Device device = torch::kCPU;
  FrameStorage frames = FrameStorage::kRaw;

  bool pixels() const { return observation_shape.size() == 3; }
};

/// How a replay with these options keeps its observations, here and now: kRaw or kCompressed.
/// kAuto is compressed for frames on the host that do not fit into its memory as they are.
FrameStorage StorageOf(const ReplayOptions& options);

/// Bytes that a replay with these options takes on its device. 100,000 transitions of 100x100 RGB:
/// 3.10 GB raw. Compressed: an estimate (ObservationRing::kAssumedShare).
std::int64_t ReplayBytes(const ReplayOptions& options);

/// Not thread-safe: one owner.
class ReplayBuffer {
 public:
  /// Throws std::invalid_argument for options that make no sense (compressed state vectors, or
  /// frames that are to lie on a GPU), OutOfMemory with the numbers if the device has less memory
  /// than the replay needs.
  explicit ReplayBuffer(const ReplayOptions& options);

  /// The observation that Reset showed in `lane`. uint8 [H, W, C] or float32 [D], on any device.
  /// This and Add throw OutOfMemory before compressed frames take the last memory; nothing is
  /// stored then.
  void BeginEpisode(const torch::Tensor& observation, std::int64_t lane = 0);

  /// One decision of `lane`: what it led to, and what it gave. `truncated` ends the episode but not
  /// the value: such a transition is bootstrapped (not_terminal 1). After either, BeginEpisode must
  /// follow. `action`: `action_size` numbers. A value that is not finite is refused:
  /// std::invalid_argument. Lanes add in turn, 0, 1, ..., 0, ...: another than the next is a
  /// std::logic_error.
  void Add(const torch::Tensor& next_observation, const std::vector<double>& action, double reward,
           bool terminated, bool truncated, std::int64_t lane = 0);

  /// `spec.batch_size` transitions, uniformly with replacement, each with every view of the spec,
  /// into `batch`, whose memory is used again where it fits: on a GPU a recorded update then finds
  /// its inputs where they were. The windows of "observation", "next_observation" and "positive"
  /// are drawn in this order from one stream, those of each other view from a stream of its name:
  /// asking for one more changes no other. The positive's are drawn though it be not asked for.
  /// n_step > 1: rewards r_0 + discount r_1 + ..., as far as the episode and what is stored go;
  /// "next_observation" follows the last of them; with spec.whole_windows none is cut. Throws
  /// std::logic_error if there is no transition yet, or none with a whole window,
  /// std::invalid_argument for a view that cannot be had.
  void SampleInto(const BatchSpec& spec, Batch& batch);
  Batch Sample(const BatchSpec& spec);

  /// Views of the transitions `transitions` (int64 [N], on the CPU, all in begin() .. end() - 1),
  /// in this order: for passes over the memory. Like SampleInto, but rewards are of one step and
  /// random windows are centred: nothing is drawn.
  Batch Read(const torch::Tensor& transitions, const BatchSpec& spec) const;

  /// What the agent sees now: the stack of the running episode's newest frames in each lane, as
  /// stored: uint8 [lanes, K*C, H, W] or float32 [lanes, K*D], on the replay's device. So no frame
  /// travels to a GPU twice. Throws std::logic_error if a lane is between episodes.
  torch::Tensor NewestStack() const;

  /// What a batch adds to the number that a transition has in its lane, for each lane before it: so
  /// neighbours of an episode differ by 1, and those of different lanes by more than any run has.
  static constexpr std::int64_t kLane = std::int64_t{1} << 40;

  /// Transitions are numbered as they come, lane by lane; those begin() .. end() - 1 can be drawn.
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  std::int64_t size() const { return end_ - begin_; }
  /// `frames` is kRaw or kCompressed.
  const ReplayOptions& options() const { return options_; }

  /// Bytes that it takes now, and when it is full: of compressed frames if further ones are like
  /// those there are.
  std::int64_t bytes_now() const;
  std::int64_t bytes_when_full() const;

  /// Everything that decides the future but the observations: transitions, counters, random
  /// streams.
  NamedTensors Save() const;

  /// Takes over what `Save` of a buffer with the same options gave; the observations
  /// first_id() .. next_id() - 1 of each lane must then be given by SetObservations. Throws
  /// std::runtime_error naming the tensor that is missing or of another shape or type.
  void Load(const NamedTensors& tensors);

  /// A lane's observations are numbered 0, 1, 2, ... as they come; those before first_id() are
  /// overwritten.
  std::int64_t first_id(std::int64_t lane = 0) const {
    return std::max<std::int64_t>(0, next_id(lane) - slots_ / options_.lanes);
  }
  std::int64_t next_id(std::int64_t lane = 0) const {
    return lanes_.at(static_cast<std::size_t>(lane)).next_id;
  }

  /// The oldest that a transition of the lane which can be drawn, or the stack of its running
  /// episode, is made of.
  std::int64_t oldest_needed_id(std::int64_t lane = 0) const;

  /// Copies of the lane's observations `begin` .. `end` - 1, on the CPU: uint8 [n, H, W, C] or
  /// float32 [n, D].
  torch::Tensor Observations(std::int64_t begin, std::int64_t end, std::int64_t lane = 0) const;

  /// Puts `observations`, like those of Observations, back at `begin` ... Throws std::runtime_error
  /// if they are of another shape or type, or not all in first_id() .. next_id() - 1.
  void SetObservations(std::int64_t begin, const torch::Tensor& observations,
                       std::int64_t lane = 0);

 private:
  // Where the drawn transitions lie, on the CPU: the plain data behind a batch.
  struct Picked;

  // Of one lane.
  struct Lane {
    std::int64_t next_id = 0;           // of its next observation, counted in the lane
    std::int64_t episode_history = -1;  // observations before the newest one in its episode; -1: no
  };

  Lane& LaneAt(std::int64_t lane);
  void Store(const torch::Tensor& observation, std::int64_t lane);
  void LengthenHistories();
  // The id of a lane's observation, in the rings that all lanes share.
  std::int64_t IdOf(std::int64_t in_lane, std::int64_t lane) const {
    return in_lane * options_.lanes + lane;
  }
  std::int64_t FirstOf(std::int64_t lane) const;
  std::int64_t OldestFrame(std::int64_t row) const;
  std::vector<std::int64_t> SlotsOf(std::int64_t begin, std::int64_t end, std::int64_t lane) const;
  void Pick(const std::int64_t* transitions, std::int64_t count, const BatchSpec& spec,
            Picked& picked) const;
  void PickAhead(const std::int64_t* transitions, std::int64_t count, const BatchSpec& spec,
                 Picked& picked) const;
  void Fill(const Picked& picked, const BatchSpec& spec, Batch& batch) const;
  bool HasWholeWindow(std::int64_t transition, std::int64_t n_step) const;
  void RedrawCutWindows(const BatchSpec& spec, const torch::Tensor& drawn);
  at::Generator& StreamOf(const std::string& view);
  void CheckView(const View& view) const;
  void DrawWindows(const BatchSpec& spec, Picked& picked);
  // The first offset of a view's windows, and how many there are; by row and column.
  struct Place {
    std::int64_t first[2] = {0, 0};
    std::int64_t range[2] = {1, 1};
  };
  Place PlaceOf(const View& view) const;

  ReplayOptions options_;
  std::int64_t slots_ = 0;
  ObservationRing observations_;

  // The rest is on the host: what a batch takes of it is little, and travels in one copy.
  torch::Tensor ids_;           // int64   [capacity]
  torch::Tensor history_;       // int64   [capacity], observations of the episode before it
  torch::Tensor action_;        // float32 [capacity, A]
  torch::Tensor reward_;        // float32 [capacity, 1]
  torch::Tensor not_terminal_;  // float32 [capacity, 1]

  std::vector<Lane> lanes_;
  std::int64_t begin_ = 0;  // of the transitions that can be drawn
  std::int64_t end_ = 0;

  at::Generator index_stream_;
  at::Generator crop_stream_;                          // of the three views that CURL has
  std::map<std::string, at::Generator> view_streams_;  // of all others
};

}  // namespace curl_rl::replay
