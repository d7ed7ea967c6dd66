// Where shadows are cast, and that a map of which a part is cleared gives the frames of one that is
// cleared as a whole.
#include "envs/shadow_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "envs/model_path.h"
#include "envs/mujoco_model.h"
#include "envs/renderer.h"
#include "tests/envs/gl_test.h"

namespace curl_rl::envs {
namespace {

constexpr Matrix4 kUnit = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
// 90 degrees, looking down the z axis: x / -z and y / -z are the map's coordinates.
constexpr Matrix4 kPerspective = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, -1, 0, 0, -0.1F, 0};
constexpr int kSize = 100;

mjvGeom Geom(int type, float x, float y, float z) {
  mjvGeom geom{};
  geom.type = type;
  geom.pos[0] = x;
  geom.pos[1] = y;
  geom.pos[2] = z;
  for (int i = 0; i < 3; ++i) {
    geom.size[i] = 1.0F;
    geom.mat[4 * i] = 1.0F;
  }
  return geom;
}

TexelRect Cast(std::vector<mjvGeom> geoms, const Matrix4& projection = kPerspective,
               const Matrix4& view = kUnit) {
  mjvScene scene;
  mjv_defaultScene(&scene);
  scene.geoms = geoms.data();
  scene.ngeom = static_cast<int>(geoms.size());
  return CastersOnMap(scene, projection, view, kSize);
}

std::vector<int> Sides(const TexelRect& rect) {
  return {rect.left, rect.bottom, rect.right, rect.top};
}

const std::vector<int> kWhole = {0, 0, kSize, kSize};

TEST(CastersOnMapTest, IsTheBoxesAndTwoTexelsMore) {
  EXPECT_TRUE(Cast({}).empty());
  // The nearest corners are at z = -4: a quarter of the half map of 49 texels about texel 50.
  EXPECT_EQ(Sides(Cast({Geom(mjGEOM_SPHERE, 0, 0, -5)})), (std::vector<int>{35, 35, 65, 65}));
  // At (8 .. 10) / 4 the box is beyond the map.
  EXPECT_TRUE(Cast({Geom(mjGEOM_BOX, 9, 0, -5)}).empty());
  mjvGeom mesh = Geom(mjGEOM_MESH, 0, 0, -5);
  mesh.modelrbound = 1.0F;
  EXPECT_EQ(Sides(Cast({mesh, Geom(mjGEOM_BOX, 9, 0, -5)})), (std::vector<int>{35, 35, kSize, 65}));
}

TEST(CastersOnMapTest, ACapsuleHasItsCaps) {
  mjvGeom capsule = Geom(mjGEOM_CAPSULE, 0, 0, -5);
  capsule.size[0] = capsule.size[1] = 0.5F;
  capsule.size[2] = 0.5F;                                                 // up to z = -4
  EXPECT_EQ(Sides(Cast({capsule})), (std::vector<int>{41, 41, 59, 59}));  // 50 +- 49 / 8
}

TEST(CastersOnMapTest, IsAllOfItWhereThatIsNotKnown) {
  EXPECT_EQ(Sides(Cast({Geom(mjGEOM_SPHERE, 0, 0, 0)})), kWhole);   // about the light
  EXPECT_EQ(Sides(Cast({Geom(mjGEOM_SPHERE, 0, 0, 5)})), kWhole);   // behind it
  EXPECT_EQ(Sides(Cast({Geom(mjGEOM_HFIELD, 0, 0, -5)})), kWhole);  // has no box here
  EXPECT_EQ(Sides(Cast({Geom(mjGEOM_MESH, 0, 0, -5)})), kWhole);    // its bound is not told
  mjvGeom nowhere = Geom(mjGEOM_SPHERE, 0, 0, -5);
  nowhere.pos[0] = std::nanf("");
  EXPECT_EQ(Sides(Cast({nowhere})), kWhole);
}

TEST(CastersOnMapTest, APlaneLitFromTheFrontCastsNothing) {
  if (mjVERSION_HEADER >= 330) GTEST_SKIP() << "MuJoCo 3.3 draws the fronts of planes too";
  const mjvGeom plane = Geom(mjGEOM_PLANE, 0, 0, -5);
  mjvGeom turned = plane;
  turned.mat[0] = turned.mat[8] = -1.0F;
  EXPECT_TRUE(Cast({plane}).empty());
  EXPECT_EQ(Sides(Cast({turned})), kWhole);
  EXPECT_TRUE(Cast({plane}, kUnit).empty());  // rays that go down
  EXPECT_EQ(Sides(Cast({turned}, kUnit)), kWhole);
  // A light that was moved to z = -9 and turned around sees the back.
  const Matrix4 below = {1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, -9, 1};
  EXPECT_EQ(Sides(Cast({plane}, kPerspective, below)), kWhole);
  EXPECT_TRUE(Cast({turned}, kPerspective, below).empty());
}

// All that casts: each kind of shape, a light with rays side by side and one without, of which a
// body comes near.
constexpr char kModel[] = R"(
<mujoco>
  <worldbody>
    <light pos="0 0 3" dir="0 0 -1"/>
    <light pos="1 0 3" dir="-.3 0 -1" directional="true"/>
    <camera pos="0 -4 3" xyaxes="1 0 0 0 1 1.3"/>
    <geom type="plane" size="3 3 .1"/>
    <body pos="0 0 1">
      <freejoint/>
      <geom type="capsule" fromto="0 0 0 .5 0 0" size=".1"/>
      <geom type="box" pos="-.3 0 0" size=".1 .2 .1" euler="20 30 40"/>
      <geom type="ellipsoid" pos="0 .3 0" size=".1 .2 .1"/>
      <geom type="cylinder" pos="0 -.3 0" size=".1 .2"/>
    </body>
  </worldbody>
</mujoco>)";

class ShadowMapTest : public GlTest<testing::Test> {
 protected:
  // Frames of one renderer, while what it draws moves, and each by one of its own, whose first
  // clear is of the whole map.
  static void Compare(const mjModel& model, const std::vector<double>& heights) {
    const DataPtr data = MakeData(model);
    RenderOptions options;
    options.shadow_size = 512;
    options.slices = options.stacks = 8;
    constexpr int kSide = 48;
    Renderer kept(model, options, kSide, kSide);
    std::vector<std::uint8_t> frame(std::size_t{3} * kSide * kSide), whole(frame.size());
    for (const double height : heights) {
      data->qpos[0] = height / 2;
      data->qpos[2] = height;
      mj_forward(&model, data.get());
      kept.Render(*data, frame.data());
      Renderer(model, options, kSide, kSide).Render(*data, whole.data());
      EXPECT_EQ(frame, whole) << "at height " << height;
    }
    if (!kept.gl().software() || mjVERSION_HEADER >= 330) return;
    EXPECT_GT(kept.partial_clears(), 0) << "MuJoCo's glClear is not ours";
  }
};

TEST_F(ShadowMapTest, FramesAreThoseOfAWholeClear) {
  Compare(*LoadModelText(kModel, "casters.xml", ".", {}), {1.0, 0.3, 3.2, 1.5, 0.0});
}

TEST_F(ShadowMapTest, AFloorLitFromBelowIsNoException) {
  std::string model = kModel;
  model.replace(model.find("0 0 3\" dir=\"0 0 -1"), 18, "0 0 -1\" dir=\"0 0 1");
  Compare(*LoadModelText(model, "below.xml", ".", {}), {1.0, 0.3, 0.6});
}

}  // namespace
}  // namespace curl_rl::envs
