// What a host tells of its environment when it has made it.
#pragma once

#include <string>
#include <vector>

#include "envs/environment.h"

namespace curl_rl::envs {

struct HostDescription {
  ObservationSpec observation;    // as Python shows it: frames of their own size
  std::string drawn_by;           // "Python's render()"; empty: it draws nothing
  bool drawn_when_asked = false;  // by a call of its own, not with every observation
  std::vector<double> low;        // of the actions, in the environment's units [A]
  std::vector<double> high;       // [A]
  int step_limit = 0;             // control steps; 0: none that is known
  double timestep = 0.0;          // seconds of a control step
  PackageVersions versions;       // of Python and packages
};

/// Reads the lines of adapters.py's and host.py's `describe`: words between tabs. Throws
/// std::runtime_error where they are not such, or where a size is beyond what an agent could take.
HostDescription ParseHostDescription(const std::string& text);

}  // namespace curl_rl::envs
