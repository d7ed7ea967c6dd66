// Reads and writes CSV.
#include "experiments/files/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace curl_rl::experiments {
namespace {

// Walks through a text record by record (RFC 4180): a line break in quotes ends none.
class Records {
 public:
  Records(const std::string& text, const std::string& path) : text_(text), path_(path) {
    if (text_.rfind("\xef\xbb\xbf", 0) == 0) at_ = 3;  // byte order mark
  }

  bool Next(CsvRecord* row) {
    if (at_ >= text_.size()) return false;
    row->line = line_;
    row->fields.assign(1, "");
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '\n' && !quoted) break;
      if (quoted && c == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        row->fields.back() += '"';  // a doubled quote inside quotes is one quote
        ++at_;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        row->fields.emplace_back();
      } else if (c != '\r') {
        row->fields.back() += c == '\n' ? ' ' : c;
      }
    }
    ++at_;  // past the line's end
    if (quoted) {
      throw InputError(path_ + ":" + std::to_string(row->line) +
                       ": a quote is opened and not closed");
    }
    for (std::string& field : row->fields) Trim(&field);
    return true;
  }

 private:
  static void Trim(std::string* field) {
    const char* const kSpace = " \t";
    field->erase(field->find_last_not_of(kSpace) + 1);
    field->erase(0, field->find_first_not_of(kSpace));
  }

  const std::string& text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

// What spreadsheets write besides commas, with the way out.
void RefuseOtherFormats(const std::string& text, const std::string& path) {
  const std::string advice =
      "; save it as CSV in UTF-8, columns separated by commas, numbers with a decimal point";
  if (text.rfind("\xff\xfe", 0) == 0 || text.rfind("\xfe\xff", 0) == 0 ||
      text.find('\0') != std::string::npos) {
    throw InputError(path + ": is UTF-16 or no text" + advice);
  }
  const std::string header = text.substr(0, text.find('\n'));
  if (header.find(',') != std::string::npos) return;
  for (const auto& [mark, name] : {std::pair(';', "semicolons"), std::pair('\t', "tabs")}) {
    if (header.find(mark) != std::string::npos) {
      throw InputError(path + ":1: its columns are separated by " + name + advice);
    }
  }
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
  RefuseOtherFormats(text, path);
  CsvTable table;
  table.path = path;
  CsvRecord row;
  for (Records records(text, path); records.Next(&row);) {
    const auto empty = [](const std::string& field) { return field.empty(); };
    if (std::all_of(row.fields.begin(), row.fields.end(), empty)) continue;  // as at many ends
    if (table.columns.empty()) {
      table.columns = std::move(row.fields);
      continue;
    }
    if (row.fields.size() != table.columns.size()) {
      throw InputError(table.Where(row) + ": " + std::to_string(row.fields.size()) +
                       " fields, but the header has " + std::to_string(table.columns.size()) +
                       " columns (" + Joined(table.columns) + ")");
    }
    table.rows.push_back(std::move(row));
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
