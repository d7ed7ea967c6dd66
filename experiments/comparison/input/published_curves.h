// Learning curves that others published, to be drawn beside ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/curves.h"
#include "experiments/files/csv.h"

namespace curl_rl::comparison {

/// The runs of one method on one task, from pixels.
struct PublishedCurve {
  std::string task;
  std::string method;              // "DrQ-v2"
  std::int64_t action_repeat = 0;  // of its runs
  bool training_episodes = false;  // returns of training episodes: not of evaluations
  std::string citation;
  std::vector<Series> runs;  // by seed: episode returns over env steps
};

/// The action repeat that the CURL paper (Table 3) has on a task; nothing for tasks it has not.
std::optional<std::int64_t> PaperActionRepeat(const std::string& task);

/// What experiments/published/published_curves.csv has of `tasks`, by task in their order, then by
/// method in the order of published_curve_sources.csv. Both are built into the program.
std::vector<PublishedCurve> PublishedCurves(const std::vector<std::string>& tasks);

/// The same from tables. Throws InputError for a method without a source, an unknown protocol, two
/// protocols of one method on one task, or a run whose steps do not rise.
std::vector<PublishedCurve> ReadPublishedCurves(const experiments::CsvTable& curves,
                                                const experiments::CsvTable& sources,
                                                const std::vector<std::string>& tasks);

/// The texts of the data files (generated at build time).
extern const char* const kPublishedCurvesCsv;
extern const char* const kPublishedCurveSourcesCsv;

}  // namespace curl_rl::comparison
