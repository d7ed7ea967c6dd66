// A task file, beside a model (tests/fuzz/model.xml) that has one of everything a task can name,
// and little of it: MuJoCo compiles it anew for every task that names it.
#include <cstdint>
#include <string>

#include "experiments/config/task_file.h"
#include "experiments/config/usage_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find('\0') != std::string::npos) return 0;  // not a text file
  try {
    curl_rl::experiments::ParseTask(text, CURL_RL_SOURCE_DIR "/tests/fuzz/task.yaml");
  } catch (const curl_rl::experiments::UsageError&) {
  }
  return 0;
}
