// Packs frames into eras, frees them with their last frame, and unpacks any of them.
#include "replay/packed_frames.h"

#include <lz4.h>
#include <lz4hc.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace curl_rl::replay {
namespace {

constexpr std::int64_t kWindow = 65535;     // how far back LZ4 can look, in bytes
constexpr std::int64_t kEraFrames = 512;    // measured: docs/performance.md
constexpr int kLevel = 9;                   // of LZ4's slower, smaller compression
constexpr std::int64_t kSize = sizeof(std::uint32_t);

void Check(std::int64_t value, const char* name) {
  if (value >= 1) return;
  throw std::invalid_argument(std::string("packed frames: ") + name + ": got " +
                              std::to_string(value) + ", allowed: at least 1");
}

}  // namespace

struct PackedFrames::Era {
  std::vector<std::vector<std::uint8_t>> dictionary;  // one a piece: that piece of each frame
  std::vector<std::uint8_t> data;                     // frames, packed
  std::int64_t length = 0;                            // frames that it is to hold
  std::int64_t frames = 0;

  std::int64_t bytes() const {
    std::int64_t sum = static_cast<std::int64_t>(sizeof(Era) + data.capacity());
    for (const auto& piece : dictionary) sum += static_cast<std::int64_t>(piece.size());
    return sum;
  }
};

struct PackedFrames::Packer {
  std::unique_ptr<LZ4_streamHC_t, decltype(&LZ4_freeStreamHC)> stream{LZ4_createStreamHC(),
                                                                      &LZ4_freeStreamHC};
};

PackedFrames::PackedFrames(std::int64_t slots, std::int64_t frame_bytes)
    : frame_bytes_(frame_bytes) {
  Check(slots, "slots");
  Check(frame_bytes, "bytes of a frame");
  // Two frames at least must fit into a dictionary: the second saves a third of the first's rest.
  pieces_ = (frame_bytes + kWindow / 2 - 1) / (kWindow / 2);
  piece_bytes_ = (frame_bytes + pieces_ - 1) / pieces_;
  keys_ = kWindow / piece_bytes_;
  slots_.resize(static_cast<std::size_t>(slots));
  packer_ = std::make_unique<Packer>();
  if (packer_->stream == nullptr) throw std::bad_alloc();
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
  auto* const stream = packer_->stream.get();
  for (std::int64_t piece = 0; piece < pieces_; ++piece) {
    const auto* from = frame + piece * piece_bytes_;
    const auto size = std::min(piece_bytes_, frame_bytes_ - piece * piece_bytes_);
    const auto& dictionary = era_->dictionary[static_cast<std::size_t>(piece)];
    const auto at = data.size();
    data.resize(at + static_cast<std::size_t>(kSize + size));
    auto* const to = data.data() + at + kSize;
    LZ4_resetStreamHC_fast(stream, kLevel);
    LZ4_loadDictHC(stream, reinterpret_cast<const char*>(dictionary.data()),
                   static_cast<int>(dictionary.size()));
    // 0 if it does not get smaller: then as it is.
    const int packed = LZ4_compress_HC_continue(stream, reinterpret_cast<const char*>(from),
                                                reinterpret_cast<char*>(to), static_cast<int>(size),
                                                static_cast<int>(size - 1));
    const auto bytes = static_cast<std::uint32_t>(packed > 0 ? packed : size);
    if (packed <= 0) std::memcpy(to, from, static_cast<std::size_t>(size));
    std::memcpy(data.data() + at, &bytes, kSize);
    data.resize(at + kSize + bytes);
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
  const auto& era = *own.era;
  const auto* at = era.data.data() + own.begin;
  for (std::int64_t piece = 0; piece < pieces_; ++piece) {
    auto* const to = frame + piece * piece_bytes_;
    const auto size = std::min(piece_bytes_, frame_bytes_ - piece * piece_bytes_);
    const auto left = era.data.data() + era.data.size() - at - kSize;
    std::uint32_t bytes = 0;
    if (left >= 0) std::memcpy(&bytes, at, kSize);
    bool whole = left >= 0 && bytes <= left && bytes <= size;
    if (whole && bytes == size) {
      std::memcpy(to, at + kSize, static_cast<std::size_t>(size));
    } else if (whole) {
      const auto& dictionary = era.dictionary[static_cast<std::size_t>(piece)];
      whole = size == LZ4_decompress_safe_usingDict(
                          reinterpret_cast<const char*>(at + kSize), reinterpret_cast<char*>(to),
                          static_cast<int>(bytes), static_cast<int>(size),
                          reinterpret_cast<const char*>(dictionary.data()),
                          static_cast<int>(dictionary.size()));
    }
    if (!whole) {
      throw std::runtime_error("packed frames: the frame of slot " + std::to_string(slot) +
                               " cannot be unpacked: its memory was changed");
    }
    at += kSize + bytes;
  }
}

}  // namespace curl_rl::replay
