// Policies without an agent, and episodes or states as lines of JSON.
#include "experiments/play/rollout.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <system_error>

#include "envs/mujoco_environment.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::experiments {
namespace {

std::string Digits17(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string List(const double* values, int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) text += (i > 0 ? "," : "") + Digits17(values[i]);
  return text + "]";
}

std::string ObservationJson(const envs::ObservationSpec& spec, const std::vector<double>& state) {
  std::string text = "{";
  int offset = 0;
  for (const envs::StateEntry& entry : spec.state) {
    text += (offset > 0 ? ",\"" : "\"") + entry.name + "\":" + List(&state[offset], entry.size);
    offset += entry.size;
  }
  return text + "}";
}

void WriteRow(envs::Environment& environment, std::int64_t episode, std::int64_t step,
              const envs::StepResult& result, const std::vector<double>& action,
              std::ostream& out) {
  const envs::ObservationSpec& spec = environment.observation_spec();
  std::vector<double> state(static_cast<std::size_t>(spec.state_size()));
  if (!state.empty()) environment.ObserveState(state.data());
  std::string qpos = "[]";
  std::string qvel = "[]";
  if (const auto* mujoco = dynamic_cast<const envs::MujocoEnvironment*>(&environment)) {
    qpos = List(mujoco->data().qpos, mujoco->model().nq);
    qvel = List(mujoco->data().qvel, mujoco->model().nv);
  }
  out << "{\"episode\":" << episode << ",\"step\":" << step
      << ",\"reward\":" << Digits17(result.reward)
      << ",\"terminated\":" << (result.terminated ? "true" : "false")
      << ",\"truncated\":" << (result.truncated ? "true" : "false") << ",\"qpos\":" << qpos
      << ",\"qvel\":" << qvel << ",\"observation\":" << ObservationJson(spec, state)
      << ",\"action\":" << List(action.data(), static_cast<int>(action.size())) << "}\n";
  if (!out)
    throw std::runtime_error(std::string("the rollout cannot be written: ") +
                             std::generic_category().message(errno));
}

std::ifstream OpenText(const std::string& path) {
  try {
    OpenRegular(path);
  } catch (const FileError& error) {
    throw UsageError(error.what());
  }
  std::ifstream file(path);
  if (!file) throw UsageError(path + ": cannot be read: " + std::generic_category().message(errno));
  return file;
}

// One line of a text file at a time, counted for messages.
struct Lines {
  explicit Lines(const std::string& name) : path(name), file(OpenText(name)) {}

  bool Next() {
    if (!std::getline(file, text)) return false;
    if (!text.empty() && text.back() == '\r') text.pop_back();
    ++number;
    return true;
  }
  [[noreturn]] void Fail(const std::string& message) const {
    throw UsageError(path + ":" + std::to_string(number) + ": " + message);
  }

  std::string path;
  std::ifstream file;
  std::string text;
  std::int64_t number = 0;
};

std::vector<double> ParseAction(const Lines& lines, int action_size) {
  std::vector<double> action;
  const char* const end = lines.text.data() + lines.text.size();
  for (const char* begin = lines.text.data();; ++begin) {  // steps over the comma
    while (begin != end && *begin == ' ') ++begin;
    double value = 0.0;
    auto [next, error] = std::from_chars(begin, end, value);
    while (error == std::errc() && next != end && *next == ' ') ++next;
    if (error != std::errc() || (next != end && *next != ',')) {
      lines.Fail("not a row of numbers: '" + lines.text.substr(0, 80) + "'");
    }
    if (!(value >= -1.0 && value <= 1.0)) {
      lines.Fail("an action must be in [-1, 1], got " + Digits17(value));
    }
    action.push_back(value);
    if (next == end) break;
    begin = next;
  }
  if (action.size() != static_cast<std::size_t>(action_size)) {
    lines.Fail("an action of this environment has " + std::to_string(action_size) +
               " numbers, got " + std::to_string(action.size()));
  }
  return action;
}

std::vector<double> Numbers(const nlohmann::json& object, const char* key, const Lines& lines) {
  const auto entry = object.find(key);
  if (entry == object.end() || !entry->is_array()) {
    lines.Fail(std::string("needs a list of numbers \"") + key + "\"");
  }
  std::vector<double> values;
  for (const auto& value : *entry) {
    if (!value.is_number())
      lines.Fail(std::string("not a number in \"") + key + "\": " + value.dump());
    values.push_back(value.get<double>());
  }
  return values;
}

}  // namespace

