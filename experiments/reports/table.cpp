// A table's grid as CSV, Markdown, HTML and for the terminal.
#include "experiments/reports/table.h"

#include <algorithm>

#include "experiments/files/csv.h"
#include "experiments/reports/svg.h"

namespace curl_rl::reports {
namespace {

// In characters; continuation bytes of UTF-8 do not count.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char byte) { return (byte & 0xc0) != 0x80; }));
}

}  // namespace

void Table::AddColumn(const std::string& heading, bool is_numeric) {
  columns.push_back(heading);
  numeric.push_back(is_numeric);
}

std::string ToCsv(const Table& table) {
  std::string text = experiments::CsvText(table.columns);
  for (const auto& row : table.rows) text += experiments::CsvText(row);
  return text;
}

std::string ToMarkdown(const Table& table) {
  std::string text = "# " + table.title + "\n\n" + table.note + "\n\n|";
  const auto cell = [](std::string field) {
    for (std::size_t i = 0; (i = field.find('|', i)) != std::string::npos; i += 2) {
      field.insert(i, "\\");
    }
    return " " + field + " |";
  };
  for (const std::string& column : table.columns) text += cell(column);
  text += "\n|";
  for (bool numeric : table.numeric) text += numeric ? "---:|" : "---|";
  for (const auto& row : table.rows) {
    text += "\n|";
    for (const std::string& field : row) text += cell(field);
  }
  return text + "\n";
}

// Browsers break a line behind a hyphen: not in a number such as 1e-04.
std::string CellHtml(const std::string& text) {
  std::string html;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = XmlEscaped(text.substr(begin, end - begin));
    const bool hyphen = word.find('-') != std::string::npos;
    html += (begin == 0 ? "" : " ") + (hyphen ? "<span class=\"w\">" + word + "</span>" : word);
    begin = end + 1;
  }
  return html;
}

std::string ToHtml(const Table& table) {
  std::string text = "<div class=\"scroll\"><table>\n<thead><tr>";
  const auto open = [&](const char* tag, std::size_t column) {
    return std::string("<") + tag + (table.numeric[column] ? " class=\"n\">" : ">");
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    text += open("th", c) + XmlEscaped(table.columns[c]) + "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  std::string before;  // a repeated first cell is left blank, and a new one starts a group
  for (const auto& row : table.rows) {
    const bool again = !row.empty() && row[0] == before;
    text += again ? "<tr>" : "<tr class=\"g\">";
    for (std::size_t c = 0; c < row.size(); ++c) {
      text += open("td", c) + (c == 0 && again ? "" : CellHtml(row[c])) + "</td>";
    }
    text += "</tr>\n";
    if (!row.empty()) before = row[0];
  }
  return text + "</tbody></table></div>\n";
}

std::string ToConsole(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    widths.push_back(Width(table.columns[c]));
    for (const auto& row : table.rows) widths[c] = std::max(widths[c], Width(row[c]));
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& fields) {
    std::string one;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      const std::string pad(widths[c] - Width(fields[c]), ' ');
      one += (c == 0 ? "" : "  ") + (table.numeric[c] ? pad + fields[c] : fields[c] + pad);
    }
    one.erase(one.find_last_not_of(' ') + 1);
    text += one + "\n";
  };
  line(table.columns);
  for (const auto& row : table.rows) line(row);
  return text;
}

}  // namespace curl_rl::reports
