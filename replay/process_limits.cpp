// Reads /proc and the control groups of both versions.
#include "replay/process_limits.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

namespace curl_rl::replay {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

// The number in a file, or that behind `key` in it; kNone: no such file or number ("max").
std::int64_t NumberIn(const std::string& path, const std::string& key = "") {
  std::ifstream file(path);
  std::int64_t value = 0;
  if (key.empty()) return file >> value ? value : kNone;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    if (words >> word && word == key && words >> value) return value;
  }
  return kNone;
}

bool HasWord(const std::string& list, const std::string& word) {
  std::istringstream words(list);
  for (std::string one; std::getline(words, one, ',');) {
    if (one == word) return true;
  }
  return false;
}

// The folders of the process's own group and of those above it, from the innermost, with the name
// that /proc gives each; `controller` of version 1, or "" for version 2.
struct Group {
  std::string folder;
  std::string name;
};

std::vector<Group> GroupsOf(const std::string& root, const std::string& controller) {
  // 1. The group: "4:memory:/a/b" of version 1, "0::/a/b" of version 2.
  std::string path;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool ours = controller.empty() ? controllers.empty() : HasWord(controllers, controller);
    if (ours) path = line.substr(second + 1);
  }
  if (path.empty()) return {};
  // 2. Where its hierarchy is mounted: "id parent dev ROOT MOUNT options … - TYPE source OPTIONS".
  std::ifstream mounts(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line), after(line.substr(dash + 3));
    std::string id, parent, device, mounted, mount, type, source, options;
    before >> id >> parent >> device >> mounted >> mount;
    after >> type >> source >> options;
    if (controller.empty() ? type != "cgroup2"
                           : type != "cgroup" || !HasWord(options, controller)) {
      continue;
    }
    // 3. In a container the mount may be of an inner group, which then is all that is seen.
    std::string inner = path;
    if (mounted != "/") {
      inner = path.rfind(mounted, 0) == 0 ? path.substr(mounted.size()) : "";
    }
    std::vector<Group> result;
    for (;;) {
      while (!inner.empty() && inner.back() == '/') inner.pop_back();
      result.push_back({root + mount + inner, inner.empty() ? "/" : inner});
      if (inner.empty()) return result;
      inner.resize(inner.rfind('/') == std::string::npos ? 0 : inner.rfind('/'));
    }
  }
  return {};
}

void Take(std::int64_t limit, std::int64_t used, const std::string& by, MemoryLeft* left) {
  if (limit == kNone || limit < 0 || used == kNone) return;
  const std::int64_t bytes = std::max<std::int64_t>(0, limit - used);
  if (bytes < left->bytes) *left = {bytes, by};
}

// What a group uses and could not give back.
std::int64_t UsedBy(const std::string& folder, const char* usage, const char* files) {
  const std::int64_t used = NumberIn(folder + "/" + usage);
  const std::int64_t reclaimable = NumberIn(folder + "/memory.stat", files);
  if (used == kNone || reclaimable == kNone) return used;
  return std::max<std::int64_t>(0, used - reclaimable);
}

std::int64_t LimitOf(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return kNone;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > static_cast<rlim_t>(kNone)) return kNone;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

std::int64_t Kibibytes(std::int64_t number) { return number == kNone ? kNone : number * 1024; }

}  // namespace

MemoryLeft MemoryOfProcess(const std::string& root) {
  MemoryLeft left{Kibibytes(NumberIn(root + "/proc/meminfo", "MemAvailable:")), "the machine"};
  for (const Group& group : GroupsOf(root, "")) {
    Take(NumberIn(group.folder + "/memory.max"),
         UsedBy(group.folder, "memory.current", "inactive_file"), "control group " + group.name,
         &left);
  }
  for (const Group& group : GroupsOf(root, "memory")) {
    Take(NumberIn(group.folder + "/memory.limit_in_bytes"),
         UsedBy(group.folder, "memory.usage_in_bytes", "total_inactive_file"),
         "control group " + group.name, &left);
  }
  const std::string status = root + "/proc/self/status";
  Take(LimitOf(RLIMIT_AS), Kibibytes(NumberIn(status, "VmSize:")), "ulimit -v", &left);
  Take(LimitOf(RLIMIT_DATA), Kibibytes(NumberIn(status, "VmData:")), "ulimit -d", &left);
  return left;
}

bool MappingsAreLimited() { return LimitOf(RLIMIT_AS) != kNone || LimitOf(RLIMIT_DATA) != kNone; }

int CoresOfProcess(const std::string& root) {
  cpu_set_t set;
  int cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  const auto take = [&cores](double quota, double period) {
    if (quota > 0 && period > 0) {
      cores = std::min(cores, std::max(1, static_cast<int>(quota / period)));
    }
  };
  for (const Group& group : GroupsOf(root, "")) {  // "max 100000" or "200000 100000"
    std::ifstream file(group.folder + "/cpu.max");
    double quota = 0;
    double period = 0;
    if (file >> quota >> period) take(quota, period);
  }
  for (const Group& group : GroupsOf(root, "cpu")) {  // -1: none
    const std::int64_t quota = NumberIn(group.folder + "/cpu.cfs_quota_us");
    const std::int64_t period = NumberIn(group.folder + "/cpu.cfs_period_us");
    if (quota != kNone && period != kNone) {
      take(static_cast<double>(quota), static_cast<double>(period));
    }
  }
  return cores;
}

}  // namespace curl_rl::replay
