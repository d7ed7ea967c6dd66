// What the off-screen renderer promises beyond its pixels.
#include "envs/renderer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "envs/model_path.h"
#include "envs/mujoco_model.h"
#include "tests/envs/gl_test.h"

namespace curl_rl::envs {
namespace {

using Pixels = std::vector<std::uint8_t>;

class RendererTest : public GlTest<testing::Test> {
 protected:
  void SetUp() override {
    GlTest::SetUp();
    if (IsSkipped()) return;
    model_ = LoadModel(ModelPath("suite/cartpole.xml"));
    data_ = MakeData(*model_);
    mj_forward(model_.get(), data_.get());
  }

  Pixels Draw(const RenderOptions& options, int height = 64, int width = 64) const {
    Pixels pixels(std::size_t{3} * height * width);
    Renderer(*model_, options, height, width).Render(*data_, pixels.data());
    return pixels;
  }

  ModelPtr model_;
  DataPtr data_;
};

TEST_F(RendererTest, SaysWhatDraws) {
  const GlInfo gl = QueryGl();
  EXPECT_TRUE(gl.backend == "egl" || gl.backend == "osmesa");
  EXPECT_NE(gl.renderer, "unknown");
  EXPECT_NE(gl.Describe().find(gl.renderer), std::string::npos);
}

TEST_F(RendererTest, PutsTheSkyAtTheTop) {
  // Cartpole's floor is dark, its sky bright.
  const Pixels pixels = Draw(RenderOptions());
  double top = 0, bottom = 0;
  for (int i = 0; i < 3 * 64 * 10; ++i) {
    top += pixels[i];
    bottom += pixels[pixels.size() - 1 - i];
  }
  EXPECT_GT(top, 1.3 * bottom);
}

// GL keeps a terrain of its own: it must follow the model's.
TEST_F(RendererTest, DrawsTheHeightsThatTheModelHas) {
  model_ = LoadModelText(R"(
<mujoco>
  <asset><hfield name="hills" nrow="8" ncol="8" size="1 1 1 0.1"/></asset>
  <worldbody>
    <light pos="0 0 3"/>
    <camera pos="0 -3 2" xyaxes="1 0 0 0 1 1"/>
    <geom type="hfield" hfield="hills"/>
  </worldbody>
</mujoco>)",
                         "hills.xml", ".", {});
  data_ = MakeData(*model_);
  mj_forward(model_.get(), data_.get());
  Renderer renderer(*model_, RenderOptions(), 64, 64);
  const auto draw = [&] {
    Pixels pixels(std::size_t{3} * 64 * 64);
    renderer.Render(*data_, pixels.data());
    return pixels;
  };
  const Pixels flat = draw();
  model_->hfield_data[27] = 1.0F;
  const Pixels hilly = draw();
  EXPECT_NE(hilly, flat);
  EXPECT_EQ(hilly, Draw(RenderOptions()));  // as a renderer draws that never knew it flat
}

TEST_F(RendererTest, EveryOptionChangesTheFrame) {
  model_ = LoadModel(ModelPath("suite/walker.xml"));  // round, and its floor mirrors it
  data_ = MakeData(*model_);
  mj_forward(model_.get(), data_.get());
  const Pixels usual = Draw(RenderOptions());
  EXPECT_EQ(Draw(RenderOptions()), usual);
  RenderOptions changed;
  changed.camera_id = 1;
  EXPECT_NE(Draw(changed), usual);
  changed = RenderOptions();
  changed.samples = 0;
  EXPECT_NE(Draw(changed), usual);
  changed = RenderOptions();
  changed.slices = changed.stacks = 5;
  EXPECT_NE(Draw(changed), usual);
  changed = RenderOptions();
  changed.shadow_size = 64;
  EXPECT_NE(Draw(changed), usual);
  changed = RenderOptions();
  changed.shadows = false;
  EXPECT_NE(Draw(changed), usual);
  changed = RenderOptions();
  changed.reflections = false;
  EXPECT_NE(Draw(changed), usual);
}

TEST_F(RendererTest, LeavesTheModelAsItWas) {
  const int width = model_->vis.global.offwidth;
  Draw(RenderOptions(), 40, 80);
  EXPECT_EQ(model_->vis.global.offwidth, width);
}

TEST_F(RendererTest, TwoRenderersTakeTurns) {
  Renderer small(*model_, RenderOptions(), 32, 32);
  Renderer large(*model_, RenderOptions(), 64, 64);
  Pixels first(3 * 32 * 32), again(first.size()), between(3 * 64 * 64);
  small.Render(*data_, first.data());
  large.Render(*data_, between.data());
  small.Render(*data_, again.data());
  EXPECT_EQ(first, again);
  EXPECT_EQ(between, Draw(RenderOptions()));
}

TEST_F(RendererTest, MayBeMadeByOneThreadAndUsedByAnother) {
  Renderer renderer(*model_, RenderOptions(), 64, 64);
  Pixels pixels(3 * 64 * 64);
  std::thread([&] { renderer.Render(*data_, pixels.data()); }).join();
  EXPECT_EQ(pixels, Draw(RenderOptions()));
}

TEST_F(RendererTest, RefusesWrongArguments) {
  const auto refused = [this](int RenderOptions::*option, int value) {
    RenderOptions options;
    options.*option = value;
    EXPECT_THROW(Draw(options), std::invalid_argument) << value;
  };
  refused(&RenderOptions::camera_id, 2);
  refused(&RenderOptions::camera_id, -2);  // -1 is the free camera
  refused(&RenderOptions::samples, -1);
  refused(&RenderOptions::slices, 2);
  refused(&RenderOptions::stacks, 1);
  refused(&RenderOptions::shadow_size, -1);
  EXPECT_THROW(Draw(RenderOptions(), 0, 10), std::invalid_argument);
}

TEST_F(RendererTest, ASizeThatOpenGlCannotGiveIsAnError) {
  RenderOptions options;
  options.shadow_size = 1000000;
  EXPECT_THROW(Draw(options), std::runtime_error);
  EXPECT_NO_THROW(Draw(RenderOptions()));
}

}  // namespace
}  // namespace curl_rl::envs
