// Plug-ins with an objective, with one fault each; CURL_RL_FAULT chooses it.
#include "encoders/objective_plugin.h"

namespace curl_rl::encoders {
namespace {

#define NONE 0
#define OTHER_NUMBER 1
#define OTHER_VERSION 2
#define TAKEN_NAME 3
#define MAKES_NOTHING 4

struct Config {
  double slack = 0.5;

  static ObjectiveInfo Info() {
    return {CURL_RL_FAULT == TAKEN_NAME ? "moco" : "of_a_library", "stands", "test", Told::kPixels};
  }
  static ObjectiveCommon Common() { return {}; }
  envs::Settings Describe() {
    return {{"slack", &slack, envs::Between(0, 1), "", "of nothing", envs::Role::kOutcome}};
  }
};

std::vector<OwnObjective> Objectives() {
  OwnObjective own;
  own.settings = [] { return std::make_unique<SettingsOf<Config>>(); };
  if (CURL_RL_FAULT != MAKES_NOTHING) {
    own.make = [](const ObjectiveSettings&, const ObjectiveContext&) -> std::shared_ptr<Objective> {
      return nullptr;
    };
  }
  return {own};
}

}  // namespace
}  // namespace curl_rl::encoders

extern "C" const curl_rl::encoders::ObjectivePlugin* curl_rl_objective_plugin() {
  using namespace curl_rl::encoders;
  static const ObjectivePlugin plugin{
      kObjectivePluginNumber + (CURL_RL_FAULT == OTHER_NUMBER ? 1 : 0),
      CURL_RL_FAULT == OTHER_VERSION ? CURL_RL_BUILT_FOR ", objectives 0, LibTorch 9.9"
                                     : CURL_RL_OBJECTIVES_BUILT_FOR(CURL_RL_TORCH_VERSION),
      Objectives};
  return &plugin;
}
