// The ring of observations, each once, and how drawn ones leave it: as pictures or as they are.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "replay/frame_storage.h"
#include "replay/packed_frames.h"

namespace curl_rl::replay {

/// One view of a batch: pictures that are to be made of a ring's frames.
struct ViewToMake {
  torch::Tensor slots;    // int64 [B, K], the frames of each stack, oldest first
  torch::Tensor offsets;  // int64 [B, 2], row and column of each window's top left pixel
  torch::Tensor out;      // as GatherStackCropOut fills it (gather.h)
};

/// Observations by slot: on the learner's device as they are, or compressed on the host.
class ObservationRing {
 public:
  ObservationRing() = default;

  /// `shape`: {H, W, C}, uint8, or {D}, float32. `storage`: kRaw, or kCompressed, which is for
  /// frames on the CPU.
  ObservationRing(std::int64_t slots, const std::vector<std::int64_t>& shape,
                  const torch::Device& device, FrameStorage storage);

  /// Bytes that such a ring takes. Of compressed frames they are known only as frames come: a third
  /// of the raw bytes is assumed (kAssumedShare).
  static std::int64_t Bytes(std::int64_t slots, const std::vector<std::int64_t>& shape,
                            FrameStorage storage);

  /// What compressed frames are assumed to take of their raw bytes, before there are any. Tasks
  /// whose floor moves under the camera take most of those measured (docs/performance.md); noise
  /// and photographs take all.
  static constexpr double kAssumedShare = 1.0 / 3.0;

  /// `observation` has the ring's shape and type, on any device. Throws OutOfMemory (memory.h)
  /// before compressed frames take the last memory there is; nothing is changed then.
  void Put(std::int64_t slot, const torch::Tensor& observation);

  /// All of `observations` [n, ...], into `slots`. As Put, but that those before the one that found
  /// no memory are stored.
  void Put(const std::vector<std::int64_t>& slots, const torch::Tensor& observations);

  /// The one in `slot`, on the ring's device. It may be the ring's own memory.
  torch::Tensor Get(std::int64_t slot) const;

  /// Copies of those in `slots`, in this order, on the ring's device: uint8 [n, H, W, C] or float32
  /// [n, D].
  torch::Tensor Get(const std::vector<std::int64_t>& slots) const;

  /// State vectors in stacks: `slots` int64 [B, K] to float32 [B, K*D].
  torch::Tensor Stacks(const torch::Tensor& slots) const;

  /// Makes every view. All have the same B; tensors lie on the ring's device.
  void Make(const std::vector<ViewToMake>& views) const;

  bool compressed() const { return packed_ != nullptr; }
  torch::ScalarType dtype() const { return shape_.size() == 3 ? torch::kUInt8 : torch::kFloat32; }
  const std::vector<std::int64_t>& shape() const { return shape_; }

  /// Bytes that this one takes now, and those that it will take when every slot is full, if further
  /// frames are like those there are.
  std::int64_t bytes_now() const;
  std::int64_t bytes_when_full() const;

 private:
  void Unpack(const std::vector<ViewToMake>& views) const;

  std::int64_t slots_ = 0;
  std::vector<std::int64_t> shape_;
  torch::Device device_ = torch::kCPU;
  torch::Tensor raw_;                     // [slots, H, W, C] or [slots, D], on the device
  std::unique_ptr<PackedFrames> packed_;  // or this
  std::int64_t look_at_ = 0;              // bytes at which memory is looked at again
};

}  // namespace curl_rl::replay
