// Scores that others published, to be shown beside ours.
#pragma once

#include <string>
#include <vector>

#include "experiments/files/csv.h"

namespace curl_rl::comparison {

using experiments::CsvRecord, experiments::CsvTable;

struct PublishedScore {
  std::string method;
  std::string task;
  double env_steps = 0;
  double mean = 0;
  double std = 0;        // NaN: not stated
  std::string seeds;     // a number, or "not stated"
  std::string kind;      // paper | curves | rerun | quoted
  std::string protocol;  // how it differs from the CURL paper's; empty: not known to differ
  std::string citation;
};

/// The rows of experiments/published/published_scores.csv, built into the program.
std::vector<PublishedScore> PublishedScores();

/// The same from a table. Throws InputError for an unknown kind: a score that nobody could confirm
/// must not be shown as fact.
std::vector<PublishedScore> ReadPublishedScores(const CsvTable& table);

/// The text of the data file (generated at build time).
extern const char* const kPublishedScoresCsv;

}  // namespace curl_rl::comparison
