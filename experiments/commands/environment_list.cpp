// Sorts environments into groups and writes them in columns.
#include "experiments/commands/environment_list.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>

namespace curl_rl::experiments {
namespace {

struct ListRow {
  std::string domain;
  const ListedEnvironment* environment;
};

struct Group {
  std::string name;
  std::vector<ListRow> rows;
};

std::vector<Group> GroupsOf(const std::vector<ListedEnvironment>& environments) {
  std::vector<Group> groups;
  for (const ListedEnvironment& environment : environments) {
    const std::filesystem::path source = environment.source;
    const bool folder = source.has_parent_path() && source.has_filename();
    const std::string name = folder ? source.parent_path().string() : environment.source;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& each) { return each.name == name; });
    if (group == groups.end()) group = groups.insert(group, Group{name, {}});
    group->rows.push_back({folder ? source.stem().string() : "", &environment});
  }
  for (Group& group : groups) {
    std::stable_sort(group.rows.begin(), group.rows.end(),
                     [](const ListRow& a, const ListRow& b) { return a.domain < b.domain; });
  }
  return groups;
}

}  // namespace

void WriteEnvironmentList(const std::vector<ListedEnvironment>& environments, std::ostream& out) {
  const std::vector<Group> groups = GroupsOf(environments);
  std::size_t domain_width = 6, name_width = 4;
  for (const Group& group : groups) {
    for (const ListRow& row : group.rows) {
      domain_width = std::max(domain_width, row.domain.size());
      name_width = std::max(name_width, row.environment->name.size());
    }
  }
  const auto write = [&](const std::string& domain, const std::string& name,
                         const std::string& state, const std::string& action,
                         const std::string& limit) {
    out << std::left << std::setw(static_cast<int>(domain_width + 2)) << domain
        << std::setw(static_cast<int>(name_width)) << name << std::right << std::setw(7) << state
        << std::setw(8) << action << std::setw(7) << limit << "\n";
  };
  for (const Group& group : groups) {
    const std::size_t count = group.rows.size();
    out << group.name << ": " << count << (count == 1 ? " task" : " tasks") << "\n";
    write("domain", "name", "state", "action", "limit");
    const std::string* before = nullptr;
    for (const ListRow& row : group.rows) {
      const ListedEnvironment& each = *row.environment;
      const auto known = [&](const std::string& text) { return each.made ? text : "?"; };
      write(before != nullptr && *before == row.domain ? "" : row.domain, each.name,
            known(std::to_string(each.state)), known(std::to_string(each.action)),
            known(each.limit > 0 ? std::to_string(each.limit) : "none"));
      before = &row.domain;
    }
    out << "\n";
  }
}

}  // namespace curl_rl::experiments
