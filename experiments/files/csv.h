// CSV files, read whole: a header line, then records of as many fields (RFC 4180 quoting; a line
// break in quotes becomes a space). Spaces around a field and rows without any text are left out.
// One reader and one writer for all there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// Input that cannot be used; the message starts with the file and, where there is one, the line.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct CsvRecord {
  std::size_t line = 0;  // 1-based
  std::vector<std::string> fields;
};

struct CsvTable {
  std::string path;
  std::vector<std::string> columns;
  std::vector<CsvRecord> rows;

  /// The index of a column, or -1.
  int Find(const std::string& column) const;

  /// The index of a column. Throws InputError that lists the columns there are.
  int Require(const std::string& column) const;

  /// "path:line", the start of every message about a row.
  std::string Where(const CsvRecord& row) const;

  /// A finite number, an integer. Throws InputError naming file, line, column and what stands
  /// there.
  double Number(const CsvRecord& row, int column) const;
  std::int64_t Integer(const CsvRecord& row, int column) const;

  /// A field that must not be empty.
  const std::string& Text(const CsvRecord& row, int column) const;
};

/// Throws InputError if a quote is left open or a row has another number of fields than the header,
/// and for other formats of spreadsheets, saying how to save as CSV.
CsvTable ParseCsv(const std::string& text, const std::string& path);

/// A record as it must be written, with the end of its line.
std::string CsvText(const std::vector<std::string>& fields);

/// The shortest decimal that reads back to the same double; whole numbers without an exponent.
std::string FormatNumber(double value);

}  // namespace curl_rl::experiments
