// What a shared library exports to bring objectives to a program that was built without them. In
// one .cpp of the library, behind the objective itself (encoders/objective.h):
//
//   CURL_RL_OBJECTIVE_PLUGIN(my_objective::Config)
//
// The library links curl_rl::encoders and is named by `plugins:` in a config or by --plugin. It may
// bring environments too (envs/plugin.h).
#pragma once

// For the macro below. Where the program reads what a library exports, no LibTorch is in sight.
#if __has_include(<torch/version.h>)
#include <torch/version.h>
#endif

#include <cstdint>
#include <vector>

#include "encoders/own_objective.h"
#include "envs/plugin.h"

namespace curl_rl::encoders {

/// Of the struct ObjectivePlugin itself; raised when its members change.
constexpr std::uint32_t kObjectivePluginNumber = 1;

/// What the library gives. C++ objects cross the border, so both sides must be built alike:
/// `number` is looked at first, then `built_for`, and only if both are the program's the rest.
struct ObjectivePlugin {
  std::uint32_t number;
  const char* built_for;
  std::vector<OwnObjective> (*objectives)();
};

/// The name of the exported function, `const ObjectivePlugin* curl_rl_objective_plugin()`.
constexpr char kObjectivePluginSymbol[] = "curl_rl_objective_plugin";

template <typename... Configs>
std::vector<OwnObjective> OwnObjectives() {
  return {OwnObjectiveOf<Configs>()...};
}

}  // namespace curl_rl::encoders

/// What such a library and its program must agree on; the second interface is a hash of the headers
/// of objectives. `torch` is "1.13".
#define CURL_RL_OBJECTIVES_BUILT_FOR(torch) \
  CURL_RL_BUILT_FOR ", objectives " CURL_RL_OBJECTIVE_INTERFACE ", LibTorch " torch

/// Makes this library a plug-in with the objectives of these Configs.
#define CURL_RL_OBJECTIVE_PLUGIN(...)                                                         \
  extern "C" __attribute__((visibility("default"))) const curl_rl::encoders::ObjectivePlugin* \
  curl_rl_objective_plugin() {                                                                \
    static const curl_rl::encoders::ObjectivePlugin plugin{                                   \
        curl_rl::encoders::kObjectivePluginNumber,                                            \
        CURL_RL_OBJECTIVES_BUILT_FOR(                                                         \
            CURL_RL_TEXT(TORCH_VERSION_MAJOR) "." CURL_RL_TEXT(TORCH_VERSION_MINOR)),         \
        curl_rl::encoders::OwnObjectives<__VA_ARGS__>};                                       \
    return &plugin;                                                                           \
  }
