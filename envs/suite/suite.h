// The tasks of the DeepMind Control Suite, one function a domain; registry.cpp lists them.
#pragma once

#include <vector>

#include "envs/registry.h"

namespace curl_rl::envs::suite {

std::vector<EnvironmentInfo> AcrobotTasks();
std::vector<EnvironmentInfo> BallInCupTasks();
std::vector<EnvironmentInfo> CartpoleTasks();
std::vector<EnvironmentInfo> CheetahTasks();
std::vector<EnvironmentInfo> FingerTasks();
std::vector<EnvironmentInfo> HopperTasks();
std::vector<EnvironmentInfo> PendulumTasks();
std::vector<EnvironmentInfo> PointMassTasks();
std::vector<EnvironmentInfo> ReacherTasks();
std::vector<EnvironmentInfo> WalkerTasks();

}  // namespace curl_rl::envs::suite
