// Computes published curves with bands, and lists them.
#include "experiments/comparison/report/published_curves.h"

#include <algorithm>
#include <set>

#include "experiments/comparison/report/tables.h"
#include "experiments/comparison/statistics/format.h"

namespace curl_rl::comparison {
namespace {

// What our runs on a task have in common with published ones.
struct OwnProtocol {
  std::set<std::string> repeats;  // action repeats
  bool recorded = true;
  bool pixels = true;

  bool Is(const PublishedCurve& other) const {
    return pixels && !other.training_episodes &&
           repeats == std::set<std::string>{std::to_string(other.action_repeat)};
  }
};

OwnProtocol ProtocolOn(const Dataset& dataset, const std::string& task) {
  OwnProtocol own;
  for (const Run& run : dataset.runs) {
    if (run.task != task) continue;
    const auto observation = run.settings.find("observation");
    if (observation != run.settings.end() && observation->second == "state") own.pixels = false;
    const auto repeat = run.settings.find("action_repeat");
    if (repeat != run.settings.end()) {
      own.repeats.insert(repeat->second);
    } else {
      own.recorded = false;
      own.repeats.insert(std::to_string(PaperActionRepeat(task).value_or(0)));  // 0: nobody's
    }
  }
  return own;
}

// How far the axis goes: with our runs, and at least to the first step that is judged, so that a
// run under way is seen on its way to it.
double LastStep(const Dataset& dataset, const Options& options, const std::string& task) {
  double last = options.at.empty() ? 0 : static_cast<double>(options.at.front());
  for (const Run& run : dataset.runs) {
    if (run.task == task) last = std::max(last, static_cast<double>(run.last_step()));
  }
  return last;
}

std::vector<Series> CutOff(std::vector<Series> runs, double last) {
  for (Series& run : runs) {
    while (!run.x.empty() && run.x.back() > last) {
      run.x.pop_back();
      run.y.pop_back();
    }
  }
  runs.erase(
      std::remove_if(runs.begin(), runs.end(), [](const Series& run) { return run.x.empty(); }),
      runs.end());
  return runs;
}

}  // namespace

std::vector<ComparedCurve> ComparePublished(const Dataset& dataset, const Options& options,
                                            const std::vector<PublishedCurve>& published,
                                            std::vector<std::string>* warnings) {
  std::vector<ComparedCurve> compared;
  for (const std::string& task : dataset.tasks) {
    const OwnProtocol own = ProtocolOn(dataset, task);
    const double last = LastStep(dataset, options, task);
    const std::size_t before = compared.size();
    for (const PublishedCurve& one : published) {
      if (one.task != task) continue;
      const std::vector<Series> runs = CutOff(one.runs, last);
      if (runs.empty()) continue;
      ComparedCurve curve;
      curve.task = task;
      curve.method = one.method;
      curve.protocol = "action repeat " + std::to_string(one.action_repeat) +
                       (one.training_episodes ? ", training episodes" : "");
      curve.same_protocol = own.Is(one);
      curve.seeds = runs.size();
      curve.citation = one.citation;
      curve.curve = MethodCurve(runs, UnionGrid(runs), options.center, options.curve_bootstrap(),
                                "published/" + task + "/" + one.method);
      compared.push_back(std::move(curve));
    }
    if (!own.recorded && compared.size() > before) {
      warnings->push_back("Runs on " + task +
                          " do not record their action repeat: among the published curves they are "
                          "taken to have the CURL paper's.");
    }
  }
  return compared;
}

Table PublishedCurveTable(const std::vector<ComparedCurve>& curves,
                          std::vector<std::string>* citations) {
  Table table;
  table.name = "published_curves";
  table.title = "Published curves";
  table.note =
      "The curves of the figure above, all from pixels. The protocol is ours where the action "
      "repeat "
      "is, and the returns are of evaluations.";
  for (const char* column : {"task", "method", "protocol", "ours"}) table.AddColumn(column, false);
  for (const char* column : {"seeds", "last step", "there", "source"})
    table.AddColumn(column, true);
  for (const ComparedCurve& one : curves) {
    const Curve& curve = one.curve;
    table.rows.push_back(
        {one.task, one.method, one.protocol, one.same_protocol ? "same" : "another †",
         std::to_string(one.seeds), Steps(curve.x.back()),
         WithInterval({curve.center.back(), curve.low.back(), curve.high.back()}, 0),
         Reference(one.citation, citations)});
  }
  return table;
}

Table PublishedCurveData(const std::vector<ComparedCurve>& curves) {
  Table table;
  table.name = "published_curve_points";
  for (const char* column : {"task", "method", "protocol", "same_protocol"}) {
    table.AddColumn(column, false);
  }
  for (const char* column : {"env_step", "center", "low", "high", "runs"}) {
    table.AddColumn(column, true);
  }
  for (const ComparedCurve& one : curves) {
    const Curve& curve = one.curve;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      table.rows.push_back({one.task, one.method, one.protocol, one.same_protocol ? "1" : "0",
                            Exact(curve.x[i]), Exact(curve.center[i]), Exact(curve.low[i]),
                            Exact(curve.high[i]), std::to_string(curve.runs[i])});
    }
  }
  return table;
}

}  // namespace curl_rl::comparison
