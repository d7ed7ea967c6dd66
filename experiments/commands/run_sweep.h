// What the command `sweep` does with the grid that its arguments ask for.
#pragma once

#include <string>
#include <vector>

#include "experiments/sweep/grid.h"
#include "experiments/sweep/slurm.h"

namespace curl_rl::experiments {

/// Trains what is not finished of `elements` in child processes, `jobs` at once (0: as many as this
/// machine has room for), and compares the runs. `arguments`, the command's, are noted in the
/// folder. Returns the exit status: 1 if a run is not finished.
int RunLocally(const GridOptions& grid, std::vector<Element> elements, int jobs,
               const std::vector<std::string>& arguments);

/// Submits what is not finished as one job array, or tells that an earlier one is at work; compares
/// the runs when all are finished. Returns the exit status.
int RunOnSlurm(const GridOptions& grid, std::vector<Element> elements, int jobs,
               const SlurmOptions& options, const std::vector<std::string>& arguments);

}  // namespace curl_rl::experiments
