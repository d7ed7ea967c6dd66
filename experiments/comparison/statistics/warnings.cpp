// What a careful reader would object to, said first.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "experiments/comparison/statistics/analysis.h"
#include "experiments/comparison/statistics/format.h"
#include "experiments/config/same.h"

namespace curl_rl::comparison {
namespace {

constexpr std::size_t kFewSeeds = 5;
constexpr std::size_t kListedInWarning = 6;  // cells named in a warning; the table has all
// A run whose last score lies this far (share, points) under its best one has collapsed.
constexpr double kCollapseShare = 0.5;
constexpr double kCollapsePoints = 100;

std::string Join(const std::vector<std::string>& words, const std::string& separator = ", ") {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : separator) + word;
  return result;
}

std::string Range(const std::set<double>& values) {
  return values.size() == 1 ? Steps(*values.begin())
                            : Steps(*values.begin()) + " to " + Steps(*values.rbegin());
}

void WarnSeeds(const Dataset& dataset, std::vector<std::string>* warnings) {
  std::vector<std::string> few;
  for (const std::string& task : dataset.tasks) {
    std::vector<std::string> counts;
    std::set<std::size_t> sizes;
    for (const std::string& method : dataset.methods) {
      const std::size_t n = dataset.Cell(task, method).size();
      if (n == 0) continue;
      counts.push_back(method + " " + std::to_string(n));
      sizes.insert(n);
      if (n < kFewSeeds) few.push_back(method + " on " + task + " (" + std::to_string(n) + ")");
    }
    if (sizes.size() > 1) {
      warnings->push_back("Unequal numbers of seeds on " + task + ": " + Join(counts) + ".");
    }
    if (counts.size() < dataset.methods.size()) {
      warnings->push_back("Not every method was run on " + task + ": only " + Join(counts) +
                          "; numbers across tasks leave it out.");
    }
  }
  if (!few.empty()) {
    const std::size_t more = few.size() > kListedInWarning ? few.size() - kListedInWarning : 0;
    few.resize(few.size() - more);
    warnings->push_back(
        "Fewer than 5 seeds: " + Join(few) +
        (more > 0 ? " and " + std::to_string(more) + " more" : "") +
        ". The 95 % intervals are then too narrow (measured coverage of a mean: 75 % "
        "with 3 seeds, 83 % with 5, 92 % with 10); no difference is called "
        "established.");
  }
}

// Whether all the runs of these names may still get further.
bool AllUnderWay(const Dataset& dataset, const std::vector<std::string>& names) {
  return std::all_of(dataset.runs.begin(), dataset.runs.end(), [&](const Run& run) {
    const bool named = std::find(names.begin(), names.end(), run.name()) != names.end();
    return !named || run.state == "running";
  });
}

void WarnEndings(const Dataset& dataset, const Analysis& analysis,
                 std::vector<std::string>* warnings) {
  for (const Run& run : dataset.runs) {
    const auto last = static_cast<double>(run.last_step());
    const bool short_of_budget = run.budget > 0 && last < 0.99 * static_cast<double>(run.budget);
    if (short_of_budget) {
      // "running" is also what a run that was killed leaves behind.
      const bool under_way = run.state == "running";
      warnings->push_back((under_way ? "Not finished: " : "Stopped early: ") + run.name() +
                          " has evaluations up to " + Steps(last) + " of " +
                          Steps(static_cast<double>(run.budget)) + " env steps" +
                          (run.state.empty() ? "" : " (state: " + run.state + ")") + ".");
    }
    // Returns may be negative throughout: what was gained counts, from 0 or the run's worst.
    double best = run.evaluations.front().score, worst = std::min(0.0, best);
    for (const Evaluation& evaluation : run.evaluations) {
      best = std::max(best, evaluation.score);
      worst = std::min(worst, evaluation.score);
    }
    const double final_score = run.evaluations.back().score;
    const bool lost = final_score - worst < kCollapseShare * (best - worst);
    if (lost && best - final_score > kCollapsePoints) {
      warnings->push_back("Diverged: " + run.name() + " fell from " + Fixed(best, 0) + " to " +
                          Fixed(final_score, 0) + " at its last evaluation; it counts as it is.");
    }
  }
  // Leaving a dead run out flatters its method: say what counting it as 0 would do.
  for (const ScoreCell& cell : analysis.scores) {
    if (cell.step != analysis.span(cell.task).headline || cell.missing.empty()) continue;
    if (cell.scores.empty()) continue;
    const auto n = static_cast<double>(cell.scores.size());
    const double with_zeros = cell.mean.value * n / (n + static_cast<double>(cell.missing.size()));
    warnings->push_back("Missing at " + Steps(cell.step) + ": " + Join(cell.missing, "; ") +
                        ". Left out of that row (mean " + Fixed(cell.mean.value, 0) + ")" +
                        (AllUnderWay(dataset, cell.missing)
                             ? "; wait for them before you judge."
                             : "; counted as 0 the mean would be " + Fixed(with_zeros, 0) + "."));
  }
}

// Whether a difference in this setting makes scores of one task hard to compare, whatever the
// methods: another variant of the task, or another way to measure it.
bool IsProtocol(const std::string& key) {
  static const std::set<std::string> kMeasured = {"action_repeat", "environment.image_size",
                                                  "frame_stack",   "init_steps",
                                                  "eval_every",    "observation"};
  if (kMeasured.count(key) > 0) return true;
  return key != "seed" && experiments::RoleOf(key) == envs::Role::kTask;
}

// Scores of runs that were measured or made in different ways are not one sample.
void WarnProtocol(const Dataset& dataset, const Options& options,
                  std::vector<std::string>* warnings) {
  for (const std::string& task : dataset.tasks) {
    std::map<std::string, std::set<std::string>> values;
    std::set<double> budgets;
    std::set<double> episodes;
    std::set<std::vector<double>> grids;  // steps within the shortest run
    std::set<std::string> hosts;
    double shortest = std::numeric_limits<double>::infinity();
    for (const Run& run : dataset.runs) {
      if (run.task == task) shortest = std::min(shortest, static_cast<double>(run.last_step()));
    }
    for (const Run& run : dataset.runs) {
      if (run.task != task) continue;
      for (const auto& [key, value] : run.settings) values[key].insert(value);
      if (run.budget > 0) budgets.insert(static_cast<double>(run.budget));
      if (!run.host.empty()) hosts.insert(run.host);
      for (const Evaluation& e : run.evaluations) episodes.insert(e.episodes);
      // Runs of different length on one cadence are no mismatch: only the common part is looked at.
      std::vector<double> grid = run.by_env_step().x;
      grid.erase(std::upper_bound(grid.begin(), grid.end(), shortest), grid.end());
      grids.insert(grid);
    }
    for (const auto& [key, set] : values) {
      if (set.size() < 2 || !IsProtocol(key)) continue;
      warnings->push_back("Different " + key + " on " + task + ": " +
                          Join({set.begin(), set.end()}) + ".");
    }
    if (budgets.size() > 1) {
      warnings->push_back("Different budgets on " + task + ": " + Range(budgets) + " env steps.");
    }
    if (episodes.size() > 1) {
      warnings->push_back("Different numbers of evaluation episodes on " + task + ": " +
                          Range(episodes) + ".");
    }
    if (*episodes.begin() < 5) {
      warnings->push_back("Few evaluation episodes on " + task + " (" + Range(episodes) +
                          "): noise of the evaluation adds to the spread between seeds.");
    }
    if (grids.size() > 1) {
      warnings->push_back("Runs of " + task +
                          " were evaluated at different steps: values between "
                          "a run's own evaluations are linear, none lie outside them.");
    }
    if (hosts.size() > 1) {
      warnings->push_back("Runs of " + task + " come from different machines (" +
                          Join({hosts.begin(), hosts.end()}) +
                          "): wall-clock times may not compare.");
    }
  }
  if (options.smooth > 1) {
    warnings->push_back("Plotted curves are smoothed over " + std::to_string(options.smooth) +
                        " evaluations, as asked; faint lines and every number are raw.");
  }
}

// Runs of one name whose task was not the same: their files differ, or were changed in mid-run.
void WarnTaskFiles(const Dataset& dataset, std::vector<std::string>* warnings) {
  for (const std::string& task : dataset.tasks) {
    std::map<std::string, std::map<std::string, std::vector<std::string>>> files;  // hash: runs
    for (const Run& run : dataset.runs) {
      if (run.task != task) continue;
      for (const auto& [name, hash] : run.task_files) files[name][hash].push_back(run.name());
      if (run.task_change.empty()) continue;
      warnings->push_back("The task changed while " + run.name() +
                          " was trained: " + run.task_change + ". Its curve is of two tasks.");
    }
    for (const auto& [name, versions] : files) {
      if (versions.size() < 2) continue;
      std::vector<std::string> groups;
      for (const auto& [hash, runs] : versions) {
        groups.push_back(runs.front() + (runs.size() > 1
                                             ? " and " + std::to_string(runs.size() - 1) + " more"
                                             : ""));
      }
      warnings->push_back("Different tasks under the name " + task + ": " + name + " is not the " +
                          "same in " + Join(groups, " | ") + ". Their scores do not compare.");
    }
  }
}

// "curl: walker_walk (a.csv:2); sac: cheetah_run (b.csv:2)": which files do not belong together.
std::string WhereMethodsRan(const Dataset& dataset) {
  std::vector<std::string> methods;
  for (const std::string& method : dataset.methods) {
    std::vector<std::string> tasks;
    for (const std::string& task : dataset.tasks) {
      const auto cell = dataset.Cell(task, method);
      if (!cell.empty()) tasks.push_back(task + " (" + cell.front()->source + ")");
    }
    methods.push_back(method + ": " + Join(tasks));
  }
  return Join(methods, "; ") + ".";
}

// Two seeds with the same scores at every step: one run copied, or a seed that is not used. Found
// by looking each curve up, since there may be thousands.
void WarnTwins(const Dataset& dataset, std::vector<std::string>* warnings) {
  using Curve = std::pair<std::vector<double>, std::vector<double>>;
  std::map<std::pair<std::string, Curve>, std::vector<const Run*>> alike;
  for (const Run& run : dataset.runs) {
    if (run.evaluations.size() < 2) continue;
    const Series series = run.by_env_step();
    auto& runs = alike[{run.task, {series.x, series.y}}];
    if (!runs.empty()) {
      warnings->push_back("Identical scores throughout: " + runs.front()->name() + ", and " +
                          run.name() + ". One of them is a copy, or the seed is not used.");
    }
    runs.push_back(&run);
  }
}

}  // namespace

