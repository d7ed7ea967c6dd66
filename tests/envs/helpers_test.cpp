// The small parts: numpy's random stream, tolerance, nearest names, model paths, joint draws.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "envs/joint_randomizer.h"
#include "envs/model_path.h"
#include "envs/mujoco_model.h"
#include "envs/nearest_name.h"
#include "envs/numpy_random.h"
#include "envs/suite/terrain.h"
#include "envs/tolerance.h"

namespace curl_rl::envs {
namespace {

// Literal values of numpy 1.24: RandomState(seed), then rand(3), randn(5), uniform(-2, 3, 2),
// rand().
struct Stream {
  std::uint32_t seed;
  double uniform[3], normal[5], range[2], last;
};
constexpr Stream kStreams[] = {{0,
                                {0.5488135039273248, 0.7151893663724195, 0.6027633760716439},
                                {-2.268328201180374, 1.3335453816218967, -0.8427240538292873,
                                 1.9699244478698945, 1.2661185298577784},
                                {0.6444745987645222, 0.8402228054696614},
                                0.925596638292661},
                               {1,
                                {0.417022004702574, 0.7203244934421581, 0.00011437481734488664},
                                {-0.8021728386486427, -0.4488778077207725, -1.1059350760083153,
                                 -1.6545154524065693, -2.363468604780012},
                                {1.4260975019837976, -0.9777387513424127},
                                0.8781174363909454},
                               {4294967295,
                                {0.0976320289940138, 0.9123828453026218, 0.78903530185164},
                                {0.0813036681172692, 0.4096851233481656, 0.31595808265170017,
                                 0.03503916479349264, -1.741430868579208},
                                {-1.091163192557481, 2.667668766650162},
                                0.8238800726077493}};

TEST(NumpyRandomTest, EqualsNumpyToTheLastDigit) {
  for (const Stream& stream : kStreams) {
    NumpyRandom random(stream.seed);
    for (double value : stream.uniform) EXPECT_EQ(random.Uniform(), value);
    for (double value : stream.normal) EXPECT_EQ(random.Normal(), value);
    for (double value : stream.range) EXPECT_EQ(random.Uniform(-2.0, 3.0), value);
    EXPECT_EQ(random.Uniform(), stream.last);
  }
}

TEST(NumpyRandomTest, EqualsNumpyAfterManyDraws) {
  NumpyRandom uniform(1);
  for (int i = 1; i < 5000; ++i) uniform.Uniform();
  EXPECT_EQ(uniform.Uniform(), 0.2503166518227775);
  NumpyRandom normal(7);
  for (int i = 1; i < 5001; ++i) normal.Normal();
  EXPECT_EQ(normal.Normal(), -0.008957212846241026);
  EXPECT_EQ(normal.Uniform(), 0.8011854021120146);
}

TEST(NumpyRandomTest, ACopyGoesOnAlike) {
  NumpyRandom random(3);
  random.Normal();  // one of the pair is kept
  NumpyRandom copy = random;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(copy.Normal(), random.Normal());
}

// As RandomState(3).randint(5) eight times, randint(1) twice, then rand() give.
TEST(NumpyRandomTest, WholeNumbers) {
  NumpyRandom random(3);
  for (unsigned expected : {2, 0, 1, 3, 0, 0, 0, 3}) EXPECT_EQ(random.Integer(5), expected);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(random.Integer(1), 0U);
  EXPECT_EQ(random.Uniform(), 0.8962930889334381);
}

// Rows 1 and 6 of scipy.ndimage.zoom(knots, 7 / 4).
TEST(TerrainTest, ZoomsAsScipyDoes) {
  const std::vector<double> knots = {1, 2, 4, 3, 0, 5, 1, 2, 3, 3, 2, 0, 1, 0, 4, 6};
  const std::vector<double> values = suite::ZoomBySpline(knots, 4, 7);
  ASSERT_EQ(values.size(), 49U);
  const double second[] = {0.325, 1.545625, 3.275, 3.378125, 2.775, 2.73875, 2.9};
  const double last[] = {1, 0.35, 0, 1.625, 4, 5.525, 6};
  for (int i = 0; i < 7; ++i) {
    EXPECT_NEAR(values[7 + i], second[i], 1e-14) << i;  // rounding
    EXPECT_NEAR(values[42 + i], last[i], 1e-14) << i;
  }
}

// At the margin every sigmoid has its value_at_margin; at half of it, the formula's value by hand.
TEST(ToleranceTest, EverySigmoidByHand) {
  const double v = 0.1;
  const double cosine = std::acos(2 * v - 1);
  const std::pair<Sigmoid, double> at_half[] = {
      {Sigmoid::kGaussian, std::pow(v, 0.25)},
      {Sigmoid::kHyperbolic, std::sqrt(2 / (1 / v + 1))},  // cosh of half an area cosine
      {Sigmoid::kLongTail, 1 / (0.25 * 9 + 1)},
      {Sigmoid::kReciprocal, 1 / (0.5 * 9 + 1)},
      {Sigmoid::kCosine, (1 + std::cos(cosine / 2)) / 2},
      {Sigmoid::kLinear, 0.55},
      {Sigmoid::kQuadratic, 1 - 0.25 * 0.9},
      {Sigmoid::kTanhSquared, 2 * std::sqrt(v) / (1 + std::sqrt(v))}};
  for (const auto& [sigmoid, value] : at_half) {
    SCOPED_TRACE(static_cast<int>(sigmoid));
    const Falloff falloff{2.0, v, sigmoid};
    EXPECT_EQ(Tolerance(1.0, 1.0, 3.0, falloff), 1.0);  // bounds belong to it
    EXPECT_EQ(Tolerance(3.0, 1.0, 3.0, falloff), 1.0);
    EXPECT_NEAR(Tolerance(0.0, 1.0, 3.0, falloff), value, 1e-15);  // rounding of the formulas
    EXPECT_NEAR(Tolerance(4.0, 1.0, 3.0, falloff), value, 1e-15);
    EXPECT_NEAR(Tolerance(5.0, 1.0, 3.0, falloff), v, 1e-15);
    EXPECT_NEAR(Tolerance(-1.0, 1.0, 3.0, falloff), v, 1e-15);
  }
}

TEST(ToleranceTest, EndsAndStep) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Tolerance(0.999, 1.0, infinity), 0.0);
  EXPECT_EQ(Tolerance(1e300, 1.0, infinity), 1.0);
  EXPECT_EQ(Tolerance(-1.0, 0.0, infinity, {1.0, 0.0, Sigmoid::kLinear}), 0.0);
  EXPECT_EQ(Tolerance(-7.0, 0.0, 1.0, {1.0, 0.0, Sigmoid::kQuadratic}), 0.0);
  EXPECT_EQ(Tolerance(-7.0, 0.0, 1.0, {1.0, 0.0, Sigmoid::kCosine}), 0.0);
}

