// The files of `rollout`: states as lines of JSON, actions as CSV.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include "envs/registry.h"
#include "experiments/config/usage_error.h"
#include "experiments/play/policy.h"
#include "experiments/play/rollout.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl;
  static const auto environment = [] {
    envs::EnvironmentOptions options;
    options.pixels = false;
    auto made = envs::Make("cartpole_balance", options);
    made->Reset();
    return made;
  }();
  const int file = ::memfd_create("input", 0);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  std::ostringstream out;
  try {
    experiments::WriteStates(*environment, path, out);
  } catch (const experiments::UsageError&) {
  }
  try {
    const auto policy = experiments::MakeCsvPolicy(path);
    bool first = true;
    while (const auto choice = policy->Decide(*environment, first)) {
      if (choice->action.size() != 1) std::abort();
      first = false;
    }
  } catch (const experiments::UsageError&) {
  }
  ::close(file);
  return 0;
}
