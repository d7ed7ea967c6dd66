// Opens descriptors on trial.
#include "experiments/machine/descriptor_room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

namespace curl_rl::experiments {

void CheckDescriptors(int count) {
  std::vector<int> open;
  int error = 0;
  while (error == 0 && static_cast<int>(open.size()) < count) {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
      open.push_back(fd);
    } else {
      error = errno;
    }
  }
  for (const int fd : open) ::close(fd);
  if (error != EMFILE && error != ENFILE) return;  // another fault will be told where it matters
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  throw std::runtime_error(
      "open files needed: " + std::to_string(count) + ", the system gave " +
      std::to_string(open.size()) +
      (error == EMFILE ? " (ulimit -n is " + std::to_string(limit.rlim_cur) +
                             ", others are open already); raise the limit (ulimit -n 1024)"
                       : ": those of the whole machine are used up (/proc/sys/fs/file-max)"));
}

}  // namespace curl_rl::experiments
