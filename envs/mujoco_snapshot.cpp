// Walks every array of model and data that the future depends on, to write it or to read it.
#include "envs/mujoco_snapshot.h"

#include <mujoco/mjxmacro.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace curl_rl::envs {
namespace {

constexpr std::size_t kLargestVariableArray = 1 << 20;  // bytes
#if mjVERSION_HEADER >= 233
constexpr int kLastIntegrator = mjINT_IMPLICITFAST;
#else
constexpr int kLastIntegrator = mjINT_IMPLICIT;
#endif

// Whole numbers of the model that a task may change. All others are indices, addresses and counts:
// MuJoCo follows them without looking.
struct FreeNumber {
  const char* name;
  int max;  // allowed: 0 .. max
};
constexpr int kBits = std::numeric_limits<int>::max();
constexpr FreeNumber kFreeNumbers[] = {{"jnt_limited", 1},
                                       {"jnt_group", kBits},
                                       {"geom_contype", kBits},
                                       {"geom_conaffinity", kBits},
                                       {"geom_group", kBits},
                                       {"geom_priority", kBits},
                                       {"site_group", kBits},
                                       {"tendon_limited", 1},
                                       {"tendon_group", kBits},
                                       {"actuator_ctrllimited", 1},
                                       {"actuator_forcelimited", 1},
                                       {"actuator_actlimited", 1},
                                       {"actuator_group", kBits},
                                       {"eq_active", 1},
                                       {"eq_active0", 1},
                                       {"light_active", 1},
                                       {"light_castshadow", 1}};

const FreeNumber* FindFree(const char* name) {
  for (const FreeNumber& number : kFreeNumbers) {
    if (std::strcmp(number.name, name) == 0) return &number;
  }
  return nullptr;
}

// Calls visit(name, pointer, count) for every array of the model that is in a snapshot.
template <typename Model, typename Visit>
void ForEachModelArray(Model* m, const Visit& visit) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
  MJMODEL_POINTERS_PREAMBLE(m)
#pragma GCC diagnostic pop
#define X(type, name, rows, columns)                                                 \
  {                                                                                  \
    const std::size_t count = static_cast<std::size_t>(m->rows) * (columns);         \
    if (count * sizeof(type) <= kLargestVariableArray) visit(#name, m->name, count); \
  }
  MJMODEL_POINTERS
#undef X
}

// What an array's element is read as: MuJoCo 3's flags are bools, and a byte from a file need not
// be one.
template <typename T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, unsigned char, T>;

// Throws unless `saved` [count] may stand in the model's array `name`, where `now` stands.
template <typename T>
void CheckArray(const char* name, const std::vector<Stored<T>>& saved, const T* now) {
  if constexpr (!std::is_floating_point_v<T>) {
    const FreeNumber* const free = FindFree(name);
    for (std::size_t i = 0; i < saved.size(); ++i) {
      if (saved[i] == now[i]) continue;
      if (free != nullptr && saved[i] >= 0 && static_cast<int>(saved[i]) <= free->max) continue;
      throw std::runtime_error(std::string("snapshot of another model: ") + name + "[" +
                               std::to_string(i) + "] is " +
                               std::to_string(static_cast<int>(saved[i])) + ", here " +
                               std::to_string(static_cast<int>(now[i])));
    }
  } else {
    (void)name, (void)saved, (void)now;
  }
}

// More iterations of a solver than any model asks for: one that is told to take two thousand
// million of them does not come back.
constexpr int kMostIterations = 10000;

// Throws unless `saved` may stand where `now` stands.
void CheckOptions(const mjOption& saved, const mjOption& now) {
  const auto iterations = [](int wanted, int own) {
    return wanted >= 0 && wanted <= std::max(own, kMostIterations);
  };
  const bool known = saved.integrator >= 0 && saved.integrator <= kLastIntegrator &&
                     saved.cone >= mjCONE_PYRAMIDAL && saved.cone <= mjCONE_ELLIPTIC &&
                     saved.jacobian >= mjJAC_DENSE && saved.jacobian <= mjJAC_AUTO &&
                     saved.solver >= mjSOL_PGS && saved.solver <= mjSOL_NEWTON &&
                     iterations(saved.iterations, now.iterations) &&
                     iterations(saved.noslip_iterations, now.noslip_iterations) &&
#if mjVERSION_HEADER < 320
                     iterations(saved.mpr_iterations, now.mpr_iterations) &&
#else
                     iterations(saved.ccd_iterations, now.ccd_iterations) &&
#endif
#if mjVERSION_HEADER >= 300
                     iterations(saved.ls_iterations, now.ls_iterations) &&
                     iterations(saved.sdf_iterations, now.sdf_iterations) &&
                     iterations(saved.sdf_initpoints, now.sdf_initpoints) &&
#endif
                     saved.timestep > 0.0 && std::isfinite(saved.timestep);
  if (!known) throw std::runtime_error("snapshot of another model: its options are none of MuJoCo");
}

// Calls visit(pointer, count) for every array of the data that is state, input, or cannot be
// computed from these (sensors of the acceleration stage belong to the step before).
template <typename Data, typename Visit>
void ForEachDataArray(const mjModel& m, Data* d, const Visit& visit) {
  visit(&d->time, 1);
  visit(d->qpos, m.nq);
  visit(d->qvel, m.nv);
  visit(d->act, m.na);
  visit(d->ctrl, m.nu);
  visit(d->qacc, m.nv);
  visit(d->qacc_warmstart, m.nv);
  visit(d->qfrc_applied, m.nv);
  visit(d->xfrc_applied, 6 * m.nbody);
  visit(d->mocap_pos, 3 * m.nmocap);
  visit(d->mocap_quat, 4 * m.nmocap);
  visit(d->userdata, m.nuserdata);
  visit(d->sensordata, m.nsensordata);
#if mjVERSION_HEADER >= 300
  visit(d->eq_active, m.neq);
#endif
}

template <typename T>
void ReadInto(SnapshotReader& reader, T* values, std::size_t count) {
  if constexpr (std::is_same_v<T, bool>) {
    std::vector<Stored<T>> bytes(count);
    reader.ReadArray(bytes.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      if (bytes[i] > 1)
        throw std::runtime_error("snapshot of another model: a flag is neither 0 nor 1");
      values[i] = bytes[i] == 1;
    }
  } else {
    reader.ReadArray(values, count);
  }
}

auto ReadFrom(SnapshotReader& reader) {
  return [&reader](auto* values, std::size_t count) { ReadInto(reader, values, count); };
}

bool BecomesNormalized(const double* quaternion, const double* wanted) {
  double normalized[4];
  mju_copy4(normalized, quaternion);
  mju_normalize4(normalized);
  return std::equal(normalized, normalized + 4, wanted);
}

// MuJoCo 2.2 normalises qpos' quaternions in their place whenever it computes positions. One that
// has been normalised does not always stay as it is: of 100,000 random ones 38,000 moved by a last
// digit, and with them all that is computed from them. So what goes in is a neighbour, at most two
// last digits away, that becomes `quaternion` (MuJoCo 3: itself).
void BeforeNormalizing(double* quaternion) {
  if (BecomesNormalized(quaternion, quaternion)) return;
  for (const int reach : {1, 2}) {
    const int width = 2 * reach + 1;
    for (int code = 0; code < width * width * width * width; ++code) {
      double neighbour[4];
      for (int i = 0, digits = code; i < 4; ++i, digits /= width) {
        const int steps = digits % width - reach;
        neighbour[i] = quaternion[i];
        for (int step = 0; step < std::abs(steps); ++step) {
          neighbour[i] = std::nextafter(neighbour[i], steps > 0 ? mjMAXVAL : -mjMAXVAL);
        }
      }
      if (BecomesNormalized(neighbour, quaternion)) {
        mju_copy4(quaternion, neighbour);
        return;
      }
    }
  }
}

void BeforeNormalizing(const mjModel& m, double* qpos) {
  for (int joint = 0; joint < m.njnt; ++joint) {
    double* const first = qpos + m.jnt_qposadr[joint];
    if (m.jnt_type[joint] == mjJNT_FREE) BeforeNormalizing(first + 3);
    if (m.jnt_type[joint] == mjJNT_BALL) BeforeNormalizing(first);
  }
}

}  // namespace

