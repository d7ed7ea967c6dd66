// One CSV table of numbers that grows while a run goes on: train.csv, eval.csv.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  CsvLog(const std::string& path, const std::vector<std::string>& columns);

  /// Continues the file of a run taken up at `env_step`: rows after it, and a last line that was
  /// cut off, are removed. The file keeps its columns and gets those of `columns` that it lacks.
  /// Throws std::runtime_error if it is no such table.
  static CsvLog Continue(const std::string& path, const std::vector<std::string>& columns,
                         std::int64_t env_step);

  /// A column that was not there before is added behind the others: the file is written anew, with
  /// empty cells in earlier rows. Throws std::logic_error if there is none for env_step, FileError
  /// (with the file and the system's reason) if it cannot be written for anything but want of
  /// space.
  void Write(const CsvRow& row);

  /// As AppendFile's.
  void Sync();
  bool waiting() const { return file_.waiting() || !rows_.empty(); }
  const std::string& path() const { return file_.path(); }

  /// Of a continued file, the env_step of the last row that it kept, -1 without one; of a new file
  /// nothing.
  std::optional<std::int64_t> continued_at() const { return continued_at_; }

  /// Rows that the file has, with those that wait.
  std::int64_t row_count() const { return row_count_; }

 private:
  CsvLog(const std::string& path, std::vector<std::string> columns, int open_flags);
  std::string LineOf(const CsvRow& row) const;
  void Widen();

  std::vector<std::string> columns_;
  std::size_t columns_in_file_;
  std::optional<std::int64_t> continued_at_;
  std::int64_t row_count_ = 0;
  std::vector<CsvRow> rows_;  // that wait for the file to get their columns
  AppendFile file_;
};

}  // namespace curl_rl::experiments
