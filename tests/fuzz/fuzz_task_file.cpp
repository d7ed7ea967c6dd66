// A task file, beside the model of the example.
#include "experiments/command.h"
#include "experiments/task_file.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const curl_rl::fuzz::InputFolder folder;
  static const bool copied = std::filesystem::copy_file(
      CURL_RL_SOURCE_DIR "/examples/mjcf_task/cartpole.xml", folder.path() + "/cartpole.xml");
  if (!copied) std::abort();
  try {
    curl_rl::experiments::ReadTaskFile(folder.Write("task.yaml", data, size));
  } catch (const curl_rl::experiments::UsageError&) {
  }
  return 0;
}
