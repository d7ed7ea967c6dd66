// A piece of a frame, packed with LZ4 against a dictionary, and back. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace curl_rl::replay {

using PieceBytes = std::vector<std::uint8_t>;

/// How far back LZ4 can look, in bytes: no dictionary is longer.
constexpr std::int64_t kLz4Window = 65535;

/// Packs pieces, one after another, with memory of its own (0.3 MB).
class PiecePacker {
 public:
  PiecePacker();

  /// Appends `size` bytes at `piece`, at least one, to `packed`: how many bytes follow, uint32,
  /// then an LZ4 block, or the piece as it is if that would not be smaller.
  void Append(const std::uint8_t* piece, std::int64_t size, const PieceBytes& dictionary,
              PieceBytes& packed);

 private:
  struct Free {
    void operator()(void* stream) const;
  };
  std::unique_ptr<void, Free> stream_;  // LZ4_streamHC_t
};

/// Unpacks what Append put at `packed`, `left` bytes before the end of the memory that it lies in,
/// into `size` bytes at `piece`; the same dictionary is needed. Returns where it ends, or null if
/// that is no piece of this size: nothing is read or written outside of both even then.
const std::uint8_t* UnpackPiece(const std::uint8_t* packed, std::int64_t left,
                                const PieceBytes& dictionary, std::uint8_t* piece,
                                std::int64_t size);

}  // namespace curl_rl::replay
