// How a batch is made: transitions drawn and looked up on the host, their pictures gathered on the
// device.
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include "replay/gather.h"
#include "replay/random_stream.h"
#include "replay/replay_buffer.h"

namespace curl_rl::replay {
namespace {

void Check(bool ok, const std::string& message) {
  if (!ok) throw std::invalid_argument(message);
}

// `tensor` with this shape and type: itself, if it has them already.
torch::Tensor& Fit(torch::Tensor& tensor, c10::IntArrayRef shape,
                   const torch::TensorOptions& options) {
  if (!tensor.defined() || tensor.sizes() != shape || tensor.dtype() != options.dtype() ||
      tensor.device() != options.device()) {
    tensor = torch::empty(shape, options);
  }
  return tensor;
}

}  // namespace

void ReplayBuffer::CheckView(const View& view) const {
  if (!options_.pixels()) {
    Check(view.name == "observation" || view.name == "next_observation",
          "view: got '" + view.name +
              "' of state vectors, allowed: observation, next_observation (there are no frames)");
    return;
  }
  if (view.window == Window::kWhole) return;
  const auto side = std::min(options_.observation_shape[0], options_.observation_shape[1]);
  auto largest = side;
  if (view.window == Window::kShift) largest += 2 * view.pad;
  // The reference's exclusive bound has no offset at all when crop and frame are equal.
  if (view.window == Window::kRandomCrop && view.crop_range == CropRange::kReference) --largest;
  Check(view.size >= 1 && view.size <= largest,
        "crop_size: got " + std::to_string(view.size) + " for frames of " + std::to_string(side) +
            " pixels, allowed: 1.." + std::to_string(largest));
}

at::Generator& ReplayBuffer::StreamOf(const std::string& view) {
  const auto found = view_streams_.find(view);
  if (found != view_streams_.end()) return found->second;
  const auto seed = StreamSeed(options_.seed, "view." + view);
  return view_streams_.emplace(view, at::detail::createCPUGenerator(seed)).first->second;
}

// Drawn transitions as plain numbers on the host.
struct ReplayBuffer::Picked {
  std::vector<std::int64_t> observation;   // [B, K] slots of the frames, oldest first
  std::vector<std::int64_t> next;          // [B, K]
  std::vector<std::int64_t> ahead;         // [V', B, K] of each view of kAhead
  std::vector<std::int64_t> reached;       // [V', B] its decisions
  std::vector<std::int64_t> steps;         // [B] decisions within the horizon
  std::vector<std::int64_t> offsets;       // [V, B, 2] of each view's windows
  std::vector<std::int64_t> transition;    // [B]
  std::vector<std::int64_t> episode_step;  // [B]
  std::vector<float> action;               // [B, A]
  std::vector<float> reward;               // [B]
  std::vector<float> bootstrap;            // [B]
  std::vector<float> actions;              // [B, H, A]
  std::vector<float> rewards;              // [B, H]
};

void ReplayBuffer::Pick(const std::int64_t* transitions, std::int64_t count, const BatchSpec& spec,
                        Picked& picked) const {
  const auto capacity = options_.capacity;
  const auto depth = options_.frame_stack;
  const auto* ids = ids_.data_ptr<std::int64_t>();
  const auto* history = history_.data_ptr<std::int64_t>();
  const auto* reward = reward_.data_ptr<float>();
  const auto* not_terminal = not_terminal_.data_ptr<float>();
  const auto discount = static_cast<float>(spec.discount);
  // Ages K-1 .. 0 of the frames in a stack, at most what the episode has.
  const auto stack = [&](std::int64_t id, std::int64_t frames, std::vector<std::int64_t>& slots) {
    for (auto age = depth - 1; age >= 0; --age) {
      slots.push_back((id - std::min(age, frames)) % slots_);
    }
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = transitions[i];
    auto row = number % capacity;
    stack(ids[row], history[row], picked.observation);
    const auto* action = action_.data_ptr<float>() + row * options_.action_size;
    picked.action.insert(picked.action.end(), action, action + options_.action_size);
    picked.transition.push_back(number);
    picked.episode_step.push_back(history[row]);
    // In float32, as DrQ-v2's sampler: an exact recording of it is in the tests.
    float sum = reward[row];
    const auto goes_on = [&](std::int64_t at) {
      return spec.bootstrap_terminal ? 1.0F : not_terminal[at];
    };
    float factor = goes_on(row) * discount;
    for (std::int64_t n = 1; n < spec.n_step && number + n < end_; ++n) {
      const auto following = (number + n) % capacity;
      if (ids[following] != ids[row] + 1) break;  // another episode
      row = following;
      sum += factor * reward[row];
      factor *= goes_on(row) * discount;
    }
    picked.reward.push_back(sum);
    picked.bootstrap.push_back(factor);
    stack(ids[row] + 1, history[row] + 1, picked.next);
  }
}

// What follows the drawn transitions: views ahead, and the decisions within the horizon.
void ReplayBuffer::PickAhead(const std::int64_t* transitions, std::int64_t count,
                             const BatchSpec& spec, Picked& picked) const {
  const auto capacity = options_.capacity;
  const auto depth = options_.frame_stack;
  const auto* ids = ids_.data_ptr<std::int64_t>();
  const auto* history = history_.data_ptr<std::int64_t>();
  // How many decisions, at most `most`, there are from transition `number` on in its episode.
  const auto reach = [&](std::int64_t number, std::int64_t most) {
    std::int64_t steps = 1;
    while (steps < most && number + steps < end_ &&
           ids[(number + steps) % capacity] == ids[number % capacity] + steps) {
      ++steps;
    }
    return std::min(steps, most);
  };
  for (const auto& view : spec.views) {
    if (view.of != ViewOf::kAhead) continue;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = transitions[i] % capacity;
      const auto steps = reach(transitions[i], view.ahead);
      const auto frames = history[row] + steps;
      for (auto age = depth - 1; age >= 0; --age) {
        picked.ahead.push_back((ids[row] + steps - std::min(age, frames)) % slots_);
      }
      picked.reached.push_back(steps);
    }
  }
  if (spec.horizon == 0) return;
  const auto size = options_.action_size;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto steps = reach(transitions[i], spec.horizon);
    picked.steps.push_back(steps);
    for (std::int64_t step = 0; step < steps; ++step) {
      const auto row = (transitions[i] + step) % capacity;
      const auto* action = action_.data_ptr<float>() + row * size;
      picked.actions.insert(picked.actions.end(), action, action + size);
      picked.rewards.push_back(reward_.data_ptr<float>()[row]);
    }
    const auto rows = static_cast<std::size_t>((i + 1) * spec.horizon);
    picked.actions.resize(rows * static_cast<std::size_t>(size));
    picked.rewards.resize(rows);
  }
}

