// Runs a described task: finds its quantities in MuJoCo's data, computes start, reward and state.
#include "envs/described_task.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "envs/mujoco_environment.h"

namespace curl_rl::envs {
namespace {

using Kind = Quantity::Kind;

// Where a quantity's numbers stand in mjData.
struct Span {
  int begin = 0;
  int size = 0;
};

Span WholeSpan(const mjModel& model, const Quantity& quantity) {
  switch (quantity.kind) {
    case Kind::kPosition: {
      const auto nq = static_cast<int>(model.nq);  // 64 bits in MuJoCo 3
      if (quantity.name.empty()) return {0, nq};
      const int joint = ElementId(model, mjOBJ_JOINT, quantity.name);
      const int next = joint + 1 < model.njnt ? model.jnt_qposadr[joint + 1] : nq;
      return {model.jnt_qposadr[joint], next - model.jnt_qposadr[joint]};
    }
    case Kind::kVelocity: {
      const auto nv = static_cast<int>(model.nv);
      if (quantity.name.empty()) return {0, nv};
      const int joint = ElementId(model, mjOBJ_JOINT, quantity.name);
      const int next = joint + 1 < model.njnt ? model.jnt_dofadr[joint + 1] : nv;
      return {model.jnt_dofadr[joint], next - model.jnt_dofadr[joint]};
    }
    case Kind::kSensor: {
      const int sensor = ElementId(model, mjOBJ_SENSOR, quantity.name);
      return {model.sensor_adr[sensor], model.sensor_dim[sensor]};
    }
    case Kind::kControl:
      return {ElementId(model, mjOBJ_ACTUATOR, quantity.name), 1};
    case Kind::kPlace:
      return {3 * ElementId(model, mjOBJ_BODY, quantity.name), 3};
    case Kind::kOrientation:
      return {9 * ElementId(model, mjOBJ_BODY, quantity.name), 9};
  }
  throw std::invalid_argument("unknown kind of quantity");
}

double* Base(Kind kind, const mjData& data) {
  switch (kind) {
    case Kind::kPosition:
      return data.qpos;
    case Kind::kVelocity:
      return data.qvel;
    case Kind::kSensor:
      return data.sensordata;
    case Kind::kControl:
      return data.ctrl;
    case Kind::kPlace:
      return data.xpos;
    case Kind::kOrientation:
      return data.xmat;
  }
  throw std::invalid_argument("unknown kind of quantity");
}

// A quantity whose name has been looked up.
struct Source {
  Kind kind;
  Span span;
  bool norm;

