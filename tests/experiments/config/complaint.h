// What the reader of configs says of one that it refuses.
#pragma once

#include <string>
#include <vector>

#include "experiments/config/config_reader.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {

/// What ReadConfig says of a file `bad.yaml` with this text and these overrides, "" if nothing.
inline std::string Complaint(const std::string& yaml,
                             const std::vector<std::string>& overrides = {}) {
  const TemporaryDirectory directory;
  try {
    ReadConfig(directory.Write("bad.yaml", yaml), overrides);
  } catch (const UsageError& error) {
    std::string message = error.what();
    const std::size_t folder = message.find(directory.path() + "/");
    return folder == std::string::npos ? message
                                       : message.erase(folder, directory.path().size() + 1);
  }
  return "";
}

}  // namespace curl_rl::experiments
