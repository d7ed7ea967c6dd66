// CSV files, read whole: a header line, then records of as many fields (RFC 4180 quoting; a line
// break in quotes becomes a space). Spaces around a field and rows without any text are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::comparison {

struct CsvRow {
  std::size_t line = 0;  // 1-based
  std::vector<std::string> fields;
};

struct CsvTable {
  std::string path;
  std::vector<std::string> columns;
  std::vector<CsvRow> rows;

  /// The index of a column, or -1.
  int Find(const std::string& column) const;

  /// The index of a column. Throws InputError that lists the columns there are.
  int Require(const std::string& column) const;

  /// "path:line", the start of every message about a row.
  std::string Where(const CsvRow& row) const;

  /// A finite number, an integer. Throws InputError naming file, line, column and what stands
  /// there.
  double Number(const CsvRow& row, int column) const;
  std::int64_t Integer(const CsvRow& row, int column) const;

  /// A field that must not be empty.
  const std::string& Text(const CsvRow& row, int column) const;
};

/// Throws InputError if a quote is left open or a row has another number of fields than the header,
/// and for other formats of spreadsheets, saying how to save as CSV.
CsvTable ParseCsv(const std::string& text, const std::string& path);

/// The file's bytes. Throws InputError if it cannot be read.
std::string ReadFile(const std::string& path);

/// A field as it must be written.
std::string CsvField(const std::string& text);

}  // namespace curl_rl::comparison
