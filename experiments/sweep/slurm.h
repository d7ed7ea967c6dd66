// A grid of runs as one job array of the batch system Slurm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/sweep/grid.h"

namespace curl_rl::experiments {

/// What a job of the array asks for. Empty or 0: the cluster's default, or what the run needs.
struct SlurmOptions {
  std::string time;  // limit of one start of a run, as sbatch takes it: "12:00:00"
  std::string partition;
  std::int64_t gpus = 0;
  std::int64_t cpus = 0;           // 0: the config's threads, or one
  std::string memory;              // empty: an estimate
  std::int64_t save_before = 120;  // seconds before the limit at which the run is stopped
  std::vector<std::string> more;   // other options of sbatch: "--account=x"
};

/// The script of the array: element i trains <folder>/<i>.yaml with `program`, going on where an
/// earlier start of it stopped. `chosen` are the elements to run, `jobs` of them at once (0: all
/// that the cluster has room for).
///
/// Before the time limit Slurm sends SIGUSR1 to the script, which asks the run to stop with a
/// checkpoint and puts itself into the queue again; after a preemption or a node's failure Slurm
/// does that (--requeue).
std::string SlurmScript(const std::vector<Element>& elements,
                        const std::vector<std::size_t>& chosen, const std::string& folder,
                        const std::string& program, int jobs, const SlurmOptions& options);

/// Writes script and configs below <output>/slurm, submits, and returns the job's number, which is
/// noted there too. Throws std::runtime_error with what sbatch said.
std::string SubmitToSlurm(const std::vector<Element>& elements,
                          const std::vector<std::size_t>& chosen, const std::string& output,
                          int jobs, const SlurmOptions& options);

/// The job of an earlier submission from `output` if it is still waiting or running. Throws
/// std::runtime_error if the queue cannot be asked.
std::optional<std::string> JobInQueue(const std::string& output);

}  // namespace curl_rl::experiments
