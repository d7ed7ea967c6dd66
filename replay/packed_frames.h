// Frames kept compressed in memory, each within reach: packed with LZ4 against frames of before.
//
// Neighbouring frames differ little, but a frame that is packed against the one before it needs all
// of them to be unpacked. So frames have a dictionary in common, a few whole frames of some time
// before, as many as LZ4 can look back at (64 kB): three of 84x84 RGB, two of 100x100. Most of a
// frame is then found in a dictionary at the place where it lies itself, and is unpacked almost as
// fast as it would be copied.
//
//   era     512 frames in the order in which they were stored (the first eras are shorter), and
//           their dictionary: frames spread evenly over the era before
//   frame   cut into equal pieces of at most 32 kB, each packed against the same pieces of the
//           dictionary's frames (packed_piece.h)
//
// An era is freed when the last of its frames is overwritten. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "replay/packed_piece.h"

namespace curl_rl::replay {

/// A ring's frames by slot. One owner; several threads may Read at once, none beside Store.
class PackedFrames {
 public:
  /// Room for `slots` frames of `frame_bytes` bytes. Throws std::invalid_argument unless both are
  /// at least 1.
  PackedFrames(std::int64_t slots, std::int64_t frame_bytes);
  ~PackedFrames();
  PackedFrames(PackedFrames&&) noexcept;
  PackedFrames& operator=(PackedFrames&&) noexcept;

  /// Packs `frame` into `slot` (0 .. slots - 1); what was there is gone. 0.1 to 1 ms.
  void Store(std::int64_t slot, const std::uint8_t* frame);

  /// Unpacks the frame of `slot` into `frame`, `frame_bytes` bytes: what was stored, bit for bit.
  /// Throws std::logic_error if none was, std::runtime_error if its memory was changed by somebody
  /// else so that it cannot be unpacked.
  void Read(std::int64_t slot, std::uint8_t* frame) const;

  /// Of frames that are stored now.
  std::int64_t frames() const { return frames_; }

  /// Bytes that all of this takes.
  std::int64_t bytes() const;

  /// Bytes that it will take when there is a frame in every slot, if further ones pack as those so
  /// far; 0: there was none yet.
  std::int64_t bytes_when_full() const;

  /// What those of `slots` slots take without any frame.
  static std::int64_t BytesOfSlots(std::int64_t slots);

 private:
  struct Era;
  struct Slot {
    std::shared_ptr<Era> era;  // null: no frame
    std::int64_t begin = 0;    // in its data
  };

  void BeginEra();
  void Empty(Slot& slot);

  std::int64_t frame_bytes_;
  std::int64_t piece_bytes_;  // of all pieces but the last, which may be shorter
  std::int64_t pieces_;       // of a frame
  std::int64_t keys_;         // most frames in a dictionary
  std::vector<Slot> slots_;
  std::int64_t frames_ = 0;
  std::int64_t era_bytes_ = 0;     // of all eras
  std::int64_t stored_ = 0;        // frames so far, overwritten ones too
  std::int64_t packed_bytes_ = 0;  // of all of these
  std::shared_ptr<Era> era_;       // the one that frames are stored in
  std::vector<PieceBytes> next_;   // the next dictionary: frames, oldest first
  PiecePacker packer_;
};

}  // namespace curl_rl::replay
