// The tests that every environment passes. In a user's own test:
//
//   for (const std::string& failure : curl_rl::envs::CheckConformance(factory)) {
//     ADD_FAILURE() << failure;
//   }
#pragma once

#include <string>
#include <vector>

#include "envs/registry.h"

namespace curl_rl::envs {

struct ConformanceOptions {
  EnvironmentOptions environment;  // what the factory is given; the seed is varied
  int episodes = 100;              // random episodes to play without a failure
  int steps_without_limit = 1000;  // length of an episode of an environment that has no step limit
};

/// Plays the environment that `factory` makes and returns what is wrong, one sentence each; empty:
/// it keeps the contract of Environment. Checked are: specs and what they promise, the order of
/// calls, refusal of bad actions, that drawing changes nothing, that the seed decides everything,
/// truncation at the step limit, Snapshot and Restore (if there is a Snapshot), and random
/// episodes. `advice`, if given, gets what is allowed and yet worth a thought: a task that starts
/// every episode alike.
std::vector<std::string> CheckConformance(const Factory& factory,
                                          const ConformanceOptions& options = {},
                                          std::vector<std::string>* advice = nullptr);

/// The part of it that takes no time: the specs, and that the first frame and state vector are of
/// the sizes these say. What is written past the end, up to a megabyte, harms nothing.
std::vector<std::string> CheckSizes(const Factory& factory, const EnvironmentOptions& options);

}  // namespace curl_rl::envs
