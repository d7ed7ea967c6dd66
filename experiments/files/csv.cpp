// Reads and writes CSV.
#include "experiments/files/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <system_error>

namespace curl_rl::experiments {
namespace {

std::vector<std::string> SplitRecord(const std::string& line, const std::string& where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    // A doubled quote inside quotes is one quote (RFC 4180).
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) throw InputError(where + ": a quote is opened and not closed on this line");
  return fields;
}

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

}  // namespace

int CsvTable::Find(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

int CsvTable::Require(const std::string& column) const {
  const int index = Find(column);
  if (index < 0) {
    throw InputError(path + ":1: there is no column '" + column + "'; the header has " +
                     Joined(columns));
  }
  return index;
}

std::string CsvTable::Where(const CsvRecord& row) const {
  return path + ":" + std::to_string(row.line);
}

double CsvTable::Number(const CsvRecord& row, int column) const {
  const std::string& text = row.fields[static_cast<std::size_t>(column)];
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    throw InputError(Where(row) + ": " + columns[static_cast<std::size_t>(column)] + " is '" +
                     text + "', not a finite number");
  }
  return value;
}

std::int64_t CsvTable::Integer(const CsvRecord& row, int column) const {
  const std::string& text = row.fields[static_cast<std::size_t>(column)];
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  // Data frames write whole numbers as 10000.0 or 1e6.
  const double number = Number(row, column);
  if (number != std::floor(number) || std::abs(number) > 9e15) {
    throw InputError(Where(row) + ": " + columns[static_cast<std::size_t>(column)] + " is '" +
                     text + "', not an integer");
  }
  return static_cast<std::int64_t>(number);
}

const std::string& CsvTable::Text(const CsvRecord& row, int column) const {
  const std::string& text = row.fields[static_cast<std::size_t>(column)];
  if (text.empty()) {
    throw InputError(Where(row) + ": " + columns[static_cast<std::size_t>(column)] + " is empty");
  }
  return text;
}

CsvTable ParseCsv(const std::string& text, const std::string& path) {
  CsvTable table;
  table.path = path;
  std::istringstream stream(text);
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1 && line.rfind("\xef\xbb\xbf", 0) == 0) line.erase(0, 3);  // byte order mark
    if (line.empty()) continue;  // as at the end of many files
    const std::string where = path + ":" + std::to_string(number);
    std::vector<std::string> fields = SplitRecord(line, where);
    if (table.columns.empty()) {
      table.columns = std::move(fields);
      continue;
    }
    if (fields.size() != table.columns.size()) {
      throw InputError(where + ": " + std::to_string(fields.size()) +
                       " fields, but the header has " + std::to_string(table.columns.size()) +
                       " columns (" + Joined(table.columns) + ")");
    }
    table.rows.push_back({number, std::move(fields)});
  }
  if (table.columns.empty()) throw InputError(path + ": the file is empty; a header was expected");
  return table;
}

std::string CsvText(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + Quoted(fields[i]);
  return line + "\n";
}

std::string FormatNumber(double value) {
  std::array<char, 32> text;
  char* const end = text.data() + text.size();
  // Below 2^53 a whole double is an exact integer, and 1000000 reads better than 1e+06.
  const bool whole = std::abs(value) < 9007199254740992.0 && std::trunc(value) == value;
  const auto result = whole ? std::to_chars(text.data(), end, static_cast<std::int64_t>(value))
                            : std::to_chars(text.data(), end, value);
  return std::string(text.data(), result.ptr);
}

}  // namespace curl_rl::experiments
