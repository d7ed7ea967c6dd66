// Walks every array of model and data that the future depends on, to write it or to read it.
#include "envs/mujoco_snapshot.h"

#include <mujoco/mjxmacro.h>

#include <stdexcept>
#include <string>

namespace curl_rl::envs {
namespace {

constexpr std::size_t kLargestVariableArray = 1 << 20;  // bytes

// Calls visit(pointer, count) for every array of the model that a task may change.
template <typename Model, typename Visit>
void ForEachModelArray(Model* m, const Visit& visit) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
  MJMODEL_POINTERS_PREAMBLE(m)
#pragma GCC diagnostic pop
#define X(type, name, rows, columns)                                          \
  {                                                                           \
    const std::size_t count = static_cast<std::size_t>(m->rows) * (columns);  \
    if (count * sizeof(type) <= kLargestVariableArray) visit(m->name, count); \
  }
  MJMODEL_POINTERS
#undef X
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

auto ReadFrom(SnapshotReader& reader) {
  return [&reader](auto* values, std::size_t count) { reader.ReadArray(values, count); };
}

}  // namespace

void WriteSimulation(const mjModel& model, const mjData& data, SnapshotWriter& writer) {
  const auto write = [&writer](const auto* values, std::size_t count) {
    writer.WriteArray(values, count);
  };
  writer.Write(mj_version());
  writer.Write(model.opt);
  ForEachModelArray(&model, write);
  ForEachDataArray(model, &data, write);
}

void ReadSimulation(mjModel& model, mjData& data, SnapshotReader& reader) {
  const int version = reader.Read<int>();
  if (version != mj_version()) {
    throw std::runtime_error("snapshot of MuJoCo version " + std::to_string(version) +
                             ", this is " + std::to_string(mj_version()));
  }
  model.opt = reader.Read<mjOption>();
  ForEachModelArray(&model, ReadFrom(reader));

  // The state makes positions and velocities current, as between control steps; that overwrites the
  // acceleration sensors, so what was saved is read again.
  SnapshotReader again = reader;
  mj_resetData(&model, &data);
  ForEachDataArray(model, &data, ReadFrom(reader));
  mj_step1(&model, &data);
  ForEachDataArray(model, &data, ReadFrom(again));
}

}  // namespace curl_rl::envs