TEST(ToleranceTest, RefusesWrongArguments) {
  EXPECT_THROW(Tolerance(0, 1, 0), std::invalid_argument);
  EXPECT_THROW(Tolerance(0, std::nan(""), 0), std::invalid_argument);
  EXPECT_THROW(Tolerance(0, 0, 1, {-1.0}), std::invalid_argument);
  EXPECT_THROW(Tolerance(0, 0, 1, {1.0, 0.0}), std::invalid_argument);  // gaussian never ends
  EXPECT_THROW(Tolerance(0, 0, 1, {1.0, 1.0, Sigmoid::kLinear}), std::invalid_argument);
  EXPECT_THROW(Tolerance(0, 0, 1, {1.0, -0.1, Sigmoid::kLinear}), std::invalid_argument);
}

TEST(NearestNameTest, CountsEdits) {
  const std::vector<std::string> names = {"walker_walk", "walker_run", "cheetah_run"};
  EXPECT_EQ(NearestName("walker_wlak", names), "walker_walk");  // a swap
  EXPECT_EQ(NearestName("cheeta_run", names), "cheetah_run");
  EXPECT_EQ(NearestName("walker_run", names), "walker_run");
  EXPECT_EQ(NearestName("xyz", names), "");
  EXPECT_EQ(NearestName("", {}), "");
  EXPECT_EQ(NearestName("moco.queue", {"moco.lr", "moco.queue_size"}), "moco.queue_size");
  EXPECT_EQ(NearestName("walker", names), "walker_walk");
  EXPECT_EQ(DidYouMean("walkr_run", names), "; did you mean 'walker_run'?");
  EXPECT_EQ(DidYouMean("xyz", names), "");
}

TEST(ModelPathTest, FindsModelsAndSaysWhereItLooked) {
  EXPECT_THAT(ModelPath("suite/cartpole.xml"), testing::EndsWith("suite/cartpole.xml"));
  // This test has one thread. NOLINTNEXTLINE(concurrency-mt-unsafe)
  setenv("CURL_RL_MODELS", "/nonexistent_models", 1);
  try {
    ModelPath("suite/nothing.xml");
    ADD_FAILURE() << "a missing model was found";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("suite/nothing.xml"),
                                             testing::HasSubstr("/nonexistent_models")));
  }
  EXPECT_NO_THROW(ModelPath("suite/cartpole.xml"));  // the other folders are still tried
  unsetenv("CURL_RL_MODELS");                        // NOLINT(concurrency-mt-unsafe)
}

constexpr char kJoints[] = R"(
<mujoco>
  <worldbody>
    <body><freejoint/><geom size="1"/></body>
    <body><joint type="ball" limited="true" range="0 30"/><geom size="1"/></body>
    <body><joint type="ball"/><geom size="1"/></body>
    <body><joint type="slide"/><geom size="1"/></body>
    <body><joint type="slide" limited="true" range="2 3"/><geom size="1"/></body>
    <body><joint type="hinge" limited="true" range="10 20"/><geom size="1"/></body>
    <body><joint type="hinge"/><geom size="1"/></body>
  </worldbody>
</mujoco>)";

TEST(RandomizeJointsTest, EveryKindOfJoint) {
  const ModelPtr model = LoadModelText(kJoints, "joints.xml", ".", {});
  const DataPtr data = MakeData(*model);
  NumpyRandom random(1);
  for (int i = 0; i < 50; ++i) {
    RandomizeJoints(*model, *data, random);
    const double* q = data->qpos;
    EXPECT_EQ(q[0], 0.0);  // the free joint's place stays
    EXPECT_NEAR(mju_norm(q + 3, 4), 1.0, 1e-15);
    EXPECT_GE(*std::min_element(q + 3, q + 7), 0.0);
    EXPECT_NEAR(mju_norm(q + 7, 4), 1.0, 1e-15);
    EXPECT_LE(2.0 * std::acos(q[7]), 30.0 * mjPI / 180.0 + 1e-7);  // acos is steep near 1
    EXPECT_NEAR(mju_norm(q + 11, 4), 1.0, 1e-15);
    EXPECT_EQ(q[15], 0.0);  // an unlimited slide stays
    EXPECT_TRUE(q[16] >= 2.0 && q[16] < 3.0);
    EXPECT_TRUE(q[17] >= 10.0 * mjPI / 180.0 && q[17] < 20.0 * mjPI / 180.0);
    EXPECT_TRUE(q[18] >= -mjPI && q[18] < mjPI);
  }
}

}  // namespace
}  // namespace curl_rl::envs
