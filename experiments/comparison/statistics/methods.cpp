// Names methods by what differs in their runs' settings.
#include "experiments/comparison/statistics/methods.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "envs/nearest_name.h"
#include "experiments/config/same.h"

namespace curl_rl::comparison {
namespace {

// "; did you mean 'b'? (there are a, b)".
std::string Proposal(const std::string& name, const std::vector<std::string>& known) {
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  return envs::DidYouMean(name, known) + " (there are " + (list.empty() ? "none" : list) + ")";
}

// The last part of a dotted key, unless two differing keys share it.
std::string ShortKey(const std::string& key, const std::set<std::string>& keys) {
  const std::string last = key.substr(key.rfind('.') + 1);
  int same = 0;
  for (const std::string& other : keys) same += other.substr(other.rfind('.') + 1) == last;
  return same > 1 ? key : last;
}

// Keys whose role makes a method and that take more than one value within some (task, method).
// Differences between tasks alone (each has its own action repeat) make no method. A key that a run
// lacks belongs to a part that it did not choose, which another key tells, or is not known.
std::set<std::string> DifferingKeys(const std::vector<const Run*>& runs) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> values;  // key, task
  for (const Run* run : runs) {
    for (const auto& [key, value] : run->settings) values[key][run->task].insert(value);
  }
  std::set<std::string> differing;
  for (const auto& [key, tasks] : values) {
    const bool differs = std::any_of(tasks.begin(), tasks.end(),
                                     [](const auto& task) { return task.second.size() > 1; });
    if (!differs) continue;
    if (experiments::Counts(experiments::Same::kMethod, experiments::RoleOf(key))) {
      differing.insert(key);
    }
  }
  return differing;
}

}  // namespace

std::vector<const Run*> Dataset::Cell(const std::string& task, const std::string& method) const {
  std::vector<const Run*> cell;
  for (const Run& run : runs) {
    if (run.task == task && run.method == method) cell.push_back(&run);
  }
  return cell;
}

void NameMethods(const std::string& key, std::vector<Run>* runs) {
  if (!key.empty()) {
    std::set<std::string> known;
    for (const Run& run : *runs) {
      for (const auto& [name, value] : run.settings) known.insert(name);
    }
    for (Run& run : *runs) {
      const auto found = run.settings.find(key);
      if (found == run.settings.end()) {
        throw InputError(run.source + ": --method-from '" + key +
                         "': this run has no such setting" +
                         Proposal(key, {known.begin(), known.end()}));
      }
      run.method = found->second;
    }
    return;
  }
  // Only runs of one label are told apart by their settings: two labels are two methods already.
  std::map<std::string, std::vector<const Run*>> by_label;
  for (const Run& run : *runs) by_label[run.method].push_back(&run);
  std::map<std::string, std::set<std::string>> differing;
  for (const auto& [label, same] : by_label) differing[label] = DifferingKeys(same);
  for (Run& run : *runs) {
    const std::set<std::string>& keys = differing[run.method];
    std::string suffix;
    for (const std::string& name : keys) {
      const auto found = run.settings.find(name);
      if (found == run.settings.end()) continue;
      suffix += (suffix.empty() ? "" : ", ") + ShortKey(name, keys) + "=" + found->second;
    }
    if (!suffix.empty()) run.method += " (" + suffix + ")";
  }
}

Dataset MakeDataset(std::vector<Run> runs, const std::vector<std::string>& tasks) {
  Dataset dataset;
  const auto note = [](const std::string& name, std::vector<std::string>* names) {
    if (std::find(names->begin(), names->end(), name) == names->end()) names->push_back(name);
  };
  std::vector<std::string> all_tasks;
  for (const Run& run : runs) note(run.task, &all_tasks);
  for (const std::string& task : tasks) {
    if (std::find(all_tasks.begin(), all_tasks.end(), task) == all_tasks.end()) {
      throw InputError("--task '" + task + "': no run of this task was given" +
                       Proposal(task, all_tasks));
    }
  }
  // A seed that counts twice would narrow every interval.
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::string> sources;
  for (Run& run : runs) {
    if (!tasks.empty() && std::find(tasks.begin(), tasks.end(), run.task) == tasks.end()) continue;
    const auto [before, added] = sources.try_emplace({run.task, run.method, run.seed}, run.source);
    if (!added) {
      throw InputError(run.source + ": " + run.name() + " was read before, from " + before->second +
                       "; a seed counts once (name methods apart with --method-from KEY)");
    }
    note(run.task, &dataset.tasks);
    note(run.method, &dataset.methods);
    dataset.runs.push_back(std::move(run));
  }
  std::sort(dataset.runs.begin(), dataset.runs.end(), [](const Run& a, const Run& b) {
    return std::tie(a.task, a.method, a.seed) < std::tie(b.task, b.method, b.seed);
  });
  return dataset;
}

}  // namespace curl_rl::comparison