bool ReplayBuffer::HasWholeWindow(std::int64_t transition, std::int64_t n_step) const {
  const auto last = transition + n_step - 1;
  const auto* ids = ids_.data_ptr<std::int64_t>();
  return last < end_ &&
         ids[last % options_.capacity] - ids[transition % options_.capacity] == n_step - 1;
}

// Until all have whole windows: each of those is as likely as any other.
void ReplayBuffer::RedrawCutWindows(const BatchSpec& spec, const torch::Tensor& drawn) {
  constexpr int kPatience = 64;  // draws before it is looked whether there is one at all
  auto* numbers = drawn.data_ptr<std::int64_t>();
  int redrawn = 0;
  for (std::int64_t i = 0; i < drawn.numel(); ++i) {
    while (!HasWholeWindow(numbers[i], spec.n_step)) {
      if (++redrawn == kPatience) {
        bool any = false;
        for (auto n = begin_; n < end_ && !any; ++n) any = HasWholeWindow(n, spec.n_step);
        if (!any) {
          throw std::logic_error("ReplayBuffer::Sample: n_step: got " +
                                 std::to_string(spec.n_step) +
                                 " with whole windows, but no episode has so many transitions yet");
        }
      }
      numbers[i] =
          torch::randint(begin_, end_, {1}, index_stream_, torch::kInt64).item<std::int64_t>();
    }
  }
}

Batch ReplayBuffer::Sample(const BatchSpec& spec) {
  Batch batch;
  SampleInto(spec, batch);
  return batch;
}

