// Raw observations in one tensor; compressed ones unpacked row by row of a batch, on all threads.
#include "replay/observation_ring.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "replay/gather.h"
#include "replay/memory.h"
#include "replay/vector_clones.h"

namespace curl_rl::replay {
namespace {

// Memory is looked at whenever compressed frames have grown by the former, and is not enough if
// less than the latter is left: what an update, an evaluation or a checkpoint may still ask for.
constexpr std::int64_t kLookEvery = 4'000'000;
constexpr std::int64_t kLeave = 256'000'000;

std::int64_t BytesOf(const std::vector<std::int64_t>& shape) {
  const std::int64_t element = shape.size() == 3 ? 1 : 4;
  return std::accumulate(shape.begin(), shape.end(), element, std::multiplies<>());
}

// Queues the copy and returns: the device may still be busy with an update. Pinned memory is kept
// by LibTorch's allocator until the copy is over.
void CopyToDevice(const torch::Tensor& from, const torch::Tensor& to) {
  const bool to_gpu = to.is_cuda() && from.device().is_cpu();
  to.copy_(to_gpu ? from.pin_memory() : from, /*non_blocking=*/true);
}

// The frames of one row's stacks, each unpacked once however many stacks have it.
class UnpackedRow {
 public:
  UnpackedRow(const PackedFrames& packed, std::int64_t frame_bytes)
      : packed_(packed), frame_bytes_(static_cast<std::size_t>(frame_bytes)) {}

  void Clear() { slots_.clear(); }

  void Unpack(std::int64_t slot) {
    if (std::find(slots_.begin(), slots_.end(), slot) != slots_.end()) return;
    const auto begin = slots_.size() * frame_bytes_;
    if (pixels_.size() < begin + frame_bytes_) pixels_.resize(begin + frame_bytes_);
    packed_.Read(slot, pixels_.data() + begin);
    slots_.push_back(slot);
  }

  // Valid until the next frame is unpacked.
  const std::uint8_t* at(std::int64_t slot) const {
    const auto found = std::find(slots_.begin(), slots_.end(), slot);
    return pixels_.data() + static_cast<std::size_t>(found - slots_.begin()) * frame_bytes_;
  }

 private:
  const PackedFrames& packed_;
  std::size_t frame_bytes_;
  std::vector<std::int64_t> slots_;
  std::vector<std::uint8_t> pixels_;  // as long as the most frames so far
};

}  // namespace

ObservationRing::ObservationRing(std::int64_t slots, const std::vector<std::int64_t>& shape,
                                 const torch::Device& device, FrameStorage storage)
    : slots_(slots), shape_(shape), device_(device) {
  if (storage == FrameStorage::kCompressed) {
    packed_ = std::make_unique<PackedFrames>(slots, BytesOf(shape));
    return;
  }
  auto all = shape;
  all.insert(all.begin(), slots);
  raw_ = torch::empty(all, torch::TensorOptions(device).dtype(dtype()));
}

std::int64_t ObservationRing::Bytes(std::int64_t slots, const std::vector<std::int64_t>& shape,
                                    FrameStorage storage) {
  const auto raw = slots * BytesOf(shape);
  if (storage != FrameStorage::kCompressed) return raw;
  return static_cast<std::int64_t>(static_cast<double>(raw) * kAssumedShare) +
         PackedFrames::BytesOfSlots(slots);
}

std::int64_t ObservationRing::bytes_now() const {
  return compressed() ? packed_->bytes() : slots_ * BytesOf(shape_);
}

std::int64_t ObservationRing::bytes_when_full() const {
  if (!compressed()) return bytes_now();
  const auto known = packed_->bytes_when_full();
  return known > 0 ? known : Bytes(slots_, shape_, FrameStorage::kCompressed);
}

void ObservationRing::Put(std::int64_t slot, const torch::Tensor& observation) {
  if (!compressed()) return CopyToDevice(observation, raw_.select(0, slot));
  if (packed_->bytes() >= look_at_) {
    const auto left = AvailableBytes(torch::kCPU);
    if (left < kLeave) {
      throw OutOfMemory("replay_frames: " + std::to_string(packed_->frames()) +
                        " compressed frames take " + FormatBytes(packed_->bytes()) + " and all " +
                        std::to_string(slots_) + " would take " + FormatBytes(bytes_when_full()) +
                        ", but only " + FormatBytes(left) + " of memory are left (" +
                        FormatBytes(kLeave) + " are kept free); a run goes on from its last " +
                        "checkpoint where there is more, a new one needs a lower replay_capacity " +
                        "or environment.image_size");
    }
    look_at_ = packed_->bytes() + kLookEvery;
  }
  const auto frame = observation.to(torch::kCPU).contiguous();
  packed_->Store(slot, frame.data_ptr<std::uint8_t>());
}

void ObservationRing::Put(const std::vector<std::int64_t>& slots,
                          const torch::Tensor& observations) {
  if (!compressed()) {
    raw_.index_copy_(0, torch::tensor(slots, torch::kInt64).to(device_), observations.to(device_));
    return;
  }
  std::int64_t i = 0;
  for (const auto slot : slots) Put(slot, observations[i++]);
}

torch::Tensor ObservationRing::Get(std::int64_t slot) const {
  return compressed() ? Get(std::vector<std::int64_t>{slot})[0] : raw_.select(0, slot);
}

torch::Tensor ObservationRing::Get(const std::vector<std::int64_t>& slots) const {
  const auto count = static_cast<std::int64_t>(slots.size());
  if (!compressed()) {
    return raw_.index_select(0, torch::tensor(slots, torch::kInt64).to(device_));
  }
  auto all = shape_;
  all.insert(all.begin(), count);
  const auto frames = torch::empty(all, torch::kUInt8);
  auto* const pixels = frames.data_ptr<std::uint8_t>();
  const auto bytes = BytesOf(shape_);
  at::parallel_for(0, count, 8, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      packed_->Read(slots[static_cast<std::size_t>(i)], pixels + i * bytes);
    }
  });
  return frames;
}

