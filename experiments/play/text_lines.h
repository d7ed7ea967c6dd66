// A text file of the user's, line by line, with places for messages.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace curl_rl::experiments {

/// One line at a time, counted.
struct TextLines {
  /// Throws UsageError if the file `name` cannot be read.
  explicit TextLines(const std::string& name);

  /// The next line into `text`, without its end; false: there is none.
  bool Next();

  /// Throws UsageError "PATH:LINE: MESSAGE".
  [[noreturn]] void Fail(const std::string& message) const;

  std::string path;
  std::ifstream file;
  std::string text;
  std::int64_t number = 0;  // of `text`, from 1
};

}  // namespace curl_rl::experiments