  double* begin(const mjData& data) const { return Base(kind, data) + span.begin; }
  int size() const { return norm ? 1 : span.size; }
  double Number(const mjData& data) const {
    return norm ? mju_norm(begin(data), span.size) : *begin(data);
  }
};

Source Resolve(const mjModel& model, const Quantity& quantity) {
  Span span = WholeSpan(model, quantity);
  if (quantity.component >= span.size) {
    throw std::invalid_argument("component " + std::to_string(quantity.component) + " of '" +
                                quantity.name + "', which has " + std::to_string(span.size) +
                                " (the first is 0)");
  }
  if (quantity.component >= 0) span = {span.begin + quantity.component, 1};
  return {quantity.kind, span, quantity.component == Quantity::kNorm};
}

// A reward term whose names have been looked up.
struct Term {
  const RewardTerm* said;
  Source source;
  std::vector<Term> terms;
};

Term Resolve(const mjModel& model, const RewardTerm& said) {
  Term term{&said, {}, {}};
  if (said.kind == RewardTerm::Kind::kTolerance) {
    term.source = Resolve(model, said.quantity);
    if (term.source.size() != 1) {
      throw std::invalid_argument("a reward needs one number, '" + said.quantity.name + "' has " +
                                  std::to_string(term.source.size()) + ": choose a component");
    }
    Tolerance(0.0, said.lower, said.upper, said.falloff);  // refuses bad bounds now
    return term;
  }
  if (said.terms.empty()) throw std::invalid_argument("a reward term over no terms");
  for (const RewardTerm& part : said.terms) term.terms.push_back(Resolve(model, part));
  return term;
}

double Worth(const Term& term, const mjData& data);

double Value(const Term& term, const mjData& data) {
  const RewardTerm& said = *term.said;
  if (said.kind == RewardTerm::Kind::kTolerance) {
    return Tolerance(term.source.Number(data), said.lower, said.upper, said.falloff);
  }
  double value = Worth(term.terms.front(), data);
  for (std::size_t i = 1; i < term.terms.size(); ++i) {
    const double worth = Worth(term.terms[i], data);
    if (said.kind == RewardTerm::Kind::kProduct) {
      value *= worth;
    } else if (said.kind == RewardTerm::Kind::kMin) {
      value = std::min(value, worth);
    } else {
      value += worth;
    }
  }
  const double count = static_cast<double>(term.terms.size());
  return said.kind == RewardTerm::Kind::kMean ? value / count : value;
}

double Worth(const Term& term, const mjData& data) {
  const RewardTerm& said = *term.said;
  return said.weight * (said.least + (1.0 - said.least) * Value(term, data));
}

ModelPtr LoadDescribed(const TaskDescription& task) {
  ModelPtr model = LoadModel(task.model);
  if (model->nu == 0) throw std::invalid_argument(task.model + ": the model has no actuator");
  for (const ActionRange& range : task.range) {
    const int actuator = ElementId(*model, mjOBJ_ACTUATOR, range.actuator);
    if (!(range.low < range.high)) {
      throw std::invalid_argument("the range of actuator '" + range.actuator + "' is empty");
    }
    model->actuator_ctrllimited[actuator] = 1;
    model->actuator_ctrlrange[2 * actuator] = range.low;
    model->actuator_ctrlrange[2 * actuator + 1] = range.high;
  }
  return model;
}

MujocoTask TaskOf(const TaskDescription& task, const mjModel& model) {
  MujocoTask result{task.name, task.control_timestep, task.time_limit, {}};
  for (const ObservationEntry& entry : task.observation) {
    int size = 0;
    for (const Quantity& quantity : entry.quantities) size += QuantitySize(model, quantity);
    result.state.push_back({entry.name, size});
  }
  return result;
}

// The camera that the task names stands in for camera 0; another that a user asks for is taken.
EnvironmentOptions WithCamera(EnvironmentOptions options, const TaskDescription& task,
                              const mjModel& model) {
  if (!task.camera.empty() && options.render.camera_id == 0) {
    options.render.camera_id = ElementId(model, mjOBJ_CAMERA, task.camera);
  }
  return options;
}

class DescribedEnvironment final : public MujocoEnvironment {
 public:
  DescribedEnvironment(const TaskDescription& task, ModelPtr model, MujocoTask mujoco_task,
                       const EnvironmentOptions& options)
      : MujocoEnvironment(std::move(model), std::move(mujoco_task), options),
        said_(task),
        reward_(Resolve(this->model(), said_.reward)) {
    for (const StartDraw& draw : said_.start) {
      if (draw.target.kind != Kind::kPosition && draw.target.kind != Kind::kVelocity) {
        throw std::invalid_argument("only positions and velocities are drawn at the start");
      }
      start_.push_back(Resolve(this->model(), draw.target));
    }
    for (const ObservationEntry& entry : said_.observation) {
      for (const Quantity& quantity : entry.quantities) {
        observation_.push_back(Resolve(this->model(), quantity));
      }
    }
  }

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    for (std::size_t i = 0; i < start_.size(); ++i) {
      const StartDraw& draw = said_.start[i];
      double* numbers = start_[i].begin(data());
      for (int k = 0; k < start_[i].size(); ++k) {
        numbers[k] = draw.normal ? draw.first + draw.second * random.Normal()
                                 : random.Uniform(draw.first, draw.second);
      }
    }
  }

  double Reward() const override { return Worth(reward_, data()); }

  void State(std::vector<double>* state) const override {
    for (const Source& source : observation_) {
      if (source.norm) {
        state->push_back(source.Number(data()));
      } else {
        const double* begin = source.begin(data());
        state->insert(state->end(), begin, begin + source.size());
      }
    }
  }

  const TaskDescription said_;
  Term reward_;  // points into said_
  std::vector<Source> start_;
  std::vector<Source> observation_;
};

}  // namespace

int QuantitySize(const mjModel& model, const Quantity& quantity) {
  return Resolve(model, quantity).size();
}

std::unique_ptr<Environment> MakeDescribed(const TaskDescription& task,
                                           const EnvironmentOptions& options) {
  ModelPtr model = LoadDescribed(task);
  const MujocoTask mujoco_task = TaskOf(task, *model);
  const EnvironmentOptions with_camera = WithCamera(options, task, *model);
  return std::make_unique<DescribedEnvironment>(task, std::move(model), mujoco_task, with_camera);
}

}  // namespace curl_rl::envs