torch::Tensor ObservationRing::Stacks(const torch::Tensor& slots) const {
  return raw_.index({slots}).flatten(1);
}

void ObservationRing::Make(const std::vector<ViewToMake>& views) const {
  std::vector<ViewToMake> to_unpack;
  for (const auto& view : views) {
    auto out = view.out;
    if (!compressed()) {
      GatherStackCropOut(raw_, view.slots, view.offsets, out);
    } else if (TakesPictures(out)) {
      to_unpack.push_back(view);
    } else {  // a type or memory that nobody asks for: by tensor operations
      const auto* slots = view.slots.data_ptr<std::int64_t>();
      GatherStackCropOut(Get({slots, slots + view.slots.numel()}),
                         torch::arange(view.slots.numel()).view_as(view.slots), view.offsets, out);
    }
  }
  if (!to_unpack.empty()) Unpack(to_unpack);
}

// Row by row, all views at once: what is unpacked is still in the processor's cache where pictures
// are made of it.
void ObservationRing::Unpack(const std::vector<ViewToMake>& views) const {
  std::vector<PictureShape> shapes;
  for (const auto& view : views) {
    shapes.push_back({shape_[0], shape_[1], shape_[2], view.slots.size(1), view.out.size(2)});
  }
  at::parallel_for(0, views[0].slots.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    UnpackedRow row(*packed_, BytesOf(shape_));
    PictureRows rows;
    std::vector<const std::uint8_t*> stack;
    for (auto b = begin; b < end; ++b) {
      row.Clear();
      for (const auto& view : views) {
        const auto depth = view.slots.size(1);
        const auto* slots = view.slots.data_ptr<std::int64_t>() + b * depth;
        std::for_each(slots, slots + depth, [&](std::int64_t slot) { row.Unpack(slot); });
      }
      for (std::size_t v = 0; v < views.size(); ++v) {
        const auto* slots = views[v].slots.data_ptr<std::int64_t>() + b * shapes[v].depth;
        stack.clear();
        for (std::int64_t k = 0; k < shapes[v].depth; ++k) stack.push_back(row.at(slots[k]));
        MakePicture(stack.data(), views[v].offsets.data_ptr<std::int64_t>() + 2 * b, shapes[v],
                    rows, views[v].out, b);
      }
    }
  });
}

}  // namespace curl_rl::replay
