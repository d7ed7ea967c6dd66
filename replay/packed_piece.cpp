// LZ4's calls for a piece of a frame.
#include "replay/packed_piece.h"

#include <lz4.h>
#include <lz4hc.h>

#include <cstring>
#include <new>

namespace curl_rl::replay {
namespace {

constexpr int kLevel = 9;  // of the slower, smaller compression: docs/performance.md
constexpr std::int64_t kHeader = sizeof(std::uint32_t);

const char* Chars(const std::uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }
char* Chars(std::uint8_t* bytes) { return reinterpret_cast<char*>(bytes); }

}  // namespace

PiecePacker::PiecePacker() : stream_(LZ4_createStreamHC()) {
  if (stream_ == nullptr) throw std::bad_alloc();
}

void PiecePacker::Free::operator()(void* stream) const {
  LZ4_freeStreamHC(static_cast<LZ4_streamHC_t*>(stream));
}

void PiecePacker::Append(const std::uint8_t* piece, std::int64_t size, const PieceBytes& dictionary,
                         PieceBytes& packed) {
  auto* const stream = static_cast<LZ4_streamHC_t*>(stream_.get());
  const auto at = packed.size();
  packed.resize(at + static_cast<std::size_t>(kHeader + size));
  auto* const to = packed.data() + at + kHeader;
  LZ4_resetStreamHC_fast(stream, kLevel);
  LZ4_loadDictHC(stream, Chars(dictionary.data()), static_cast<int>(dictionary.size()));
  // 0: it does not fit into a byte less.
  const int smaller =
      size == 1 ? 0
                : LZ4_compress_HC_continue(stream, Chars(piece), Chars(to), static_cast<int>(size),
                                           static_cast<int>(size - 1));
  const auto bytes = static_cast<std::uint32_t>(smaller > 0 ? smaller : size);
  if (smaller <= 0) std::memcpy(to, piece, static_cast<std::size_t>(size));
  std::memcpy(packed.data() + at, &bytes, kHeader);
  packed.resize(at + kHeader + bytes);
}

const std::uint8_t* UnpackPiece(const std::uint8_t* packed, std::int64_t left,
                                const PieceBytes& dictionary, std::uint8_t* piece,
                                std::int64_t size) {
  if (left < kHeader) return nullptr;
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, packed, kHeader);
  if (bytes > left - kHeader || bytes > size) return nullptr;
  const auto* const block = packed + kHeader;
  if (bytes == size) {
    std::memcpy(piece, block, static_cast<std::size_t>(size));
    return block + bytes;
  }
  const int unpacked = LZ4_decompress_safe_usingDict(
      Chars(block), Chars(piece), static_cast<int>(bytes), static_cast<int>(size),
      Chars(dictionary.data()), static_cast<int>(dictionary.size()));
  return unpacked == size ? block + bytes : nullptr;
}

}  // namespace curl_rl::replay
