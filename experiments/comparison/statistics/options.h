// What a comparison is asked for, plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "experiments/comparison/statistics/aggregates.h"
#include "experiments/comparison/statistics/bootstrap.h"
#include "experiments/comparison/statistics/curves.h"

namespace curl_rl::comparison {

struct Options {
  std::vector<std::string> inputs;  // run directories, folders of them, results CSVs
  std::vector<std::string> tasks;   // empty: all
  std::string method_from;          // empty: `method` and what differs
  std::vector<std::int64_t> at = {100000, 500000};  // env steps of the score tables
  std::vector<double> thresholds = {500};           // raw scores, for steps to a threshold
  int hold = 2;             // evaluations on end that a threshold must be held
  double max_score = 1000;  // normalised score = score / max_score
  IqmKind iqm = IqmKind::kRliable;
  Center center = Center::kMean;  // of learning curves
  int smooth = 1;                 // evaluations averaged in plotted curves; 1: none
  bool published = false;
  BootstrapOptions bootstrap;    // of numbers
  int curve_replicates = 2000;   // of curves and profiles; rliable's choice
  std::size_t most_paired = 40;  // methods of a task that are compared in pairs, the highest ones
  std::string output = "comparison";

  /// `bootstrap` with as many replicates as curves take.
  BootstrapOptions curve_bootstrap() const;
};

}  // namespace curl_rl::comparison
