// Writes and widens the CSV files of a run.
#include "experiments/run/csv_log.h"

#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "experiments/files/csv.h"

namespace curl_rl::experiments {
namespace {

void AddMissing(const std::string& column, std::vector<std::string>& columns) {
  if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
    columns.push_back(column);
  }
}

// The rows up to `env_step`, with as many cells as there are `columns`.
std::string TextOf(const CsvTable& table, const std::vector<std::string>& columns,
                   std::int64_t env_step) {
  std::string text = CsvText(columns);
  for (const CsvRecord& row : table.rows) {
    if (table.Integer(row, 0) > env_step) continue;
    auto fields = row.fields;
    fields.resize(columns.size());
    text += CsvText(fields);
  }
  return text;
}

}  // namespace

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, int open_flags)
    : columns_(std::move(columns)), columns_in_file_(columns_.size()), file_(path, open_flags) {
  if (columns_.empty() || columns_.front() != "env_step") {
    throw std::logic_error("a CsvLog's first column must be env_step");
  }
}

CsvLog::CsvLog(const std::string& path, const std::vector<std::string>& columns)
    : CsvLog(path, columns, O_CREAT | O_EXCL) {
  file_.Append(CsvText(columns_));
}

CsvLog CsvLog::Continue(const std::string& path, const std::vector<std::string>& columns,
                        std::int64_t env_step) {
  std::string text = ReadWholeFile(path);
  text.erase(text.rfind('\n') + 1);  // a line that was cut off; npos + 1 is 0
  try {
    const CsvTable table = ParseCsv(text, path);
    if (table.columns.front() != "env_step") {
      throw InputError(path + ":1: the first column is '" + table.columns.front() +
                       "', expected env_step");
    }
    auto all = table.columns;
    for (const std::string& column : columns) AddMissing(column, all);
    WriteFileAtomically(path, TextOf(table, all, env_step));
    CsvLog log(path, std::move(all), 0);
    log.continued_at_ = -1;
    for (const CsvRecord& row : table.rows) {
      const std::int64_t step = table.Integer(row, 0);
      if (step > env_step) continue;
      log.continued_at_ = std::max(*log.continued_at_, step);
      ++log.row_count_;
    }
    return log;
  } catch (const InputError& error) {
    throw std::runtime_error(std::string(error.what()) + "; it cannot be continued");
  }
}

void CsvLog::Write(const CsvRow& row) {
  if (row.count("env_step") == 0) throw std::logic_error(path() + ": a row needs env_step");
  for (const auto& [column, value] : row) AddMissing(column, columns_);
  ++row_count_;
  if (columns_.size() == columns_in_file_) return file_.Append(LineOf(row));
  rows_.push_back(row);
  try {
    Widen();
  } catch (const FileError& error) {
    if (!error.out_of_space()) throw;
  }
}

void CsvLog::Sync() {
  if (!rows_.empty()) Widen();
  file_.Sync();
}

// The file anew with all columns, then the rows that waited for that, if there is space.
void CsvLog::Widen() {
  file_.Append("");  // earlier rows may wait too
  if (file_.waiting()) return;
  const CsvTable table = ParseCsv(ReadWholeFile(path()), path());
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  WriteFileAtomically(path(), TextOf(table, columns_, kAll));
  file_ = AppendFile(path(), 0);
  columns_in_file_ = columns_.size();
  for (const CsvRow& row : std::exchange(rows_, {})) file_.Append(LineOf(row));
}

std::string CsvLog::LineOf(const CsvRow& row) const {
  std::vector<std::string> fields;
  for (const std::string& column : columns_) {
    const auto cell = row.find(column);
    fields.push_back(cell == row.end() ? "" : FormatNumber(cell->second));
  }
  return CsvText(fields);
}

}  // namespace curl_rl::experiments
