// Backgrounds: what is seen where nothing is, and nowhere else.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "envs/disturbed_scene.h"
#include "envs/gl_context.h"
#include "envs/registry.h"
#include "tests/envs/gl_test.h"

namespace curl_rl::envs {
namespace {

using Pixels = std::vector<std::uint8_t>;
constexpr int kSide = 48;

// Clips of as many frames as `frames` says, each of one colour: red its clip, green its frame.
std::shared_ptr<const Backdrop> Plain(const std::vector<int>& frames, int side = kSide) {
  auto backdrop = std::make_shared<Backdrop>();
  backdrop->side = side;
  for (std::size_t clip = 0; clip < frames.size(); ++clip) {
    auto& pixels = backdrop->clips.emplace_back();
    for (int frame = 0; frame < frames[clip]; ++frame) {
      for (int i = 0; i < side * side; ++i) {
        pixels.push_back(static_cast<std::uint8_t>(clip));
        pixels.push_back(static_cast<std::uint8_t>(frame));
        pixels.push_back(255);
      }
    }
  }
  return backdrop;
}

FrameDisturbance Pictures(const std::shared_ptr<const Backdrop>& backdrop, std::uint64_t seed) {
  FrameDisturbance disturbance;
  disturbance.kinds = ParseDisturbances("video=easy:somewhere");
  disturbance.backdrop = backdrop;
  disturbance.drawn.backdrop_seed = seed;
  return disturbance;
}

TEST(PaintBackdropTest, LeavesWhatWasDrawn) {
  const float depth[] = {1.0f, 0.999f, 0.0f, 1.0f};
  Pixels pixels = {0, 0, 0, 7, 7, 7, 7, 7, 7, 0, 0, 0};
  PaintBackdrop(Pictures(Plain({1}, 2), 1), 2, 2, depth, pixels.data());
  EXPECT_EQ(pixels, (Pixels{0, 0, 255, 7, 7, 7, 7, 7, 7, 0, 0, 255}));
}

// A pixel of which a quarter was drawn upon, whichever the depth buffer says it is.
TEST(PaintBackdropTest, BlendsEdges) {
  for (const float edge : {0.5f, 1.0f}) {
    const float depth[] = {0.5f, edge, 1.0f};
    Pixels pixels = {100, 60, 40, 25, 15, 10, 0, 0, 0};
    PaintBackdrop(Pictures(Plain({1}, 3), 1), 1, 3, depth, pixels.data());
    EXPECT_EQ(pixels, (Pixels{100, 60, 40, 25, 15, 10 + 191, 0, 0, 255})) << edge;
  }
}

TEST(PaintBackdropTest, PlaysAVideoThereAndBackFromADrawnFrame) {
  const float depth[] = {1.0f};
  std::set<int> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FrameDisturbance disturbance = Pictures(Plain({4}, 1), seed);
    std::vector<int> seen;
    for (; disturbance.step < 8; ++disturbance.step) {
      Pixels pixel(3);
      PaintBackdrop(disturbance, 1, 1, depth, pixel.data());
      seen.push_back(pixel[1]);
    }
    first.insert(seen[0]);
    for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_EQ(std::abs(seen[i] - seen[i - 1]), 1);
    EXPECT_EQ(seen[6], seen[0]);  // three there, three back
    EXPECT_EQ(seen[7], seen[1]);
  }
  EXPECT_EQ(first, (std::set<int>{0, 1, 2, 3}));
}

TEST(PaintBackdropTest, DrawsEveryClip) {
  const float depth[] = {1.0f};
  std::set<int> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Pixels pixel(3);
    PaintBackdrop(Pictures(Plain({1, 2, 1}, 1), Mixed(seed)), 1, 1, depth, pixel.data());
    seen.insert(pixel[0]);
  }
  EXPECT_EQ(seen, (std::set<int>{0, 1, 2}));
}

