// Prints settings as a table: key, type, value, what is allowed, role, meaning.
#include "experiments/commands/key_table.h"

#include <algorithm>

#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {

void PrintKeys(std::ostream& out, const envs::Settings& settings, const std::string& value_title) {
  // Columns are as wide as their widest entry; the meaning comes last.
  std::vector<std::vector<std::string>> rows = {
      {"key", "type", value_title, "allowed", "role", "meaning"}};
  for (const envs::Setting& setting : settings) {
    std::string allowed = AllowedText(setting);
    if (!setting.unit.empty()) allowed += (allowed.empty() ? "" : " ") + setting.unit;
    rows.push_back({setting.name, TypeName(setting), ValueText(setting), allowed,
                    envs::NameOf(setting.role), setting.meaning});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out << row[i] << std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out << row.back() << "\n";
  }
}

}  // namespace curl_rl::experiments
