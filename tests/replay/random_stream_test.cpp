// Random streams: unrelated to each other, and saved whole.
#include "replay/random_stream.h"

#include <gtest/gtest.h>

namespace curl_rl::replay {
namespace {

TEST(RandomStream, SeedsAndPurposesAreUnrelated) {
  const auto draw = [](std::uint64_t seed, StreamPurpose purpose) {
    return torch::rand({8}, MakeStream(seed, purpose));
  };
  const auto first = draw(1, StreamPurpose::kCrops);
  EXPECT_TRUE(torch::equal(first, draw(1, StreamPurpose::kCrops)));
  EXPECT_FALSE(torch::equal(first, draw(2, StreamPurpose::kCrops)));
  EXPECT_FALSE(torch::equal(first, draw(1, StreamPurpose::kReplayIndices)));
}

TEST(RandomStream, GoesOnWhereItWasSaved) {
  auto stream = MakeStream(1, StreamPurpose::kCrops);
  torch::randn({5}, stream);
  const auto saved = SaveStream(stream);
  const auto expected = torch::randn({7}, stream);
  auto other = MakeStream(99, StreamPurpose::kCrops);
  LoadStream(other, saved);
  EXPECT_TRUE(torch::equal(torch::randn({7}, other), expected));
}

}  // namespace
}  // namespace curl_rl::replay
