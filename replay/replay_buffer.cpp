// The ring of frames on the device, the ring of transitions on the host, and how batches are made.
#include "replay/replay_buffer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "replay/memory.h"
#include "replay/random_stream.h"

namespace curl_rl::replay {
namespace {

// Every episode stores one observation more than it has transitions, and the oldest stack needs the
// frames before it. One spare slot in 32 keeps `capacity` transitions for all episodes of 32
// decisions and more; with shorter ones the buffer holds fewer. Every lane has as many.
std::int64_t Slots(const ReplayOptions& o) {
  const auto of_lane = (o.capacity + o.lanes - 1) / o.lanes;  // transitions
  return o.lanes * (of_lane + of_lane / 32 + o.frame_stack + 1);
}

std::int64_t ObservationCount(const ReplayOptions& o) {
  return std::accumulate(o.observation_shape.begin(), o.observation_shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

void Require(bool ok, const std::string& message) {
  if (!ok) throw std::invalid_argument(message);
}

void CheckOptions(const ReplayOptions& o) {
  Require(o.observation_shape.size() == 3 || o.observation_shape.size() == 1,
          "observation_shape: allowed {height, width, channels} or {size}");
  Require(ObservationCount(o) > 0, "observation_shape: every size must be at least 1");
  Require(o.lanes >= 1, "lanes: got " + std::to_string(o.lanes) + ", allowed: >= 1");
  Require(o.capacity >= o.lanes, "replay_capacity: got " + std::to_string(o.capacity) +
                                     ", allowed: >= " + std::to_string(o.lanes) + ", one a lane");
  Require(o.frame_stack >= 1,
          "frame_stack: got " + std::to_string(o.frame_stack) + ", allowed: >= 1");
  Require(o.action_size >= 1,
          "action_size: got " + std::to_string(o.action_size) + ", allowed: >= 1");
  if (o.frames != FrameStorage::kCompressed) return;
  Require(o.pixels(), "replay_frames: got compressed, allowed for state vectors: raw, auto");
  Require(o.device.is_cpu(),
          "replay_frames: got compressed, which the host's memory keeps; allowed "
          "for a replay on " +
              o.device.str() + ": raw, auto");
}

// What transitions take beside their observations, on the host.
std::int64_t TransitionBytes(const ReplayOptions& o) {
  return o.capacity * (2 * 8 + 4 * (o.action_size + 2));
}

std::int64_t BytesWith(const ReplayOptions& o, FrameStorage storage) {
  return ObservationRing::Bytes(Slots(o), o.observation_shape, storage) + TransitionBytes(o);
}

// What could be done about it.
std::string Advice(const ReplayOptions& o) {
  std::string advice = "; lower replay_capacity or environment.image_size";
  if (o.frames != FrameStorage::kRaw || !o.pixels() || !o.device.is_cpu()) return advice;
  return advice + ", or set replay_frames to compressed, which takes about " +
         FormatBytes(BytesWith(o, FrameStorage::kCompressed));
}

}  // namespace

FrameStorage StorageOf(const ReplayOptions& options) {
  if (options.frames != FrameStorage::kAuto) return options.frames;
  const bool fits = !options.pixels() || !options.device.is_cpu() ||
                    BytesWith(options, FrameStorage::kRaw) <= AvailableBytes(options.device);
  return fits ? FrameStorage::kRaw : FrameStorage::kCompressed;
}

std::int64_t ReplayBytes(const ReplayOptions& options) {
  return BytesWith(options, StorageOf(options));
}

ReplayBuffer::ReplayBuffer(const ReplayOptions& options)
    : options_(options),
      index_stream_(MakeStream(options.seed, StreamPurpose::kReplayIndices)),
      crop_stream_(MakeStream(options.seed, StreamPurpose::kCrops)) {
  CheckOptions(options_);
  options_.frames = StorageOf(options_);
  const auto needed = ReplayBytes(options_);
  const auto available = AvailableBytes(options_.device);
  if (needed > available) {
    const bool packed = options_.frames == FrameStorage::kCompressed;
    throw OutOfMemory("replay_capacity: " + std::to_string(options_.capacity) +
                      " transitions take " + (packed ? "about " : "") + FormatBytes(needed) +
                      (packed ? " with compressed frames" : "") + ", but " + options_.device.str() +
                      " has " + FormatBytes(available) + " left" + Advice(options_));
  }
  lanes_.resize(static_cast<std::size_t>(options_.lanes));
  slots_ = Slots(options_);
  observations_ =
      ObservationRing(slots_, options_.observation_shape, options_.device, options_.frames);
  ids_ = torch::zeros({options_.capacity}, torch::kInt64);
  history_ = torch::zeros({options_.capacity}, torch::kInt64);
  action_ = torch::zeros({options_.capacity, options_.action_size});
  reward_ = torch::zeros({options_.capacity, 1});
  not_terminal_ = torch::zeros({options_.capacity, 1});
}

ReplayBuffer::Lane& ReplayBuffer::LaneAt(std::int64_t lane) {
  Require(lane >= 0 && lane < options_.lanes, "lane: got " + std::to_string(lane) +
                                                  ", allowed: 0 .. " +
                                                  std::to_string(options_.lanes - 1));
  return lanes_[static_cast<std::size_t>(lane)];
}

void ReplayBuffer::Store(const torch::Tensor& observation, std::int64_t lane) {
  const auto dtype = observations_.dtype();
  Require(observation.sizes() == options_.observation_shape && observation.scalar_type() == dtype,
          "observation: got " + std::string(c10::toString(observation.scalar_type())) + " of " +
              std::to_string(observation.numel()) + " elements, allowed: " + c10::toString(dtype) +
              " of " + std::to_string(ObservationCount(options_)));
  Require(options_.pixels() || observation.isfinite().all().item<bool>(),
          "observation: a state vector has a component that is not finite");
  auto& next_id = lanes_[static_cast<std::size_t>(lane)].next_id;
  observations_.Put(IdOf(next_id, lane) % slots_, observation);
  ++next_id;
  const auto oldest_stored = IdOf(first_id(lane), lane);
  for (auto n = FirstOf(lane); n < end_; n += options_.lanes) {
    if (OldestFrame(n % options_.capacity) >= oldest_stored) break;
    begin_ = n + 1;
  }
}

// The lane's first transition that can be drawn, if it is less than end_.
std::int64_t ReplayBuffer::FirstOf(std::int64_t lane) const {
  const auto lanes = options_.lanes;
  return begin_ + (lane - begin_ % lanes + lanes) % lanes;
}

// The id of the oldest frame of the stack of the transition in `row`.
std::int64_t ReplayBuffer::OldestFrame(std::int64_t row) const {
  const auto history = history_.data_ptr<std::int64_t>()[row];
  return ids_.data_ptr<std::int64_t>()[row] -
         options_.lanes * std::min(history, options_.frame_stack - 1);
}

void ReplayBuffer::BeginEpisode(const torch::Tensor& observation, std::int64_t lane) {
  auto& history = LaneAt(lane).episode_history;
  Store(observation, lane);
  history = 0;
}

void ReplayBuffer::Add(const torch::Tensor& next_observation, const std::vector<double>& action,
                       double reward, bool terminated, bool truncated, std::int64_t lane) {
  auto& history = LaneAt(lane).episode_history;
  if (history < 0) throw std::logic_error("ReplayBuffer::Add before BeginEpisode");
  if (lane != end_ % options_.lanes) {
    throw std::logic_error("ReplayBuffer::Add: lane " + std::to_string(end_ % options_.lanes) +
                           " is next, got " + std::to_string(lane));
  }
  Require(static_cast<std::int64_t>(action.size()) == options_.action_size,
          "action: got " + std::to_string(action.size()) +
              " numbers, allowed: " + std::to_string(options_.action_size));
  Require(std::all_of(action.begin(), action.end(), [](double a) { return std::isfinite(a); }),
          "action: a component is not finite");
  Require(std::isfinite(reward),
          "reward: got " + std::to_string(reward) + ", allowed: finite numbers");
  const auto id = IdOf(next_id(lane) - 1, lane);
  Store(next_observation, lane);

  const auto row = end_ % options_.capacity;
  ids_.data_ptr<std::int64_t>()[row] = id;
  history_.data_ptr<std::int64_t>()[row] = history;
  std::copy(action.begin(), action.end(), action_.data_ptr<float>() + row * options_.action_size);
  reward_.data_ptr<float>()[row] = static_cast<float>(reward);
  not_terminal_.data_ptr<float>()[row] = terminated ? 0.0f : 1.0f;
  ++end_;
  begin_ = std::max(begin_, end_ - options_.capacity);
  history = terminated || truncated ? -1 : history + 1;
}

torch::Tensor ReplayBuffer::NewestStack() const {
  std::vector<torch::Tensor> stacks;
  for (std::int64_t lane = 0; lane < options_.lanes; ++lane) {
    const auto history = lanes_[static_cast<std::size_t>(lane)].episode_history;
    if (history < 0) throw std::logic_error("ReplayBuffer::NewestStack between episodes");
    std::vector<torch::Tensor> frames;  // oldest first
    for (auto age = options_.frame_stack - 1; age >= 0; --age) {
      const auto id = IdOf(next_id(lane) - 1 - std::min(age, history), lane);
      frames.push_back(observations_.Get(id % slots_));
    }
    stacks.push_back(torch::cat(frames, -1));  // [H, W, K*C] or [K*D]
  }
  const auto all = stacks.size() == 1 ? stacks.front().unsqueeze(0) : torch::stack(stacks);
  return options_.pixels() ? all.permute({0, 3, 1, 2}) : all;
}

NamedTensors ReplayBuffer::Save() const {
  const auto rows = std::min(end_, options_.capacity);
  // The first lane's before those of all, as replays of one lane have always had them.
  std::vector<std::int64_t> counters = {lanes_[0].next_id, lanes_[0].episode_history, begin_, end_};
  for (std::size_t lane = 1; lane < lanes_.size(); ++lane) {
    counters.push_back(lanes_[lane].next_id);
    counters.push_back(lanes_[lane].episode_history);
  }
  NamedTensors tensors = {{"ids", ids_.narrow(0, 0, rows)},
                          {"history", history_.narrow(0, 0, rows)},
                          {"action", action_.narrow(0, 0, rows)},
                          {"reward", reward_.narrow(0, 0, rows)},
                          {"not_terminal", not_terminal_.narrow(0, 0, rows)},
                          {"counters", torch::tensor(counters, torch::kInt64)},
                          {"index_stream", SaveStream(index_stream_)},
                          {"crop_stream", SaveStream(crop_stream_)}};
  for (const auto& [view, stream] : view_streams_) {
    tensors["view_stream." + view] = SaveStream(stream);
  }
  return tensors;
}

void ReplayBuffer::Load(const NamedTensors& tensors) {
  const auto& counters = Get(tensors, "counters");
  if (counters.numel() != 2 + 2 * options_.lanes || counters.scalar_type() != torch::kInt64) {
    throw std::runtime_error("saved replay: 'counters' are not " +
                             std::to_string(2 + 2 * options_.lanes) + " whole numbers, those of " +
                             std::to_string(options_.lanes) + " lanes");
  }
  const auto* counter = counters.data_ptr<std::int64_t>();
  bool possible =
      counter[2] >= 0 && counter[2] <= counter[3] && counter[3] - counter[2] <= options_.capacity;
  std::vector<Lane> lanes;
  for (std::int64_t lane = 0; lane < options_.lanes; ++lane) {
    const auto* of_lane = counter + (lane == 0 ? 0 : 2 + 2 * lane);
    lanes.push_back({of_lane[0], of_lane[1]});
    const auto before = counter[3] / options_.lanes + (lane < counter[3] % options_.lanes ? 1 : 0);
    possible = possible && of_lane[1] >= -1 && of_lane[1] < of_lane[0] && before <= of_lane[0];
  }
  if (!possible) throw std::runtime_error("saved replay: 'counters' are of no replay");
  const auto rows = std::min(counter[3], options_.capacity);
  const std::pair<const char*, torch::Tensor*> columns[] = {{"ids", &ids_},
                                                            {"history", &history_},
                                                            {"action", &action_},
                                                            {"reward", &reward_},
                                                            {"not_terminal", &not_terminal_}};
  NamedTensors needed;
  for (const auto& [name, column] : columns) needed[name] = column->narrow(0, 0, rows);
  CheckLike(needed, tensors, "saved replay");  // before anything is changed
  for (const auto& [name, column] : columns) column->narrow(0, 0, rows).copy_(tensors.at(name));
  lanes_ = std::move(lanes);
  begin_ = counter[2];
  end_ = counter[3];
  LengthenHistories();
  LoadStream(index_stream_, Get(tensors, "index_stream"));
  LoadStream(crop_stream_, Get(tensors, "crop_stream"));
  view_streams_.clear();
  const std::string prefix = "view_stream.";
  for (const auto& [name, state] : tensors) {
    if (name.compare(0, prefix.size(), prefix) == 0) {
      LoadStream(StreamOf(name.substr(prefix.size())), state);
    }
  }
}

// Replays of earlier versions, of one lane, were saved with histories of at most frame_stack - 1.
// Those of episodes whose start is still there follow from the transitions' order.
void ReplayBuffer::LengthenHistories() {
  if (options_.lanes > 1) return;
  const auto* ids = ids_.data_ptr<std::int64_t>();
  auto* history = history_.data_ptr<std::int64_t>();
  for (auto number = begin_ + 1; number < end_; ++number) {
    const auto before = (number - 1) % options_.capacity, row = number % options_.capacity;
    if (ids[row] == ids[before] + 1) history[row] = std::max(history[row], history[before] + 1);
  }
  auto& running = lanes_.front();
  if (size() == 0 || running.episode_history < 0) return;
  const auto last = (end_ - 1) % options_.capacity;
  if (ids[last] + 2 == running.next_id) {  // the running episode's
    running.episode_history = std::max(running.episode_history, history[last] + 1);
  }
}

std::int64_t ReplayBuffer::oldest_needed_id(std::int64_t lane) const {
  const auto first = FirstOf(lane);
  if (first < end_) return OldestFrame(first % options_.capacity) / options_.lanes;
  const auto& running = lanes_.at(static_cast<std::size_t>(lane));
  const auto frames = std::min(running.episode_history, options_.frame_stack - 1);
  return std::max<std::int64_t>(0, running.next_id - 1 - std::max<std::int64_t>(0, frames));
}

std::int64_t ReplayBuffer::bytes_now() const {
  return observations_.bytes_now() + TransitionBytes(options_);
}

std::int64_t ReplayBuffer::bytes_when_full() const {
  return observations_.bytes_when_full() + TransitionBytes(options_);
}

std::vector<std::int64_t> ReplayBuffer::SlotsOf(std::int64_t begin, std::int64_t end,
                                                std::int64_t lane) const {
  std::vector<std::int64_t> slots;
  for (auto in_lane = begin; in_lane < end; ++in_lane) {
    slots.push_back(IdOf(in_lane, lane) % slots_);
  }
  return slots;
}

torch::Tensor ReplayBuffer::Observations(std::int64_t begin, std::int64_t end,
                                         std::int64_t lane) const {
  return observations_.Get(SlotsOf(begin, end, lane)).to(torch::kCPU);
}

void ReplayBuffer::SetObservations(std::int64_t begin, const torch::Tensor& observations,
                                   std::int64_t lane) {
  const auto end = begin + observations.size(0);
  const c10::IntArrayRef shape = options_.observation_shape;
  if (begin < first_id(lane) || end > next_id(lane) || observations.sizes().slice(1) != shape ||
      observations.scalar_type() != observations_.dtype()) {
    std::ostringstream message;
    message << "saved replay: observations " << begin << " .. " << end - 1 << " of "
            << observations.scalar_type() << ' ' << observations.sizes().slice(1)
            << ", needed: " << first_id(lane) << " .. " << next_id(lane) - 1 << " of "
            << observations_.dtype() << ' ' << shape;
    throw std::runtime_error(message.str());
  }
  observations_.Put(SlotsOf(begin, end, lane), observations);
}

}  // namespace curl_rl::replay
