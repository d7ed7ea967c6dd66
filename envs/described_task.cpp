// Runs a described task: finds its quantities in MuJoCo's data, computes start, reward and state.
#include "envs/described_task.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "envs/mujoco_environment.h"

namespace curl_rl::envs {
namespace {

using Kind = Quantity::Kind;

// The name's whole number, or -1.
int Number(const std::string& name) {
  const bool digits = !name.empty() && name.size() <= 9 &&
                      name.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::atoi(name.c_str()) : -1;
}

int CountOf(const mjModel& model, mjtObj type) {
  switch (type) {
    case mjOBJ_JOINT:
      return static_cast<int>(model.njnt);
    case mjOBJ_SENSOR:
      return static_cast<int>(model.nsensor);
    case mjOBJ_ACTUATOR:
      return static_cast<int>(model.nu);
    case mjOBJ_BODY:
      return static_cast<int>(model.nbody);
    case mjOBJ_CAMERA:
      return static_cast<int>(model.ncam);
    case mjOBJ_KEY:
      return static_cast<int>(model.nkey);
    default:
      throw std::invalid_argument("elements of this type have no number");
  }
}

// The actuator that alone drives the joint of this name; -1: there is none.
int ActuatorOfJoint(const mjModel& model, const std::string& name) {
  const int joint = mj_name2id(&model, mjOBJ_JOINT, name.c_str());
  int found = -1;
  for (int i = 0; joint >= 0 && i < model.nu; ++i) {
    const int kind = model.actuator_trntype[i];
    if (kind != mjTRN_JOINT && kind != mjTRN_JOINTINPARENT) continue;
    if (model.actuator_trnid[2 * i] != joint) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

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
      const int joint = DescribedElement(model, mjOBJ_JOINT, quantity.name);
      const int next = joint + 1 < model.njnt ? model.jnt_qposadr[joint + 1] : nq;
      return {model.jnt_qposadr[joint], next - model.jnt_qposadr[joint]};
    }
    case Kind::kVelocity: {
      const auto nv = static_cast<int>(model.nv);
      if (quantity.name.empty()) return {0, nv};
      const int joint = DescribedElement(model, mjOBJ_JOINT, quantity.name);
      const int next = joint + 1 < model.njnt ? model.jnt_dofadr[joint + 1] : nv;
      return {model.jnt_dofadr[joint], next - model.jnt_dofadr[joint]};
    }
    case Kind::kSensor: {
      const int sensor = DescribedElement(model, mjOBJ_SENSOR, quantity.name);
      return {model.sensor_adr[sensor], model.sensor_dim[sensor]};
    }
    case Kind::kControl:
      return {DescribedElement(model, mjOBJ_ACTUATOR, quantity.name), 1};
    case Kind::kPlace:
      return {3 * DescribedElement(model, mjOBJ_BODY, quantity.name), 3};
    case Kind::kOrientation:
      return {9 * DescribedElement(model, mjOBJ_BODY, quantity.name), 9};
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
    const int actuator = DescribedElement(*model, mjOBJ_ACTUATOR, range.actuator);
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
    options.render.camera_id = DescribedElement(model, mjOBJ_CAMERA, task.camera);
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
    if (!said_.keyframe.empty()) {
      keyframe_ = DescribedElement(this->model(), mjOBJ_KEY, said_.keyframe);
    }
    for (const Bound& bound : said_.terminate) {
      terminate_.push_back(Resolve(this->model(), bound.quantity));
      if (terminate_.back().size() == 1) continue;
      throw std::invalid_argument(
          "what ends an episode must be one number, '" + bound.quantity.name + "' has " +
          std::to_string(terminate_.back().size()) + ": choose a component");
    }
    for (const ObservationEntry& entry : said_.observation) {
      for (const Quantity& quantity : entry.quantities) {
        observation_.push_back(Resolve(this->model(), quantity));
      }
    }
  }

 private:
  void InitializeEpisode(NumpyRandom& random) override {
    if (keyframe_ >= 0) mj_resetDataKeyframe(&model(), &mutable_data(), keyframe_);
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

  bool Terminated() const override {
    for (std::size_t i = 0; i < terminate_.size(); ++i) {
      const double number = terminate_[i].Number(data());
      if (number < said_.terminate[i].lower || number > said_.terminate[i].upper) return true;
    }
    return false;
  }

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
  Term reward_;        // points into said_
  int keyframe_ = -1;  // none
  std::vector<Source> start_;
  std::vector<Source> terminate_;
  std::vector<Source> observation_;
};

}  // namespace

int DescribedElement(const mjModel& model, mjtObj type, const std::string& name) {
  if (const int id = mj_name2id(&model, type, name.c_str()); id >= 0) return id;
  if (const int number = Number(name); number >= 0) {
    const int count = CountOf(model, type);
    if (number < count) return number;
    throw std::invalid_argument(std::string("model has no ") + mju_type2Str(type) + " number " +
                                name + ": it has " + std::to_string(count) + ", the first is 0");
  }
  if (type == mjOBJ_ACTUATOR) {
    if (const int id = ActuatorOfJoint(model, name); id >= 0) return id;
  }
  return ElementId(model, type, name);  // says what there is
}

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
