// What this process may use of the machine, whoever limits it: memory and cores. No LibTorch.
#pragma once

#include <cstdint>
#include <string>

namespace curl_rl::replay {

/// What can still be had, and who says so: "the machine", "control group /slurm/job_7",
/// "ulimit -v", "ulimit -d".
struct MemoryLeft {
  std::int64_t bytes = 0;
  std::string limited_by;
};

/// The least of: MemAvailable; of the process's control group and every group above it, in both
/// versions, the limit less what is used and could not be taken back (inactive files could); the
/// process's own limits of address space and data. `root` stands in front of /proc and /sys, for
/// tests.
MemoryLeft MemoryOfProcess(const std::string& root = "");

/// True under `ulimit -v` or `-d`: there what is mapped counts, touched or not, and a reserve is
/// taken from what others need.
bool MappingsAreLimited();

/// Cores: the affinity mask, and the quota of the control group and every group above it; at least
/// 1.
int CoresOfProcess(const std::string& root = "");

}  // namespace curl_rl::replay