RolloutPolicy RandomPolicy(int action_size, std::uint32_t seed) {
  // 53 random bits give the same doubles with every standard library, which
  // std::uniform_real_distribution does not promise.
  return [action_size, random = std::mt19937_64(seed)](envs::Environment&, std::int64_t,
                                                       std::vector<double>* action) mutable {
    action->resize(static_cast<std::size_t>(action_size));
    for (double& value : *action) {
      value = static_cast<double>(random() >> 11) * 0x1.0p-52 - 1.0;
    }
    return true;
  };
}

RolloutPolicy ZeroPolicy(int action_size) {
  return [action_size](envs::Environment&, std::int64_t, std::vector<double>* action) {
    action->assign(static_cast<std::size_t>(action_size), 0.0);
    return true;
  };
}

RolloutPolicy CsvPolicy(const std::string& path, int action_size) {
  // Shared, since a std::function must be copyable and a stream is not.
  const auto lines = std::make_shared<Lines>(path);
  return [lines, action_size](envs::Environment&, std::int64_t, std::vector<double>* action) {
    do {
      if (!lines->Next()) return false;
    } while (lines->text.empty() || lines->text.front() == '#');
    *action = ParseAction(*lines, action_size);
    return true;
  };
}

std::int64_t WriteRollout(envs::Environment& environment, const RolloutPolicy& policy,
                          std::int64_t episodes, std::ostream& out,
                          std::vector<video::Recording>* recordings) {
  std::int64_t steps = 0;
  std::vector<double> action;
  for (std::int64_t episode = 0; episodes == 0 || episode < episodes; ++episode) {
    // The first action before the reset row: no episode is begun for which there is none.
    environment.Reset();
    if (!policy(environment, 0, &action)) return steps;
    WriteRow(environment, episode, 0, {}, {}, out);
    if (recordings != nullptr) recordings->emplace_back();
    envs::StepResult result;
    for (std::int64_t step = 1;; ++step) {
      result = environment.Step(action);
      ++steps;
      WriteRow(environment, episode, step, result, action, out);
      if (recordings != nullptr) {
        recordings->back().actions.push_back(action);
        recordings->back().episode_return += result.reward;
      }
      if (result.last()) break;
      if (!policy(environment, step, &action)) return steps;
    }
  }
  return steps;
}

void WriteStates(envs::Environment& environment, const std::string& path, std::ostream& out) {
  auto* mujoco = dynamic_cast<envs::MujocoEnvironment*>(&environment);
  if (mujoco == nullptr) throw UsageError("--state needs an environment that MuJoCo simulates");
  environment.Reset();
  for (Lines lines(path); lines.Next();) {
    if (lines.text.empty()) continue;
    const auto object = ParseJson(lines.text);
    if (!object.is_object()) lines.Fail("not a JSON object: '" + lines.text.substr(0, 80) + "'");
    try {
      const envs::Evaluation evaluation =
          mujoco->EvaluateAt(Numbers(object, "qpos", lines), Numbers(object, "qvel", lines),
                             Numbers(object, "ctrl", lines));
      out << "{\"reward\":" << Digits17(evaluation.reward) << ",\"observation\":"
          << ObservationJson(environment.observation_spec(), evaluation.state) << "}\n";
    } catch (const std::invalid_argument& error) {
      lines.Fail(error.what());
    }
  }
}

}  // namespace curl_rl::experiments
