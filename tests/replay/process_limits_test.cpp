// Limits of memory and cores, from made-up /proc and /sys of both versions of control groups.
#include "replay/process_limits.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::replay {
namespace {

using experiments::TemporaryDirectory;

class ProcessLimitsTest : public ::testing::Test {
 protected:
  ProcessLimitsTest() {
    directory_.Write("proc/meminfo", "MemTotal: 32000000 kB\nMemAvailable: 16000000 kB\n");
    directory_.Write("proc/self/status", "VmSize: 1000 kB\nVmData: 500 kB\n");
  }

  void Mount(const std::string& group, const std::string& mount) {
    directory_.Write("proc/self/cgroup", group);
    directory_.Write("proc/self/mountinfo", mount);
  }

  MemoryLeft Left() const { return MemoryOfProcess(directory_.path()); }

  TemporaryDirectory directory_;
};

constexpr char kVersion2[] =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
constexpr char kVersion1[] =
    "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

TEST_F(ProcessLimitsTest, WithoutGroupsItIsTheMachinesMemory) {
  EXPECT_EQ(Left().bytes, 16000000LL * 1024);
  EXPECT_EQ(Left().limited_by, "the machine");
}

// As a job of a batch system: the limit is two levels above the process's own group.
TEST_F(ProcessLimitsTest, AGroupAboveLimitsInVersion2) {
  Mount("0::/slurm/job_7/step_0/task\n", kVersion2);
  directory_.Write("sys/fs/cgroup/slurm/job_7/step_0/task/memory.max", "max\n");
  directory_.Write("sys/fs/cgroup/slurm/job_7/step_0/task/memory.current", "1000\n");
  directory_.Write("sys/fs/cgroup/slurm/job_7/memory.max", "3000000000\n");
  directory_.Write("sys/fs/cgroup/slurm/job_7/memory.current", "1200000000\n");
  directory_.Write("sys/fs/cgroup/slurm/job_7/memory.stat",
                   "anon 100\ninactive_file 200000000\nactive_file 7\n");
  directory_.Write("sys/fs/cgroup/slurm/job_7/cpu.max", "200000 100000\n");
  EXPECT_EQ(Left().bytes, 2000000000);  // inactive files could be taken back
  EXPECT_EQ(Left().limited_by, "control group /slurm/job_7");
  EXPECT_LE(CoresOfProcess(directory_.path()), 2);
}

TEST_F(ProcessLimitsTest, GroupsOfVersion1AreReadWhereTheirControllerIsMounted) {
  Mount("5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/other\n", kVersion1);
  directory_.Write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
  directory_.Write("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "5\n");
  directory_.Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "700000000\n");
  directory_.Write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "100000000\n");
  directory_.Write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "150000\n");
  directory_.Write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Left().bytes, 600000000);
  EXPECT_EQ(Left().limited_by, "control group /a");
  EXPECT_EQ(CoresOfProcess(directory_.path()), 1);
}

// Without a namespace of its own a container sees its whole path, and only its own group mounted.
TEST_F(ProcessLimitsTest, AContainersMountIsItsOwnGroup) {
  Mount("0::/docker/abc/inner\n",
        "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
  directory_.Write("sys/fs/cgroup/memory.max", "1000000\n");
  directory_.Write("sys/fs/cgroup/memory.current", "400000\n");
  EXPECT_EQ(Left().bytes, 600000);
  EXPECT_EQ(Left().limited_by, "control group /");
}

TEST_F(ProcessLimitsTest, TheProcessesOwnLimitsCount) {
  directory_.Write("proc/meminfo", "MemAvailable: 1000000000000 kB\n");
  for (const auto& [resource, name, used] : {std::tuple(RLIMIT_AS, "ulimit -v", 1000 * 1024),
                                             std::tuple(RLIMIT_DATA, "ulimit -d", 500 * 1024)}) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(resource, &before), 0);
    if (before.rlim_max != RLIM_INFINITY) GTEST_SKIP() << "a limit that cannot be set freely";
    constexpr rlim_t kLimit = 1LL << 46;  // above what the test itself maps, with ASan too
    const rlimit limit{kLimit, before.rlim_max};
    ASSERT_EQ(::setrlimit(resource, &limit), 0);
    const MemoryLeft left = Left();
    ASSERT_EQ(::setrlimit(resource, &before), 0);
    EXPECT_EQ(left.bytes, static_cast<std::int64_t>(kLimit) - used);
    EXPECT_EQ(left.limited_by, name);
  }
}

TEST_F(ProcessLimitsTest, OddFilesLimitNothing) {
  Mount("nonsense\n0::\n4:memory\n::::\n", "a b c\n- - -\n30 23 0:26 / /sys - cgroup2\n");
  EXPECT_EQ(Left().limited_by, "the machine");
  EXPECT_GE(CoresOfProcess(directory_.path()), 1);
}

}  // namespace
}  // namespace curl_rl::replay
