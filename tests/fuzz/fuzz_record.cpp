// run.json of a run that is taken up, in the folder of a run.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "experiments/config/config_schema.h"
#include "experiments/run/run_identity.h"

namespace {

using curl_rl::experiments::ExperimentConfig;

// In memory where there is such a place: a disk would take most of the time.
ExperimentConfig MakeRun() {
  const std::filesystem::path memory = "/dev/shm";
  const auto place =
      std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  std::string folder = (place / "fuzz_record_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  ExperimentConfig config;
  config.task = "toy_reach";
  config.run_dir = folder;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  static const auto config = MakeRun();
  std::ofstream(config.run_dir + "/run.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto files = RecordedTaskFiles(config.run_dir);
  if (files && TaskChange(config.run_dir, config).empty() != files->empty()) std::abort();
  if (RecordedAsFinished(config.run_dir) && size < sizeof("{\"state\":\"finished\"}") - 1) {
    std::abort();
  }
  return 0;
}
