// What stands in a file's place, in a word for messages.
#pragma once

#include <filesystem>
#include <string>

namespace curl_rl::envs {

/// "a pipe", "a directory", ... of what std::filesystem::status has told.
inline std::string KindOfFile(const std::filesystem::file_status& status) {
  switch (status.type()) {
    case std::filesystem::file_type::regular:
      return "a regular file";
    case std::filesystem::file_type::directory:
      return "a directory";
    case std::filesystem::file_type::fifo:
      return "a pipe";
    case std::filesystem::file_type::socket:
      return "a socket";
    case std::filesystem::file_type::character:
    case std::filesystem::file_type::block:
      return "a device";
    default:
      return "nothing that can be read";
  }
}

}  // namespace curl_rl::envs
