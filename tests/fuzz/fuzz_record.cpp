// run.json of a run that is taken up, in the folder of a run.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/run/run_identity.h"
#include "experiments/run/run_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  static const ExperimentConfig config = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "fuzz_record_XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    ExperimentConfig made;
    made.task = "toy_reach";
    made.run_dir = folder;
    std::ofstream(folder + "/config.yaml") << "task: toy_reach\n";  // the rest is as by default
    return made;
  }();
  std::ofstream(config.run_dir + "/run.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto files = RecordedTaskFiles(config.run_dir);
  if (files && TaskChange(config.run_dir, config).empty() != files->empty()) std::abort();
  const auto stage = StageOfRun(config, Same::kRun);
  if (stage != RunStage::kStarted && stage != RunStage::kFinished) std::abort();
  return 0;
}
