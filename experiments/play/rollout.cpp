// Episodes or states as lines of JSON.
#include "experiments/play/rollout.h"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "envs/episode.h"
#include "envs/mujoco_environment.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/checked_json.h"
#include "experiments/play/text_lines.h"

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

std::vector<double> Numbers(const nlohmann::json& object, const char* key, const TextLines& lines) {
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

std::int64_t WriteRollout(envs::Environment& environment, Policy& policy, std::int64_t episodes,
                          std::ostream& out, std::vector<video::Recording>* recordings) {
  std::int64_t steps = 0;
  std::vector<double> action;
  envs::Episode play(environment, policy.action_repeat());
  for (std::int64_t episode = 0; episodes == 0 || episode < episodes; ++episode) {
    for (play.Begin(); !play.over();) {
      if (play.decision_due()) {
        auto choice = policy.Decide(environment, play.step() == 0);
        if (!choice) return steps;
        action = std::move(choice->action);
        play.Hold(action);
      }
      if (play.step() ==
          0) {  // after the first action: no episode is begun for which there is none
        WriteRow(environment, episode, 0, {}, {}, out);
        if (recordings != nullptr) recordings->emplace_back();
      }
      const auto result = play.Step();
      ++steps;
      WriteRow(environment, episode, play.step(), result, action, out);
      if (recordings != nullptr) {
        recordings->back().actions.push_back(action);
        recordings->back().episode_return += result.reward;
      }
    }
  }
  return steps;
}

void WriteStates(envs::Environment& environment, const std::string& path, std::ostream& out) {
  auto* mujoco = dynamic_cast<envs::MujocoEnvironment*>(&environment);
  if (mujoco == nullptr) throw UsageError("--state needs an environment that MuJoCo simulates");
  environment.Reset();
  for (TextLines lines(path); lines.Next();) {
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