void WriteSimulation(const mjModel& model, const mjData& data, SnapshotWriter& writer) {
  const auto write = [&writer](const auto* values, std::size_t count) {
    writer.WriteArray(values, count);
  };
  writer.Write(mj_version());
  writer.Write(model.opt);
  ForEachModelArray(&model, [&writer](const char*, const auto* values, std::size_t count) {
    writer.WriteArray(values, count);
  });
  ForEachDataArray(model, &data, write);
}

void ReadSimulation(mjModel& model, mjData& data, SnapshotReader& reader) {
  const int version = reader.Read<int>();
  if (version != mj_version()) {
    throw std::runtime_error("snapshot of MuJoCo version " + std::to_string(version) +
                             ", this is " + std::to_string(mj_version()));
  }
  // All is looked at before anything is changed.
  SnapshotReader checked = reader;
  CheckOptions(checked.Read<mjOption>(), model.opt);
  ForEachModelArray(&model, [&checked](const char* name, const auto* values, std::size_t count) {
    std::vector<Stored<std::decay_t<decltype(*values)>>> saved(count);
    checked.ReadArray(saved.data(), count);
    CheckArray(name, saved, values);
  });
  model.opt = reader.Read<mjOption>();
  ForEachModelArray(&model, [&reader](const char*, auto* values, std::size_t count) {
    ReadInto(reader, values, count);
  });

  // The state makes positions and velocities current, as between control steps; that overwrites the
  // acceleration sensors, so what was saved is read again.
  SnapshotReader again = reader;
  mj_resetData(&model, &data);
  ForEachDataArray(model, &data, ReadFrom(reader));
  BeforeNormalizing(model, data.qpos);
  mj_step1(&model, &data);
  ForEachDataArray(model, &data, ReadFrom(again));
}

}  // namespace curl_rl::envs
