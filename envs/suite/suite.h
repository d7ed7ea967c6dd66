// The domains of the DeepMind Control Suite: the one list of them, and how each names its tasks.
// A further one is a .cpp and an .xml in this folder and a line here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envs/registry.h"

/// The domains, in the order of the list of environments. X is a macro of one name.
#define CURL_RL_SUITE_DOMAINS(X) \
  X(Cartpole)                    \
  X(Finger)                      \
  X(Reacher)                     \
  X(Cheetah)                     \
  X(Walker)                      \
  X(BallInCup)                   \
  X(Pendulum)                    \
  X(Acrobot)                     \
  X(PointMass)                   \
  X(Hopper)                      \
  X(Fish)                        \
  X(Humanoid)                    \
  X(Manipulator)                 \
  X(Stacker)                     \
  X(Quadruped)                   \
  X(Dog)                         \
  X(Lqr)                         \
  X(Swimmer)

namespace curl_rl::envs::suite {

// Every domain's file defines DomainTasks(): its tasks.
#define CURL_RL_DECLARE_TASKS(Domain) std::vector<EnvironmentInfo> Domain##Tasks();
CURL_RL_SUITE_DOMAINS(CURL_RL_DECLARE_TASKS)
#undef CURL_RL_DECLARE_TASKS

/// One task: an entry of the list that makes T(name, arguments..., options).
template <typename T, typename... Arguments>
EnvironmentInfo Task(const std::string& name, const std::string& description, const char* source,
                     Arguments... arguments) {
  return {name, description, source, [name, arguments...](const EnvironmentOptions& options) {
            return std::make_unique<T>(name, arguments..., options);
          }};
}

}  // namespace curl_rl::envs::suite
