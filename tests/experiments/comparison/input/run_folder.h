// A run directory as small as `compare` reads one.
#pragma once

#include <filesystem>
#include <string>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {

/// Writes config.yaml and eval.csv (its header, then `rows`) into `folder`/`name`.
inline void WriteRun(const experiments::TemporaryDirectory& folder, const std::string& name,
                     const std::string& config, const std::string& rows) {
  std::filesystem::create_directories(folder.File(name));
  folder.Write(name + "/config.yaml", config);
  folder.Write(name + "/eval.csv", "env_step,episode,episode_return,wall_time_s\n" + rows);
}

}  // namespace curl_rl::comparison
