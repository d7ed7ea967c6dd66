// Writes rows under a fixed header, and cuts a log back to the step where a run goes on.
#include "experiments/run/csv_log.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace curl_rl::experiments {
namespace {

std::string Header(const std::vector<std::string>& columns) {
  if (columns.empty() || columns.front() != "env_step") {
    throw std::logic_error("a CsvLog's first column must be env_step");
  }
  std::string header;
  for (const std::string& column : columns) header += (header.empty() ? "" : ",") + column;
  return header + "\n";
}

}  // namespace

std::string FormatNumber(double value) {
  std::array<char, 32> text;
  char* const end = text.data() + text.size();
  // Below 2^53 a whole double is an exact integer, and 1000000 reads better than 1e+06.
  const bool whole = std::abs(value) < 9007199254740992.0 && std::trunc(value) == value;
  const auto result = whole ? std::to_chars(text.data(), end, static_cast<std::int64_t>(value))
                            : std::to_chars(text.data(), end, value);
  return std::string(text.data(), result.ptr);
}

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, int open_flags)
    : columns_(std::move(columns)), file_(path, open_flags) {}

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns)
    : CsvLog(path, std::move(columns), O_CREAT | O_EXCL) {
  file_.Append(Header(columns_));
}

CsvLog CsvLog::Continue(const std::string& path, std::vector<std::string> columns,
                        std::int64_t env_step) {
  const std::string header = Header(columns);
  const std::string text = ReadWholeFile(path);
  if (text.rfind(header, 0) != 0) {
    throw std::runtime_error(path + ": cannot be continued: its header is '" +
                             text.substr(0, std::min<std::size_t>(text.find('\n'), 500)) +
                             "', expected '" + header.substr(0, header.size() - 1) + "'");
  }
  std::string kept = header;
  std::size_t begin = header.size();
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::int64_t row_step = 0;
    const char* const line = text.data() + begin;
    if (std::from_chars(line, text.data() + end, row_step).ptr == line) {
      throw std::runtime_error(path + ": cannot be continued: no env_step in row '" +
                               text.substr(begin, end - begin) + "'");
    }
    if (row_step <= env_step) kept.append(text, begin, end + 1 - begin);
  }
  WriteFileAtomically(path, kept);
  return CsvLog(path, std::move(columns), 0);
}

void CsvLog::Write(const CsvRow& row) {
  if (row.count("env_step") == 0) throw std::logic_error(file_.path() + ": a row needs env_step");
  for (const auto& [column, value] : row) {
    if (std::find(columns_.begin(), columns_.end(), column) == columns_.end()) {
      throw std::logic_error(file_.path() + ": no column '" + column + "'");
    }
  }
  std::string line;
  for (const std::string& column : columns_) {
    const auto cell = row.find(column);
    if (&column != &columns_.front()) line += ',';
    if (cell != row.end()) line += FormatNumber(cell->second);
  }
  file_.Append(line + "\n");
}

}  // namespace curl_rl::experiments
