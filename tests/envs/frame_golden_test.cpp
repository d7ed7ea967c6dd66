// Frames of the suite's models equal those of dm_control's own models under the same OpenGL
// (tests/golden/dmc/<domain>_<size>.png: camera 0 at the reset state, Mesa 22.3 software renderer).
#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <cstdlib>

#include "envs/model_path.h"
#include "envs/mujoco_model.h"
#include "envs/renderer.h"

namespace curl_rl::envs {
namespace {

// Recorded with an off-screen buffer of 640x480 and on the same Mesa: here all are 0. Other
// releases of Mesa's software renderer round an edge's coverage or a light otherwise.
constexpr int kMaxDifference = 8;           // grey levels, of any colour of any pixel
constexpr double kMaxMeanDifference = 0.1;  // grey levels, over the frame

std::vector<std::uint8_t> ReadPng(const std::string& path) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) {
    ADD_FAILURE() << path << ": " << image.message;
    return {};
  }
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) << image.message;
  return pixels;
}

class FrameGoldenTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (mj_version() >= 300) {
      GTEST_SKIP() << "the frames are of MuJoCo 2.2.2, this is " << mj_versionString();
    }
    GlInfo gl;
    try {
      gl = QueryGl();
    } catch (const std::runtime_error& error) {
      GTEST_SKIP() << error.what();
    }
    if (gl.renderer.find("llvmpipe") == std::string::npos) {
      GTEST_SKIP() << "the frames are of Mesa's llvmpipe, this is " << gl.Describe();
    }
  }
};

TEST_P(FrameGoldenTest, EqualsTheSuite) {
  const ModelPtr model = LoadModel(ModelPath(std::string("suite/") + GetParam() + ".xml"));
  const DataPtr data = MakeData(*model);
  mj_forward(model.get(), data.get());
  for (int size : {84, 100}) {
    std::vector<std::uint8_t> pixels(3 * size * size);
    Renderer(*model, RenderOptions(), size, size).Render(*data, pixels.data());
    const std::vector<std::uint8_t> golden =
        ReadPng(CURL_RL_SOURCE_DIR "/tests/golden/dmc/" + std::string(GetParam()) + "_" +
                std::to_string(size) + ".png");
    ASSERT_EQ(golden.size(), pixels.size());
    int largest = 0;
    double sum = 0.0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const int difference = std::abs(int{pixels[i]} - int{golden[i]});
      largest = std::max(largest, difference);
      sum += difference;
    }
    EXPECT_LE(largest, kMaxDifference) << "at " << size << " pixels";
    EXPECT_LE(sum / pixels.size(), kMaxMeanDifference) << "at " << size << " pixels";
    RecordProperty("largest_difference_" + std::to_string(size), largest);
  }
}

INSTANTIATE_TEST_SUITE_P(Domains, FrameGoldenTest,
                         testing::Values("ball_in_cup", "cartpole", "cheetah", "finger", "reacher",
                                         "walker"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace curl_rl::envs
