// Prints settings as a table: key, type, value, what is allowed, role, meaning.
#include "experiments/commands/key_table.h"

#include <algorithm>

#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {
namespace {

constexpr std::size_t kAllowedWidth = 36;  // a list of choices goes on below beyond that

// `text` in lines of at most `width` characters, broken between choices; a longer one stays whole.
std::vector<std::string> Lines(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t bar = text.find(" | ", begin);
    const std::size_t end = bar == std::string::npos ? text.size() : bar + 3;
    const std::string choice = text.substr(begin, end - begin);
    if (!lines.back().empty() && lines.back().size() + choice.size() > width) lines.emplace_back();
    lines.back() += choice;
    begin = end;
  }
  return lines;
}

}  // namespace

void PrintKeys(std::ostream& out, const envs::Settings& settings, const std::string& value_title) {
  // Columns are as wide as their widest entry; the meaning comes last.
  std::vector<std::vector<std::string>> rows = {
      {"key", "type", value_title, "allowed", "role", "meaning"}};
  for (const envs::Setting& setting : settings) {
    std::string allowed = AllowedText(setting);
    if (!setting.unit.empty()) allowed += (allowed.empty() ? "" : " ") + setting.unit;
    const auto lines = Lines(allowed, kAllowedWidth);
    rows.push_back({setting.name, TypeName(setting), ValueText(setting), lines.front(),
                    envs::NameOf(setting.role), setting.meaning});
    for (std::size_t i = 1; i < lines.size(); ++i) {
      rows.push_back({"", "", "", lines[i], "", ""});
    }
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace curl_rl::experiments
