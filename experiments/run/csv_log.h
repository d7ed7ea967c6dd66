// One CSV table of numbers that grows while a run goes on: train.csv, eval.csv.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiments/files/append_file.h"

namespace curl_rl::experiments {

/// Column name to value. A column left out stays empty in the file.
using CsvRow = std::map<std::string, double>;

/// Every row goes to the file whole and at once, so that it can be read, and survives a crash,
/// while the run goes on; on a full disk it waits in memory. The first column must be "env_step".
class CsvLog {
 public:
  /// A new file with its header. Throws std::runtime_error if it exists or cannot be written.
  CsvLog(const std::string& path, std::vector<std::string> columns);

  /// Continues the file of a run taken up at `env_step`: rows after it, and a last line that was
  /// cut off, are removed. Throws std::runtime_error if the header is another.
  static CsvLog Continue(const std::string& path, std::vector<std::string> columns,
                         std::int64_t env_step);

  /// Throws std::logic_error for an unknown column or none for env_step, FileError (with the file
  /// and the system's reason) if it cannot be written for anything but want of space.
  void Write(const CsvRow& row);

  AppendFile& file() { return file_; }

 private:
  CsvLog(const std::string& path, std::vector<std::string> columns, int open_flags);

  std::vector<std::string> columns_;
  AppendFile file_;
};

/// The shortest decimal that reads back to the same double; whole numbers without an exponent.
std::string FormatNumber(double value);

}  // namespace curl_rl::experiments