void ReplayBuffer::SampleInto(const BatchSpec& spec, Batch& batch) {
  if (size() == 0) throw std::logic_error("ReplayBuffer::Sample: there is no transition yet");
  for (const auto& view : spec.views) CheckView(view);
  const auto count = spec.batch_size;
  const auto drawn = torch::randint(begin_, end_, {count}, index_stream_, torch::kInt64);
  if (spec.whole_windows) RedrawCutWindows(spec, drawn);
  Picked picked;
  Pick(drawn.data_ptr<std::int64_t>(), count, spec, picked);
  PickAhead(drawn.data_ptr<std::int64_t>(), count, spec, picked);
  if (options_.pixels()) DrawWindows(spec, picked);
  Fill(picked, spec, batch);
}

// Windows of all views. Those that CURL has share a stream and are drawn in CURL's order.
void ReplayBuffer::DrawWindows(const BatchSpec& spec, Picked& picked) {
  const auto count = spec.batch_size;
  picked.offsets.resize(spec.views.size() * static_cast<std::size_t>(2 * count));
  const auto draw = [&](const View& view, at::Generator& stream, std::int64_t* to) {
    const auto place = PlaceOf(view);
    for (const int axis : {0, 1}) {
      if (place.range[axis] == 1 && view.window != Window::kRandomCrop) {
        for (std::int64_t b = 0; b < count && to != nullptr; ++b)
          to[2 * b + axis] = place.first[axis];
        continue;
      }
      const auto offsets = torch::randint(place.range[axis], {count}, stream, torch::kInt64);
      const auto* offset = offsets.data_ptr<std::int64_t>();
      for (std::int64_t b = 0; b < count && to != nullptr; ++b) {
        to[2 * b + axis] = place.first[axis] + offset[b];
      }
    }
  };
  const auto find = [&](const std::string& name) {
    return std::find_if(spec.views.begin(), spec.views.end(),
                        [&](const View& view) { return view.name == name; });
  };
  const auto target = [&](auto view) {
    return picked.offsets.data() + (view - spec.views.begin()) * 2 * count;
  };
  const std::string shared[] = {"observation", "next_observation", "positive"};
  for (const auto& name : shared) {
    const auto view = find(name);
    if (view != spec.views.end()) {
      draw(*view, crop_stream_, target(view));
    } else if (find("observation") != spec.views.end()) {
      draw(*find("observation"), crop_stream_, nullptr);
    }
  }
  for (auto view = spec.views.begin(); view != spec.views.end(); ++view) {
    if (std::find(std::begin(shared), std::end(shared), view->name) == std::end(shared)) {
      draw(*view, StreamOf(view->name), target(view));
    }
  }
}

// The first offset of a view's windows and how many there are, by row and column.
ReplayBuffer::Place ReplayBuffer::PlaceOf(const View& view) const {
  Place place;
  for (const int axis : {0, 1}) {
    const auto frame = options_.observation_shape[static_cast<std::size_t>(axis)];
    auto& first = place.first[axis];
    auto& range = place.range[axis];
    switch (view.window) {
      case Window::kRandomCrop:
        range = frame - view.size + (view.crop_range == CropRange::kInclusive ? 1 : 0);
        break;
      case Window::kShift:
        first = -view.pad;
        range = frame + 2 * view.pad - view.size + 1;
        break;
      case Window::kCentre:
        first = (frame - view.size) / 2;
        break;
      case Window::kWhole:
        break;
    }
  }
  return place;
}

Batch ReplayBuffer::Read(const torch::Tensor& transitions, const BatchSpec& spec) const {
  const auto numbers = transitions.to(torch::kCPU, torch::kInt64).contiguous();
  Check(numbers.numel() == 0 || (numbers.min().item<std::int64_t>() >= begin_ &&
                                 numbers.max().item<std::int64_t>() < end_),
        "transitions: allowed: " + std::to_string(begin_) + " .. " + std::to_string(end_ - 1));
  auto centred = spec;
  centred.n_step = 1;
  centred.batch_size = numbers.numel();
  Picked picked;
  Pick(numbers.data_ptr<std::int64_t>(), numbers.numel(), centred, picked);
  PickAhead(numbers.data_ptr<std::int64_t>(), numbers.numel(), centred, picked);
  for (auto& view : centred.views) {
    if (view.window != Window::kWhole) view.window = Window::kCentre;
    CheckView(view);
    const auto place = options_.pixels() ? PlaceOf(view) : Place();
    for (std::int64_t b = 0; b < numbers.numel(); ++b) {
      picked.offsets.insert(picked.offsets.end(), {place.first[0], place.first[1]});
    }
  }
  Batch batch;
  Fill(picked, centred, batch);
  return batch;
}

