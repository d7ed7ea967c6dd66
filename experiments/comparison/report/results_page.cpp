// Records and CSVs to one Markdown page.
#include "experiments/comparison/report/results_page.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/comparison/input/load.h"
#include "experiments/comparison/report/tables.h"
#include "experiments/comparison/statistics/format.h"
#include "experiments/comparison/statistics/verdict.h"
#include "experiments/files/atomic_file.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::comparison {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Result {
  std::string name;
  std::string csv;  // its path
  json record;      // of NAME.json; an empty object if there is none
  std::string conclusion;
};

std::string TextOf(const json& object, const char* key) {
  const json value = object.is_object() ? object.value(key, json()) : json();
  return value.is_string() ? value.get<std::string>() : std::string("not recorded");
}

std::vector<Result> ReadResults(const std::string& folder) {
  std::vector<Result> results;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    Result result;
    result.name = entry.path().stem().string();
    result.csv = entry.path().string();
    const fs::path base = entry.path().parent_path() / result.name;
    const std::string record = base.string() + ".json";
    result.record = json::object();
    if (fs::exists(record)) {
      result.record =
          experiments::ParseJson(experiments::ReadWholeFile(record, experiments::kMaxJsonBytes));
      // Before there were campaigns, runs of one build made in several goes were a list.
      if (result.record.is_array() && !result.record.empty()) {
        result.record = json(result.record.front());
      }
      if (!result.record.is_object()) throw InputError(record + ": not a JSON object");
    }
    const std::string conclusion = base.string() + ".md";
    if (fs::exists(conclusion)) result.conclusion = experiments::ReadWholeFile(conclusion);
    results.push_back(std::move(result));
  }
  std::sort(results.begin(), results.end(),
            [](const Result& a, const Result& b) { return a.name < b.name; });
  return results;
}

std::string BuildOf(const json& record) {
  const json versions = record.value("versions", json::object());
  return "commit " + TextOf(versions, "git_commit") + ", LibTorch " + TextOf(versions, "torch") +
         ", MuJoCo " + TextOf(versions, "mujoco");
}

// The top of the figures' scale: tasks of the suite give up to 1000, others what they give.
double ScaleOf(const Dataset& dataset, double suite) {
  double highest = 0;
  for (const Run& run : dataset.runs) {
    for (const Evaluation& one : run.evaluations) highest = std::max(highest, one.score);
  }
  if (highest <= 0 || highest > suite / 5) return suite;
  const double power = std::pow(10.0, std::floor(std::log10(highest)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (highest <= step * power) return step * power;
  }
  return 10.0 * power;
}

// A table under a heading of the section, without the title and note of one that stands alone.
std::string Grid(const Table& table) {
  const std::string text = ToMarkdown(table);
  return text.substr(text.find("\n|") + 1);
}

std::string Section(const Result& result, const std::string& image_folder, Options options,
                    ResultsPage* page) {
  LoadedRuns loaded = LoadRuns({result.csv});
  NameMethods("", &loaded.runs);
  const Dataset dataset = MakeDataset(std::move(loaded.runs), {});
  options.max_score = ScaleOf(dataset, options.max_score);
  const Analysis analysis = Analyse(dataset, options);
  const auto published = PublishedScores();

  const json& record = result.record;
  const std::size_t runs = dataset.runs.size();
  const std::size_t missing = record.value("missing", json::array()).size();
  std::string text = "## " + result.name + "\n\n" + TextOf(record, "question") + "\n\n";
  text += std::to_string(runs) + " of " + std::to_string(runs + missing) + " runs" +
          (record.value("complete", false) ? ", all finished" : "; **not complete**") + "; " +
          BuildOf(record) + "; " + TextOf(record, "device") + ", " + TextOf(record, "cpu") +
          ". Again: `curl-rl sweep experiments/campaigns/" + result.name + ".yaml`.\n\n";

  const auto add = [&](Figure figure, const std::string& name) {
    figure.name = name;
    text += "![" + figure.title + "](" + image_folder + "/" + name + ".svg)\n\n" + figure.caption +
            "\n\n";
    page->figures.push_back(std::move(figure));
  };
  add(StepCurvesFigure(dataset, analysis, options, published), result.name);
  if (!analysis.areas.empty()) {
    add(AreasFigure(dataset, analysis, options), result.name + "_area");
  }

  const Table scores = ScoreTable(analysis);
  text += scores.note + "\n\n" + Grid(scores) + "\n";
  std::vector<std::string> citations;
  const Table beside = PublishedTable(analysis, options, published, &citations);
  if (!citations.empty()) {
    text += "Beside what others published, at the same env steps:\n\n" + Grid(beside) + "\n";
    for (std::size_t i = 0; i < citations.size(); ++i) {
      text += "[" + std::to_string(i + 1) + "] " + citations[i] + "  \n";
    }
    text += "\n";
  }
  for (const Verdict& verdict : Verdicts(dataset, analysis)) text += "* " + verdict.headline + "\n";
  if (!result.conclusion.empty()) text += "\n" + result.conclusion;
  return text + "\n";
}

// The newest evaluation of each run.
void AddEarlier(const Result& result, Table* table) {
  LoadedRuns loaded = LoadRuns({result.csv});
  NameMethods("", &loaded.runs);
  const Dataset dataset = MakeDataset(std::move(loaded.runs), {});
  for (const std::string& task : dataset.tasks) {
    for (const std::string& method : dataset.methods) {
      std::string seeds;
      std::string scores;
      double step = 0;
      for (const Run* run : dataset.Cell(task, method)) {
        seeds += (seeds.empty() ? "" : ", ") + std::to_string(run->seed);
        scores += (scores.empty() ? "" : ", ") + Fixed(run->evaluations.back().score, 0);
        step = std::max(step, static_cast<double>(run->last_step()));
      }
      if (seeds.empty()) continue;
      table->rows.push_back(
          {result.name, task, method, seeds, Steps(step), scores,
           TextOf(result.record.value("versions", json::object()), "git_commit")});
    }
  }
}

}  // namespace

ResultsPage MakeResultsPage(const std::string& folder, const std::string& image_folder,
                            const Options& options) {
  ResultsPage page;
  page.markdown =
      "# Results\n\n"
      "Made by `curl-rl results` from the files in "
      "[experiments/results/](../experiments/results/README.md); a test "
      "checks that it says what they say.\nEach section is a campaign: tasks, methods, seeds and "
      "budget were fixed in a file before its first run began.\n\n";
  const std::string learned = (fs::path(folder) / "learned.md").string();
  if (fs::exists(learned)) {
    page.markdown += "## What was learned\n\n" + experiments::ReadWholeFile(learned) + "\n";
  }
  Table earlier;
  for (const char* column : {"file", "task", "method", "seeds"}) earlier.AddColumn(column, false);
  earlier.AddColumn("env steps", true);
  earlier.AddColumn("last evaluation, seed by seed", true);
  earlier.AddColumn("commit", false);
  for (const Result& result : ReadResults(folder)) {
    if (result.record.contains("campaign")) {
      page.markdown += Section(result, image_folder, options, &page);
    } else {
      AddEarlier(result, &earlier);
    }
  }
  if (!earlier.rows.empty()) {
    page.markdown +=
        "## Before there were campaigns\n\n"
        "Single runs and small sets; what was fixed beforehand of them, and what was stopped or "
        "begun anew, is told in\n"
        "[experiments/results/README.md](../experiments/results/README.md).\n\n" +
        Grid(earlier);
  }
  return page;
}

}  // namespace curl_rl::comparison