void AnalyseWarnings(const Dataset& dataset, const Options& options, Analysis* analysis) {
  std::vector<std::string>* warnings = &analysis->warnings;
  WarnSeeds(dataset, warnings);
  WarnEndings(dataset, *analysis, warnings);
  WarnProtocol(dataset, options, warnings);
  WarnTaskFiles(dataset, warnings);
  WarnTwins(dataset, warnings);
  if (dataset.methods.size() > 1 && analysis->common_tasks.empty()) {
    warnings->push_back("No task was run by every method: nothing is computed across tasks. " +
                        WhereMethodsRan(dataset));
  }
  if (dataset.methods.size() > options.most_paired) {
    warnings->push_back(std::to_string(dataset.methods.size()) +
                        " methods: pairs are compared among the " +
                        std::to_string(options.most_paired) + " with the highest means alone.");
  }
  bool unequal = false;
  for (const AggregateCell& cell : analysis->aggregates) {
    std::set<std::size_t> sizes;
    for (const std::string& task : cell.tasks) {
      const ScoreCell* score = analysis->score(
          task, cell.method, cell.step > 0 ? cell.step : analysis->span(task).headline);
      if (score != nullptr) sizes.insert(score->scores.size());
    }
    unequal = unequal || sizes.size() > 1;
  }
  if (unequal && options.iqm == IqmKind::kRliable) {
    warnings->push_back(
        "Tasks of one method have unequal numbers of runs: the IQM across tasks weighs every task "
        "the same (exact form), where pooling would weigh tasks by their runs.");
  }
}

}  // namespace curl_rl::comparison
