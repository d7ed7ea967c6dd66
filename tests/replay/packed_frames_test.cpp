// Frames kept compressed are what was stored, whatever they show; damage is noticed.
#include "replay/packed_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace curl_rl::replay {
namespace {

using Random = std::mt19937;

PieceBytes Noise(std::size_t size, Random& random) {
  PieceBytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// A background of noise that stays, and a bright block that goes round on it.
PieceBytes Scene(std::size_t size, int number) {
  Random random(1);
  auto bytes = Noise(size, random);
  const auto block = size / 8 + 1;
  for (std::size_t i = 0; i < block; ++i) {
    bytes[(static_cast<std::size_t>(number) * 37 + i) % size] = 255;
  }
  return bytes;
}

PieceBytes Read(const PackedFrames& packed, std::int64_t slot, std::size_t size) {
  PieceBytes frame(size + 2, 77);  // a byte too much on either side would be seen
  packed.Read(slot, frame.data() + 1);
  EXPECT_EQ(frame.front(), 77);
  EXPECT_EQ(frame.back(), 77);
  return {frame.begin() + 1, frame.end() - 1};
}

// Of a byte, about LZ4's window and its half (where frames are cut into pieces), and longer.
TEST(PackedFrames, AreWhatWasStoredAtEverySize) {
  for (const std::size_t size :
       {1U, 2U, 5U, 13U, 588U, 21168U, 30000U, 32767U, 32768U, 65535U, 65536U, 120001U}) {
    Random random(2);
    constexpr int kSlots = 5;
    PackedFrames packed(kSlots, static_cast<std::int64_t>(size));
    std::vector<PieceBytes> plain(kSlots);
    for (int n = 0; n < 40; ++n) {
      const auto slot = n % kSlots;
      plain[slot] = n % 7 == 6 ? Noise(size, random) : Scene(size, n);
      packed.Store(slot, plain[slot].data());
      for (int other = 0; other < std::min(n + 1, kSlots); ++other) {
        ASSERT_EQ(Read(packed, other, size), plain[other]) << size << ' ' << n << ' ' << other;
      }
    }
    EXPECT_EQ(packed.frames(), kSlots);
  }
}

// Over many eras, in an order that no ring has; what is overwritten is given back.
TEST(PackedFrames, AreWhatWasStoredInAnyOrderAndGiveBackTheirMemory) {
  constexpr std::size_t kSize = 300;
  constexpr int kSlots = 700;
  Random random(3);
  PackedFrames packed(kSlots, kSize);
  std::vector<PieceBytes> plain(kSlots);
  for (int n = 0; n < 6000; ++n) {
    const auto slot = random() % kSlots;
    plain[slot] = Noise(kSize, random);
    packed.Store(static_cast<std::int64_t>(slot), plain[slot].data());
  }
  for (int slot = 0; slot < kSlots; ++slot) {
    ASSERT_FALSE(plain[slot].empty());
    ASSERT_EQ(Read(packed, slot, kSize), plain[slot]);
  }
  // Noise does not pack: at least its own bytes. And eras of which a few frames are left.
  EXPECT_GT(packed.bytes(), kSlots * kSize);
  const auto noise = packed.bytes();
  const PieceBytes flat(kSize, 9);
  for (int slot = 0; slot < 2 * kSlots; ++slot) packed.Store(slot % kSlots, flat.data());
  // No era of noise is left, but for the dictionaries of 64 kB at most.
  EXPECT_LT(packed.bytes(), noise / 2);
  EXPECT_EQ(packed.frames(), kSlots);
}

TEST(PackedFrames, SayWhatTheyTake) {
  constexpr std::int64_t kSize = 21168;
  constexpr std::int64_t kSlots = 4000;
  PackedFrames packed(kSlots, kSize);
  EXPECT_EQ(packed.bytes_when_full(), 0);  // nobody knows
  EXPECT_EQ(packed.bytes(), PackedFrames::BytesOfSlots(kSlots));
  const auto store = [&](int from, int to) {
    for (int n = from; n < to; ++n) packed.Store(n, Scene(kSize, n).data());
  };
  store(0, 1000);
  const auto expected = static_cast<double>(packed.bytes_when_full());
  EXPECT_LT(expected, 0.1 * kSize * kSlots);  // a still background is packed once
  store(1000, kSlots);
  EXPECT_NEAR(static_cast<double>(packed.bytes()), expected, 0.2 * expected);
}

TEST(PackedFrames, RefuseWhatMakesNoSense) {
  EXPECT_THROW(PackedFrames(0, 10), std::invalid_argument);
  EXPECT_THROW(PackedFrames(10, 0), std::invalid_argument);
  PackedFrames packed(3, 10);
  PieceBytes frame(10);
  EXPECT_THROW(packed.Read(1, frame.data()), std::logic_error);
  EXPECT_THROW(packed.Read(3, frame.data()), std::out_of_range);
  EXPECT_THROW(packed.Store(-1, frame.data()), std::out_of_range);
}

// Every byte changed and every length cut: another piece of the right size, or none, and nothing
// outside is touched (the sanitizers watch).
TEST(PackedPiece, IsUnpackedWholeOrNotAtAll) {
  constexpr std::int64_t kSize = 600;
  const auto dictionary = Scene(kSize, 3);
  const auto piece = Scene(kSize, 4);
  PiecePacker packer;
  PieceBytes packed;
  packer.Append(piece.data(), kSize, dictionary, packed);
  EXPECT_LT(packed.size(), kSize / 2);
  PieceBytes out(kSize);
  const auto unpack = [&](const PieceBytes& from) {
    return UnpackPiece(from.data(), static_cast<std::int64_t>(from.size()), dictionary, out.data(),
                       kSize);
  };
  EXPECT_EQ(unpack(packed), packed.data() + packed.size());
  EXPECT_EQ(out, piece);
  int refused = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (const int change : {1, 0x80, 0xff}) {
      auto other = packed;
      other[at] = static_cast<std::uint8_t>(other[at] ^ change);
      refused += unpack(other) == nullptr;
    }
    const PieceBytes cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(unpack(cut), nullptr) << at;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace curl_rl::replay