// Brings the numbers to the device in one copy of each type, then gathers the pictures.
void ReplayBuffer::Fill(const Picked& picked, const BatchSpec& spec, Batch& batch) const {
  const auto count = spec.batch_size;
  const auto depth = options_.frame_stack;
  const bool gpu = options_.device.is_cuda();
  const auto join = [&](auto type, std::initializer_list<const decltype(type)*> parts,
                        torch::Tensor& out) {
    using Number = typename decltype(type)::value_type;
    std::size_t size = 0;
    for (const auto* part : parts) size += part->size();
    auto host = torch::empty(
        {static_cast<std::int64_t>(size)},
        torch::TensorOptions(c10::CppTypeToScalarType<Number>::value).pinned_memory(gpu));
    auto* to = host.template data_ptr<Number>();
    for (const auto* part : parts) to = std::copy(part->begin(), part->end(), to);
    Fit(out, host.sizes(), host.options().device(options_.device).pinned_memory(false))
        .copy_(host, /*non_blocking=*/true);
  };
  join(std::vector<std::int64_t>(),
       {&picked.observation, &picked.next, &picked.ahead, &picked.reached, &picked.offsets,
        &picked.transition, &picked.episode_step, &picked.steps},
       batch.integers);
  join(std::vector<float>(),
       {&picked.action, &picked.reward, &picked.bootstrap, &picked.actions, &picked.rewards},
       batch.numbers);

  std::int64_t at = 0;
  const auto take = [&](const torch::Tensor& from, std::int64_t rows, std::int64_t columns) {
    const auto part = from.narrow(0, at, rows * columns).view({rows, columns});
    at += rows * columns;
    return part;
  };
  const auto observation = take(batch.integers, count, depth);
  const auto next = take(batch.integers, count, depth);
  const auto views_ahead = static_cast<std::int64_t>(
      std::count_if(spec.views.begin(), spec.views.end(),
                    [](const View& view) { return view.of == ViewOf::kAhead; }));
  const auto ahead = take(batch.integers, views_ahead * count, depth);
  const auto reached = take(batch.integers, views_ahead, count);
  std::int64_t nth = 0;  // of the views ahead
  NamedTensors old;
  old.swap(batch.tensors);
  auto& tensors = batch.tensors;
  std::vector<ViewToMake> pictures;
  for (const auto& view : spec.views) {
    auto& out = tensors[view.name] = std::move(old[view.name]);
    auto slots = view.of == ViewOf::kNext ? next : observation;
    if (view.of == ViewOf::kAhead) {
      slots = ahead.narrow(0, nth * count, count);
      tensors[view.name + ".ahead"] = reached.select(0, nth++);
    }
    if (!options_.pixels()) {  // [B, K, D] -> [B, K*D]
      Fit(out, {count, depth * options_.observation_shape[0]},
          torch::TensorOptions(options_.device))
          .copy_(observations_.Stacks(slots));
      continue;
    }
    const auto& shape = options_.observation_shape;
    const auto size = view.window == Window::kWhole ? shape[0] : view.size;
    const auto offsets = take(batch.integers, count, 2);
    tensors[view.name + ".offsets"] = offsets;
    const auto options = torch::TensorOptions(options_.device).dtype(spec.dtype);
    const auto channels = depth * shape[2];
    if (!out.defined() || out.sizes() != c10::IntArrayRef({count, channels, size, size}) ||
        out.dtype() != options.dtype()) {
      out = MakePictures(count, channels, size, options);
    }
    pictures.push_back({slots, offsets, out});
  }
  observations_.Make(pictures);
  tensors["transition"] = take(batch.integers, count, 1).view({count});
  tensors["episode_step"] = take(batch.integers, count, 1).view({count});
  if (spec.horizon > 0) tensors["horizon.steps"] = take(batch.integers, count, 1).view({count});
  at = 0;
  tensors["action"] = take(batch.numbers, count, options_.action_size);
  tensors["reward"] = take(batch.numbers, count, 1);
  tensors["bootstrap"] = take(batch.numbers, count, 1);
  if (spec.horizon == 0) return;
  tensors["horizon.action"] = take(batch.numbers, count, spec.horizon * options_.action_size)
                                  .view({count, spec.horizon, options_.action_size});
  tensors["horizon.reward"] = take(batch.numbers, count, spec.horizon);
}

}  // namespace curl_rl::replay
