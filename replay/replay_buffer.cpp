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
// decisions and more; with shorter ones the buffer holds fewer.
std::int64_t Slots(const ReplayOptions& o) {
  return o.capacity + o.capacity / 32 + o.frame_stack + 1;
}

std::int64_t ObservationCount(const ReplayOptions& o) {
  return std::accumulate(o.observation_shape.begin(), o.observation_shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

void Check(bool ok, const std::string& message) {
  if (!ok) throw std::invalid_argument(message);
}

void CheckOptions(const ReplayOptions& o) {
  Check(o.observation_shape.size() == 3 || o.observation_shape.size() == 1,
        "observation_shape: allowed {height, width, channels} or {size}");
  Check(ObservationCount(o) > 0, "observation_shape: every size must be at least 1");
  Check(o.capacity >= 1, "replay_capacity: got " + std::to_string(o.capacity) + ", allowed: >= 1");
  Check(o.frame_stack >= 1,
        "frame_stack: got " + std::to_string(o.frame_stack) + ", allowed: >= 1");
  Check(o.action_size >= 1,
        "action_size: got " + std::to_string(o.action_size) + ", allowed: >= 1");
  if (o.frames != FrameStorage::kCompressed) return;
  Check(o.pixels(), "replay_frames: got compressed, allowed for state vectors: raw, auto");
  Check(o.device.is_cpu(),
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
  slots_ = Slots(options_);
  observations_ =
      ObservationRing(slots_, options_.observation_shape, options_.device, options_.frames);
  ids_ = torch::zeros({options_.capacity}, torch::kInt64);
  history_ = torch::zeros({options_.capacity}, torch::kInt64);
  action_ = torch::zeros({options_.capacity, options_.action_size});
  reward_ = torch::zeros({options_.capacity, 1});
  not_terminal_ = torch::zeros({options_.capacity, 1});
}

void ReplayBuffer::Store(const torch::Tensor& observation) {
  const auto dtype = observations_.dtype();
  Check(observation.sizes() == options_.observation_shape && observation.scalar_type() == dtype,
        "observation: got " + std::string(c10::toString(observation.scalar_type())) + " of " +
            std::to_string(observation.numel()) + " elements, allowed: " + c10::toString(dtype) +
            " of " + std::to_string(ObservationCount(options_)));
  Check(options_.pixels() || observation.isfinite().all().item<bool>(),
        "observation: a state vector has a component that is not finite");
  observations_.Put(next_id_ % slots_, observation);
  ++next_id_;
  const auto oldest_stored = next_id_ - slots_;
  while (begin_ < end_ && OldestFrame(begin_ % options_.capacity) < oldest_stored) ++begin_;
}

// The oldest frame of the stack of the transition in `row`.
std::int64_t ReplayBuffer::OldestFrame(std::int64_t row) const {
  const auto history = history_.data_ptr<std::int64_t>()[row];
  return ids_.data_ptr<std::int64_t>()[row] - std::min(history, options_.frame_stack - 1);
}

void ReplayBuffer::BeginEpisode(const torch::Tensor& observation) {
  Store(observation);
  episode_history_ = 0;
}

void ReplayBuffer::Add(const torch::Tensor& next_observation, const std::vector<double>& action,
                       double reward, bool terminated, bool truncated) {
  if (episode_history_ < 0) throw std::logic_error("ReplayBuffer::Add before BeginEpisode");
  Check(static_cast<std::int64_t>(action.size()) == options_.action_size,
        "action: got " + std::to_string(action.size()) +
            " numbers, allowed: " + std::to_string(options_.action_size));
  Check(std::all_of(action.begin(), action.end(), [](double a) { return std::isfinite(a); }),
        "action: a component is not finite");
  Check(std::isfinite(reward),
        "reward: got " + std::to_string(reward) + ", allowed: finite numbers");
  const auto id = next_id_ - 1;
  Store(next_observation);

  const auto row = end_ % options_.capacity;
  ids_.data_ptr<std::int64_t>()[row] = id;
  history_.data_ptr<std::int64_t>()[row] = episode_history_;
  std::copy(action.begin(), action.end(), action_.data_ptr<float>() + row * options_.action_size);
  reward_.data_ptr<float>()[row] = static_cast<float>(reward);
  not_terminal_.data_ptr<float>()[row] = terminated ? 0.0f : 1.0f;
  ++end_;
  begin_ = std::max(begin_, end_ - options_.capacity);
  episode_history_ = terminated || truncated ? -1 : episode_history_ + 1;
}

torch::Tensor ReplayBuffer::NewestStack() const {
  if (episode_history_ < 0) throw std::logic_error("ReplayBuffer::NewestStack between episodes");
  std::vector<torch::Tensor> frames;  // oldest first
  for (auto age = options_.frame_stack - 1; age >= 0; --age) {
    const auto id = next_id_ - 1 - std::min(age, episode_history_);
    frames.push_back(observations_.Get(id % slots_));
  }
  const auto stack = torch::cat(frames, -1).unsqueeze(0);  // [1, H, W, K*C] or [1, K*D]
  return options_.pixels() ? stack.permute({0, 3, 1, 2}) : stack;
}

NamedTensors ReplayBuffer::Save() const {
  const auto rows = std::min(end_, options_.capacity);
  NamedTensors tensors = {
      {"ids", ids_.narrow(0, 0, rows)},
      {"history", history_.narrow(0, 0, rows)},
      {"action", action_.narrow(0, 0, rows)},
      {"reward", reward_.narrow(0, 0, rows)},
      {"not_terminal", not_terminal_.narrow(0, 0, rows)},
      {"counters", torch::tensor({next_id_, episode_history_, begin_, end_}, torch::kInt64)},
      {"index_stream", SaveStream(index_stream_)},
      {"crop_stream", SaveStream(crop_stream_)}};
  for (const auto& [view, stream] : view_streams_) {
    tensors["view_stream." + view] = SaveStream(stream);
  }
  return tensors;
}

void ReplayBuffer::Load(const NamedTensors& tensors) {
  const auto& counters = Get(tensors, "counters");
  if (counters.numel() != 4 || counters.scalar_type() != torch::kInt64) {
    throw std::runtime_error("saved replay: 'counters' are not four whole numbers");
  }
  const auto* counter = counters.data_ptr<std::int64_t>();
  const bool possible = counter[1] >= -1 && counter[1] < counter[0] && counter[2] >= 0 &&
                        counter[2] <= counter[3] && counter[3] <= counter[0] &&
                        counter[3] - counter[2] <= options_.capacity;
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
  next_id_ = counter[0];
  episode_history_ = counter[1];
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

// Replays of earlier versions were saved with histories of at most frame_stack - 1. Those of
// episodes whose start is still there follow from the transitions' order.
void ReplayBuffer::LengthenHistories() {
  const auto* ids = ids_.data_ptr<std::int64_t>();
  auto* history = history_.data_ptr<std::int64_t>();
  for (auto number = begin_ + 1; number < end_; ++number) {
    const auto before = (number - 1) % options_.capacity, row = number % options_.capacity;
    if (ids[row] == ids[before] + 1) history[row] = std::max(history[row], history[before] + 1);
  }
  if (size() == 0 || episode_history_ < 0) return;
  const auto last = (end_ - 1) % options_.capacity;
  if (ids[last] + 2 == next_id_) {  // the running episode's
    episode_history_ = std::max(episode_history_, history[last] + 1);
  }
}

std::int64_t ReplayBuffer::oldest_needed_id() const {
  if (size() == 0) {
    const auto frames = std::min(episode_history_, options_.frame_stack - 1);
    return std::max<std::int64_t>(0, next_id_ - 1 - std::max<std::int64_t>(0, frames));
  }
  return OldestFrame(begin_ % options_.capacity);
}

std::int64_t ReplayBuffer::bytes_now() const {
  return observations_.bytes_now() + TransitionBytes(options_);
}

std::int64_t ReplayBuffer::bytes_when_full() const {
  return observations_.bytes_when_full() + TransitionBytes(options_);
}

std::vector<std::int64_t> ReplayBuffer::SlotsOf(std::int64_t begin, std::int64_t end) const {
  std::vector<std::int64_t> slots;
  for (auto id = begin; id < end; ++id) slots.push_back(id % slots_);
  return slots;
}

torch::Tensor ReplayBuffer::Observations(std::int64_t begin, std::int64_t end) const {
  return observations_.Get(SlotsOf(begin, end)).to(torch::kCPU);
}

void ReplayBuffer::SetObservations(std::int64_t begin, const torch::Tensor& observations) {
  const auto end = begin + observations.size(0);
  const c10::IntArrayRef shape = options_.observation_shape;
  if (begin < first_id() || end > next_id_ || observations.sizes().slice(1) != shape ||
      observations.scalar_type() != observations_.dtype()) {
    std::ostringstream message;
    message << "saved replay: observations " << begin << " .. " << end - 1 << " of "
            << observations.scalar_type() << ' ' << observations.sizes().slice(1)
            << ", needed: " << first_id() << " .. " << next_id_ - 1 << " of "
            << observations_.dtype() << ' ' << shape;
    throw std::runtime_error(message.str());
  }
  observations_.Put(SlotsOf(begin, end), observations);
}

}  // namespace curl_rl::replay