TEST(PaintBackdropTest, FitsPicturesIntoTheFrame) {
  const std::vector<float> depth(16, 1.0f);
  Pixels pixels(48);
  PaintBackdrop(Pictures(Plain({1}, 7), 1), 4, 4, depth.data(), pixels.data());
  for (int i = 0; i < 16; ++i) EXPECT_EQ(pixels[3 * i + 2], 255);
}

TEST(PaintBackdropTest, DrawsNoiseAnewUnlessItIsEasy) {
  const std::vector<float> depth(100, 1.0f);
  for (const char* text : {"noise=easy", "noise=medium", "noise=hard"}) {
    FrameDisturbance disturbance;
    disturbance.kinds = ParseDisturbances(text);
    disturbance.drawn.backdrop_seed = 5;
    Pixels first(300), second(300);
    PaintBackdrop(disturbance, 10, 10, depth.data(), first.data());
    ++disturbance.step;
    PaintBackdrop(disturbance, 10, 10, depth.data(), second.data());
    EXPECT_EQ(first == second, disturbance.kinds.noise == Strength::kEasy) << text;
    double sum = 0.0;
    for (const std::uint8_t channel : first) sum += channel;
    EXPECT_NEAR(sum / 300.0, 127.5, 5 * 73.9 / std::sqrt(300.0));  // uniform: five deviations
  }
}

// Frames of a task: sky alone, or the ground too.
class BackdropTest : public GlTest<testing::Test> {
 protected:
  static Pixels Frame(const char* task, const char* disturbances) {
    EnvironmentOptions options;
    options.image_size = kSide;
    options.render.shadow_size = 256;  // made sooner
    options.disturbances = ParseDisturbances(disturbances);
    if (!options.disturbances.from.empty()) options.backdrop = Plain({1});
    const auto environment = Make(task, options);
    environment->Reset();
    Pixels pixels(std::size_t{3} * kSide * kSide);
    environment->Observe(pixels.data());
    return pixels;
  }

  // How many pixels are the background's.
  static int Covered(const Pixels& frame) {
    int covered = 0;
    for (std::size_t i = 0; i < frame.size(); i += 3) {
      covered += frame[i] == 0 && frame[i + 1] == 0 && frame[i + 2] == 255 ? 1 : 0;
    }
    return covered;
  }
};

TEST_F(BackdropTest, IsTheSkyAndIfHardTheGround) {
  const Pixels clean = Frame("walker_walk", "none");
  const Pixels easy = Frame("walker_walk", "pictures=easy:somewhere");
  const Pixels hard = Frame("walker_walk", "pictures=hard:somewhere");
  EXPECT_EQ(Frame("walker_walk", "pictures=medium:somewhere"), easy);
  EXPECT_GT(Covered(easy), kSide * kSide / 10);
  EXPECT_GT(Covered(hard), Covered(easy) + kSide * kSide / 10);
  EXPECT_LT(Covered(hard), kSide * kSide * 99 / 100);  // the walker is left
  // What is not the background is as it was but for edges, where a pixel has some of both.
  int changed = 0;
  for (std::size_t i = 0; i < clean.size(); i += 3) {
    const bool covered = easy[i] == 0 && easy[i + 1] == 0 && easy[i + 2] == 255;
    const bool same = std::equal(&clean[i], &clean[i] + 3, &easy[i]);
    changed += covered || same ? 0 : 1;
  }
  EXPECT_LT(changed, kSide * kSide / 10);
}

TEST_F(BackdropTest, IsTheGroundOfWhatIsSeenFromAbove) {
  // There is no sky in the picture, and the benchmark's reacher has no ground.
  EXPECT_GT(Covered(Frame("reacher_easy", "pictures=easy:somewhere")), kSide * kSide / 10);
}

TEST_F(BackdropTest, LeavesWallsStanding) {
  // Ground and four walls, all of them planes.
  const int hard = Covered(Frame("point_mass_easy", "pictures=hard:somewhere"));
  EXPECT_GT(hard, 0);
  EXPECT_LT(hard, kSide * kSide * 99 / 100);
}

}  // namespace
}  // namespace curl_rl::envs
