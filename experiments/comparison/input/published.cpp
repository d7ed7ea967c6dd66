// Parses the published scores, which are built into the program.
#include "experiments/comparison/input/published.h"

#include <limits>
#include <set>

#include "experiments/comparison/statistics/run.h"

namespace curl_rl::comparison {

std::vector<PublishedScore> ReadPublishedScores(const CsvTable& table) {
  static const std::set<std::string> kKinds = {"paper", "curves", "rerun", "quoted"};
  const auto text = [&](const CsvRecord& row, const char* column) -> const std::string& {
    return row.fields[static_cast<std::size_t>(table.Require(column))];
  };
  std::vector<PublishedScore> scores;
  for (const CsvRecord& row : table.rows) {
    PublishedScore score;
    score.method = text(row, "method");
    score.task = text(row, "task");
    score.env_steps = table.Number(row, table.Require("env_steps"));
    score.mean = table.Number(row, table.Require("mean"));
    score.std = text(row, "std").empty() ? std::numeric_limits<double>::quiet_NaN()
                                         : table.Number(row, table.Require("std"));
    score.seeds = text(row, "seeds");
    score.kind = text(row, "kind");
    score.protocol = text(row, "protocol");
    score.citation = table.Text(row, table.Require("citation"));
    if (kKinds.count(score.kind) == 0) {
      throw InputError(table.Where(row) + ": kind is '" + score.kind +
                       "'; allowed: paper, curves, rerun, quoted");
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

std::vector<PublishedScore> PublishedScores() {
  return ReadPublishedScores(experiments::ParseCsv(kPublishedScoresCsv, "published_scores.csv"));
}

}  // namespace curl_rl::comparison
