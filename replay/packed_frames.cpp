// Packs frames into eras, frees them with their last frame, and unpacks any of them.
#include "replay/packed_frames.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace curl_rl::replay {
namespace {

constexpr std::int64_t kEraFrames = 512;  // measured: docs/performance.md

void Check(std::int64_t value, const char* name) {
  if (value >= 1) return;
  throw std::invalid_argument(std::string("packed frames: ") + name + ": got " +
                              std::to_string(value) + ", allowed: at least 1");
}

}  // namespace

struct PackedFrames::Era {
  std::vector<PieceBytes> dictionary;  // one a piece: that piece of each frame
  PieceBytes data;                     // frames, packed
  std::int64_t length = 0;             // frames that it is to hold
  std::int64_t frames = 0;

  std::int64_t bytes() const {
    std::int64_t sum = static_cast<std::int64_t>(sizeof(Era) + data.capacity());
    for (const auto& piece : dictionary) sum += static_cast<std::int64_t>(piece.size());
    return sum;
  }
};

PackedFrames::PackedFrames(std::int64_t slots, std::int64_t frame_bytes)
    : frame_bytes_(frame_bytes) {
  Check(slots, "slots");
  Check(frame_bytes, "bytes of a frame");
  // Two frames at least must fit into a dictionary: the second saves a third of the first's rest.
  pieces_ = (frame_bytes + kLz4Window / 2 - 1) / (kLz4Window / 2);
  piece_bytes_ = (frame_bytes + pieces_ - 1) / pieces_;
  keys_ = kLz4Window / piece_bytes_;
  slots_.resize(static_cast<std::size_t>(slots));
}

PackedFrames::~PackedFrames() = default;
PackedFrames::PackedFrames(PackedFrames&&) noexcept = default;
PackedFrames& PackedFrames::operator=(PackedFrames&&) noexcept = default;

std::int64_t PackedFrames::BytesOfSlots(std::int64_t slots) {
  return slots * static_cast<std::int64_t>(sizeof(Slot));
}

std::int64_t PackedFrames::bytes() const {
  const auto slots = static_cast<std::int64_t>(slots_.size());
  return BytesOfSlots(slots) + era_bytes_ + static_cast<std::int64_t>(next_.size()) * frame_bytes_;
}

std::int64_t PackedFrames::bytes_when_full() const {
  if (stored_ == 0) return 0;
  const double a_frame = static_cast<double>(packed_bytes_) / static_cast<double>(stored_) +
                         static_cast<double>(keys_ * frame_bytes_) / kEraFrames;
  const auto slots = static_cast<std::int64_t>(slots_.size());
  return BytesOfSlots(slots) + static_cast<std::int64_t>(a_frame * static_cast<double>(slots));
}

// The era that is full keeps no spare memory; the next has the frames that were kept for it as its
// dictionary. The first ones double in length: they start from nothing, and learn soon.
void PackedFrames::BeginEra() {
  if (era_ != nullptr) {
    era_bytes_ -= era_->bytes();
    era_->data.shrink_to_fit();
    if (era_.use_count() > 1) era_bytes_ += era_->bytes();  // else nothing of it is left
  }
  auto era = std::make_shared<Era>();
  era->length = std::clamp<std::int64_t>(stored_, 1, kEraFrames);
  for (std::int64_t begin = 0; begin < frame_bytes_; begin += piece_bytes_) {
    const auto end = std::min(begin + piece_bytes_, frame_bytes_);
    auto& piece = era->dictionary.emplace_back();
    for (const auto& frame : next_) piece.insert(piece.end(), &frame[0] + begin, &frame[0] + end);
  }
  next_.clear();
  era_bytes_ += era->bytes();
  era_ = std::move(era);
}

void PackedFrames::Empty(Slot& slot) {
  if (slot.era == nullptr) return;
  if (slot.era.use_count() == 1) era_bytes_ -= slot.era->bytes();
  slot.era.reset();
  --frames_;
}

void PackedFrames::Store(std::int64_t slot, const std::uint8_t* frame) {
  if (era_ == nullptr || era_->frames == era_->length) BeginEra();
  auto& data = era_->data;
  era_bytes_ -= era_->bytes();
  const auto begin = static_cast<std::int64_t>(data.size());
  for (std::int64_t piece = 0; piece < pieces_; ++piece) {
    const auto at = piece * piece_bytes_;
    packer_.Append(frame + at, std::min(piece_bytes_, frame_bytes_ - at),
                   era_->dictionary[static_cast<std::size_t>(piece)], data);
  }
  era_bytes_ += era_->bytes();
  // Frames for the next dictionary, spread evenly, the last of the era among them.
  const auto number = era_->frames++;
  if ((number + 1) * keys_ / era_->length > number * keys_ / era_->length) {
    next_.emplace_back(frame, frame + frame_bytes_);
  }
  ++stored_;
  packed_bytes_ += static_cast<std::int64_t>(data.size()) - begin;
  auto& own = slots_.at(static_cast<std::size_t>(slot));
  Empty(own);
  own.era = era_;
  own.begin = begin;
  ++frames_;
}

void PackedFrames::Read(std::int64_t slot, std::uint8_t* frame) const {
  const auto& own = slots_.at(static_cast<std::size_t>(slot));
  if (own.era == nullptr) {
    throw std::logic_error("packed frames: there is no frame in slot " + std::to_string(slot));
  }
  const auto& data = own.era->data;
  const auto* at = data.data() + own.begin;
  for (std::int64_t piece = 0; piece < pieces_; ++piece) {
    const auto to = piece * piece_bytes_;
    at = UnpackPiece(at, data.data() + data.size() - at,
                     own.era->dictionary[static_cast<std::size_t>(piece)], frame + to,
                     std::min(piece_bytes_, frame_bytes_ - to));
    if (at == nullptr) {
      throw std::runtime_error("packed frames: the frame of slot " + std::to_string(slot) +
                               " cannot be unpacked: its memory was changed");
    }
  }
}

}  // namespace curl_rl::replay
