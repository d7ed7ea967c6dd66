// The geometry of a displaced camera.
#include "envs/camera_orbit.h"

#include <algorithm>
#include <cmath>

namespace curl_rl::envs {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<double, 9>;  // row by row

constexpr double kQuarter = mjPI / 2.0;
constexpr int kAgent = 1;  // the body whose subtree's centre of mass the camera follows

Vector operator+(const Vector& a, const Vector& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
Vector operator-(const Vector& a, const Vector& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
double Length(const Vector& a) { return mju_norm3(a.data()); }

Matrix Product(const Matrix& a, const Matrix& b) {
  Matrix product;
  mju_mulMatMat(product.data(), a.data(), b.data(), 3, 3, 3);
  return product;
}

// Radius, azimuth, polar angle.
struct Sphere {
  double radius, azimuth, polar;
};

Sphere ToSphere(const Vector& v) {
  return {Length(v), std::atan2(v[1], v[0]), std::atan2(std::hypot(v[0], v[1]), v[2])};
}

Vector ToVector(const Sphere& s) {
  return {s.radius * std::sin(s.polar) * std::cos(s.azimuth),
          s.radius * std::sin(s.polar) * std::sin(s.azimuth), s.radius * std::cos(s.polar)};
}

bool IsFree(const mjModel& model, int camera_id) { return camera_id < 0 || model.ncam == 0; }

bool Stands(const mjModel& model, int camera_id) {
  return IsFree(model, camera_id) ||
         (model.cam_mode[camera_id] == mjCAMLIGHT_FIXED && model.cam_bodyid[camera_id] == 0);
}

Vector AgentPlace(const mjModel& model, const mjData& data) {
  const double* place = data.subtree_com + 3 * std::min(kAgent, static_cast<int>(model.nbody) - 1);
  return {place[0], place[1], place[2]};
}

// What is in the middle of the picture, as far away as the agent.
Vector LookAt(const CameraPose& pose, const Vector& agent) {
  const double distance = Length(pose.place - agent);
  const Matrix& r = pose.rotation;
  return pose.place - Vector{r[2] * distance, r[5] * distance, r[8] * distance};
}

// Turns the axis that the camera looks along, level to the horizon.
Matrix LevelRotation(const Vector& direction) {
  const double yaw = -std::atan2(direction[0], direction[1]);
  // Without a turn the camera looks straight down.
  const double pitch = std::atan2(direction[2], std::hypot(direction[0], direction[1])) + kQuarter;
  const double cx = std::cos(pitch), sx = std::sin(pitch), cz = std::cos(yaw), sz = std::sin(yaw);
  return {cz, -sz * cx, sx * sz, sz, cx * cz, -sx * cz, 0.0, sx, cx};
}

// By `angle` about `axis`, a unit vector.
Matrix Rotation(double cosine, double sine, const Vector& a) {
  const double rest = 1.0 - cosine;
  return {cosine + a[0] * a[0] * rest,      a[0] * a[1] * rest - a[2] * sine,
          a[0] * a[2] * rest + a[1] * sine, a[1] * a[0] * rest + a[2] * sine,
          cosine + a[1] * a[1] * rest,      a[1] * a[2] * rest - a[0] * sine,
          a[2] * a[0] * rest - a[1] * sine, a[2] * a[1] * rest + a[0] * sine,
          cosine + a[2] * a[2] * rest};
}

// The shortest way from straight down, which near it is steady where a level horizon is not.
Matrix ShortestRotation(const Vector& direction) {
  const Vector down{0.0, 0.0, -1.0};
  Vector axis;
  mju_cross(axis.data(), down.data(), direction.data());
  const double sine = Length(axis);
  for (double& part : axis) part /= sine + 1e-4;  // as the benchmark has it: nearly a unit vector
  return Rotation(mju_dot3(direction.data(), down.data()), sine, axis);
}

}  // namespace

CameraPose PoseOf(const mjModel& model, const mjData& data, int camera_id) {
  CameraPose pose;
  if (!IsFree(model, camera_id)) {
    std::copy_n(data.cam_xpos + 3 * camera_id, 3, pose.place.begin());
    std::copy_n(data.cam_xmat + 9 * camera_id, 9, pose.rotation.begin());
    return pose;
  }
  mjvCamera free;
  mjv_defaultCamera(&free);
  mjv_defaultFreeCamera(&model, &free);
  const double elevation = free.elevation * mjPI / 180.0, azimuth = free.azimuth * mjPI / 180.0;
  const Vector forward{std::cos(elevation) * std::cos(azimuth),
                       std::cos(elevation) * std::sin(azimuth), std::sin(elevation)};
  for (int i = 0; i < 3; ++i) pose.place[i] = free.lookat[i] - free.distance * forward[i];
  pose.rotation = LevelRotation(forward);
  return pose;
}

CameraOrbit DrawCameraOrbit(const mjModel& model, const mjData& data, int camera_id, double scale,
                            NumpyRandom& random) {
  const CameraPose pose = PoseOf(model, data, camera_id);
  const Vector agent = AgentPlace(model, data);
  CameraOrbit orbit;
  orbit.follows = Stands(model, camera_id) ? 0.0 : 1.0;
  orbit.look_at = LookAt(pose, agent);
  if (orbit.follows != 0.0) orbit.centre = agent;
  if (IsFree(model, camera_id)) orbit.centre = orbit.look_at;

  // 1. The ranges.
  const Sphere start = ToSphere(pose.place - orbit.centre);
  const double reach = kQuarter * scale;
  double low_azimuth = start.azimuth - reach, high_azimuth = start.azimuth + reach;
  double low_polar = start.polar - reach, high_polar = start.polar + reach;
  orbit.upright = start.polar > 1e-6 ? 1.0 : 0.0;
  const bool in_front = start.azimuth <= 0.0 && low_polar <= kQuarter;
  if (orbit.upright != 0.0 && in_front) {
    high_polar = std::min(high_polar, kQuarter);
    low_polar = std::max(low_polar, 0.0);
    high_azimuth = std::min(high_azimuth, 0.0);
    low_azimuth = std::max(low_azimuth, -mjPI);
  }
  const double nearest = std::max(start.radius * (1.0 - 0.5 * scale), 0.0);
  const double farthest = start.radius * (1.0 + 1.5 * scale);

  // 2. The draws, in the benchmark's order.
  orbit.azimuth = random.Uniform(low_azimuth, high_azimuth);
  orbit.polar = random.Uniform(low_polar, high_polar);
  orbit.radius = random.Uniform(nearest, farthest);
  orbit.roll = random.Uniform(-reach, reach);

  // 3. A polar angle below 0 lies on the other side, whose azimuth is then out of range: the
  // benchmark puts it at the end of the range.
  if (orbit.polar < 0.0 || orbit.polar > mjPI) {
    const Sphere other = ToSphere(ToVector({orbit.radius, orbit.azimuth, orbit.polar}));
    orbit.azimuth = std::clamp(other.azimuth, low_azimuth, high_azimuth);
    orbit.polar = std::clamp(other.polar, low_polar, high_polar);
  }
  return orbit;
}

CameraPose PoseOn(const CameraOrbit& orbit, const mjModel& model, const mjData& data,
                  int camera_id) {
  Vector centre = orbit.centre, look_at = orbit.look_at;
  if (orbit.follows != 0.0) {
    centre = AgentPlace(model, data);
    look_at = LookAt(PoseOf(model, data, camera_id), centre);
  }
  CameraPose pose;
  pose.place = ToVector({orbit.radius, orbit.azimuth, orbit.polar}) + centre;
  Vector direction = look_at - pose.place;
  mju_normalize3(direction.data());
  const Matrix turned =
      orbit.upright != 0.0 ? LevelRotation(direction) : ShortestRotation(direction);
  const Vector axis{0.0, 0.0, 1.0};
  pose.rotation = Product(turned, Rotation(std::cos(orbit.roll), std::sin(orbit.roll), axis));
  return pose;
}

}  // namespace curl_rl::envs
