// A probe's tables, JSON and page.
#include "experiments/probe/report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "experiments/comparison/statistics/format.h"
#include "experiments/machine/version.h"
#include "experiments/reports/folder.h"
#include "experiments/reports/svg.h"

namespace curl_rl::probe {
namespace {

using comparison::Estimate, comparison::WithInterval;
using Json = nlohmann::ordered_json;
using reports::Exact, reports::Fixed, reports::Table;

Table MakeTable(const std::string& name, const std::string& title, const std::string& note,
                const std::vector<std::string>& texts, const std::vector<std::string>& numbers) {
  Table table;
  table.name = name;
  table.title = title;
  table.note = note;
  for (const auto& column : texts) table.AddColumn(column, false);
  for (const auto& column : numbers) table.AddColumn(column, true);
  return table;
}

// JSON has no NaN.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json ToJson(const EntryScore& score) {
  return {{"r2", Number(score.all.value)},     {"r2_low", Number(score.all.low)},
          {"r2_high", Number(score.all.high)}, {"r2_policy", Number(score.policy)},
          {"r2_random", Number(score.random)}, {"strength", Number(score.strength)}};
}

Json ToJson(const RepresentationResult& one) {
  Json entries = Json::object();
  for (const auto& entry : one.regression.entries) entries[entry.name] = ToJson(entry);
  Json mean = ToJson(one.regression.mean);
  mean.erase("strength");
  return {{"how", one.how},
          {"dimensions", one.dimensions},
          {"mean", mean},
          {"entries", entries},
          {"alignment", Number(one.alignment)},
          {"uniformity", Number(one.uniformity)},
          {"contrastive_accuracy", Number(one.contrastive_accuracy)},
          {"participation_ratio", Number(one.participation_ratio)},
          {"effective_rank", Number(one.effective_rank)},
          {"neighbour_distance", Number(one.neighbour_distance)}};
}

// What was asked for, and of what.
Json Request(const ProbeResult& result, const ProbeOptions& options) {
  return {{"program", kProbeProgram},
          {"version", experiments::kVersion},
          {"git_commit", experiments::kGitCommit},
          {"task", result.task},
          {"method", result.method},
          {"run_seed", result.run_seed},
          {"env_step", result.env_step},
          {"seed", options.play.seed},
          {"episodes", options.play.episodes},
          {"most_frames", options.play.frames},
          {"target", options.play.target == Target::kState ? "state" : "physics"},
          {"pairs", options.pairs},
          {"neighbours", options.neighbours},
          {"bootstrap", options.replicates}};
}

// Two digits: strengths are half decades.
std::string Short(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

std::string Percent(double share) { return Fixed(100 * share, 0) + " %"; }

double Mean(const std::vector<double>& values, std::int64_t begin, std::int64_t end) {
  double sum = 0.0;
  for (std::int64_t i = begin; i < end; ++i) sum += values[static_cast<std::size_t>(i)];
  return sum / static_cast<double>(end - begin);
}

std::string Details(const ProbeResult& result) {
  const Frames& frames = result.frames;
  return result.task + ", " + result.method + ", seed " + std::to_string(result.run_seed) +
         ", checkpoint of env step " + std::to_string(result.env_step) + ". " +
         std::to_string(frames.size()) + " frames of " + std::to_string(frames.episodes()) +
         " episodes that the run never saw, half by its policy (mean return " +
         Fixed(Mean(frames.returns, 0, frames.policy_episodes), 1) +
         "), half with random actions (" +
         Fixed(Mean(frames.returns, frames.policy_episodes, frames.episodes()), 1) + "); " +
         std::to_string(result.split.fit_episodes) + " episodes fit, " +
         std::to_string(result.split.test_episodes) + " judge.";
}

}  // namespace

std::string Headline(const ProbeResult& result) {
  const auto mean = [&](std::size_t i) { return result.representations[i].regression.mean.all; };
  if (std::isnan(mean(0).value)) return "No entry of the state varies: there is nothing to tell.";
  const auto told = [](const Estimate& r2) {
    return r2.value < 0 ? "less than its mean (R² " + Fixed(r2.value, 2) + ")" : Percent(r2.value);
  };
  const bool apart = mean(0).low > mean(1).high || mean(0).high < mean(1).low;
  return "Of the state's variance a linear reading of the encoder tells " + told(mean(0)) +
         "; of the untrained encoder " + told(mean(1)) + "; of as many pixel components " +
         told(mean(2)) + "." +
         (apart ? "" : " The intervals of encoder and untrained encoder overlap.");
}

Table MeasureTable(const ProbeResult& result) {
  Table table = MakeTable(
      "measures", "Three representations of the same frames",
      "Mean R²: over the entries of the state, with its 95 % interval. Alignment (0: alike) and "
      "uniformity (lower: more spread): of two random windows of a frame, unit features (Wang and "
      "Isola 2020). Accuracy: share of windows whose other window is nearest. Effective rank (Roy "
      "and Vetterli 2007): directions in use; participation ratio: the same by variances. State "
      "distance: of the nearest neighbours in other episodes, 1 as random frames.",
      {"representation"},
      {"size", "mean R²", "policy", "random", "alignment", "uniformity", "accuracy", "eff. rank",
       "part. ratio", "state dist."});
  for (const auto& one : result.representations) {
    const auto& mean = one.regression.mean;
    table.rows.push_back({one.name, std::to_string(one.dimensions), WithInterval(mean.all, 2),
                          Fixed(mean.policy, 2), Fixed(mean.random, 2), Fixed(one.alignment, 3),
                          Fixed(one.uniformity, 2), Fixed(one.contrastive_accuracy, 2),
                          Fixed(one.effective_rank, 1), Fixed(one.participation_ratio, 1),
                          Fixed(one.neighbour_distance, 2)});
  }
  return table;
}

Table RegressionTable(const ProbeResult& result) {
  Table table =
      MakeTable("r2", "R² of each entry",
                "All: over the test frames of both kinds, with its 95 % interval. Policy, "
                "random: the same fit judged on one kind, whose own variance is then the "
                "measure. Strength: of the ridge, by cross-validation.",
                {"entry", "representation"}, {"all", "policy", "random", "strength"});
  const auto& first = result.representations.front().regression;
  for (std::size_t i = 0; i <= first.entries.size(); ++i) {
    for (const auto& one : result.representations) {
      const bool mean = i == first.entries.size();
      const EntryScore& score = mean ? one.regression.mean : one.regression.entries[i];
      table.rows.push_back({score.name, one.name, WithInterval(score.all, 2),
                            Fixed(score.policy, 2), Fixed(score.random, 2),
                            mean ? "" : Short(score.strength)});
    }
  }
  return table;
}

Table MapData(const ProbeResult& result) {
  Table table = MakeTable("map", "Map", "", {"representation", "kind"},
                          {"episode", "decision", "reward", "first", "second"});
  const Frames& frames = result.frames;
  for (const auto& one : result.representations) {
    for (std::int64_t i = 0; i < frames.size(); ++i) {
      table.rows.push_back({one.name, frames.random[i].item<bool>() ? "random" : "policy",
                            std::to_string(frames.episode[i].item<std::int64_t>() + 1),
                            std::to_string(frames.step[i].item<std::int64_t>()),
                            Exact(frames.rewards[i].item<double>()),
                            Exact(one.map[i][0].item<double>()),
                            Exact(one.map[i][1].item<double>())});
    }
  }
  return table;
}

Table NeighbourData(const ProbeResult& result) {
  Table table = MakeTable("neighbours", "Neighbours", "", {},
                          {"episode", "decision", "place", "neighbour_episode",
                           "neighbour_decision", "state_distance"});
  const Frames& frames = result.frames;
  const auto whole = [](const torch::Tensor& value) { return value.item<std::int64_t>(); };
  const auto& found = result.neighbours;
  for (std::int64_t q = 0; q < found.query.size(0); ++q) {
    for (std::int64_t k = 0; k < found.nearest.size(1); ++k) {
      const auto from = whole(found.query[q]), to = whole(found.nearest[q][k]);
      table.rows.push_back({std::to_string(whole(frames.episode[from]) + 1),
                            std::to_string(whole(frames.step[from])), std::to_string(k + 1),
                            std::to_string(whole(frames.episode[to]) + 1),
                            std::to_string(whole(frames.step[to])),
                            Exact(found.state_distance[q][k].item<double>())});
    }
  }
  return table;
}

std::string ToJson(const ProbeResult& result, const ProbeOptions& options) {
  Json root = Request(result, options);
  root["frames"] = result.frames.size();
  root["fit_episodes"] = result.split.fit_episodes;
  root["test_episodes"] = result.split.test_episodes;
  root["returns"] = result.frames.returns;
  for (const auto& one : result.representations) {
    root["representations"][one.name] = ToJson(one);
  }
  root["warnings"] = result.warnings;
  return root.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> WriteProbe(const ProbeResult& result, const ProbeOptions& options,
                                    const std::string& path) {
  reports::Folder folder;
  folder.program = kProbeProgram;
  folder.noun = "probe";
  folder.figures = {RegressionFigure(result), NeighbourFigure(result), MapFigure(result)};
  folder.tables = {MeasureTable(result), RegressionTable(result)};
  folder.data = {MapData(result), NeighbourData(result)};
  folder.files["probe.json"] = ToJson(result, options);
  folder.page_name = "probe.html";
  folder.warnings = result.warnings;
  folder.manifest =
      Request(result, options).dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  folder.page = [&](const std::vector<std::string>& warnings) {
    std::string html = "<section class=\"answer\">\n<p class=\"top\">" +
                       reports::XmlEscaped(Headline(result)) + "</p>\n<p class=\"num\">" +
                       reports::XmlEscaped(Details(result)) + "</p>\n</section>\n";
    html += reports::WarningsHtml(warnings);
    html += reports::TableHtml(folder.tables[0]);
    html += "<ul class=\"note\">\n";
    for (const auto& one : result.representations) {
      html += "<li>" + reports::XmlEscaped(one.name + ": " + one.how) + "</li>\n";
    }
    html += "</ul>\n" + reports::FigureHtml(folder.figures[0]) +
            reports::FoldedTableHtml(folder.tables[1]);
    html += reports::FigureHtml(folder.figures[1]) + reports::FigureHtml(folder.figures[2]);
    html += "<h2>How this was computed</h2>\n" +
            reports::FoldedTextHtml("What was asked for, and by which program", folder.manifest);
    return reports::PageHtml("curl_rl probe", html);
  };
  return reports::WriteFolder(folder, path);
}

}  // namespace curl_rl::probe
