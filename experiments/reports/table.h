// A text grid, written as CSV, Markdown, HTML and for the terminal.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::reports {

struct Table {
  std::string name;  // of the file, without its ending
  std::string title;
  std::string note;  // what the numbers are
  std::vector<std::string> columns;
  std::vector<bool> numeric;  // [columns]: aligned right
  std::vector<std::vector<std::string>> rows;

  void AddColumn(const std::string& heading, bool is_numeric);
};

std::string ToCsv(const Table& table);
std::string ToMarkdown(const Table& table);
std::string ToHtml(const Table& table);
std::string ToConsole(const Table& table);

}  // namespace curl_rl::reports
