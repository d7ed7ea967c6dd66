// The environments as a table, by where they come from and by domain.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// A row of the table.
struct ListedEnvironment {
  std::string name;
  std::string
      source;        // "dm_control/suite/cartpole.py": the folder is the group, the file the domain
  int state = 0;     // numbers in the state vector
  int action = 0;    // components
  int limit = 0;     // control steps an episode; 0: none
  bool made = true;  // false: it lacks files from outside this program, and the rest is not known
};

/// Writes a block a group in the order of their first rows, in it the domains sorted and each named
/// once, its tasks in the order given. A source without a folder is a group without domains.
void WriteEnvironmentList(const std::vector<ListedEnvironment>& environments, std::ostream& out);

}  // namespace curl_rl::experiments
