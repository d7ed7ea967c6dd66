// Published curves, computed as ours are, and whether their protocol is ours.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/input/published_curves.h"
#include "experiments/comparison/statistics/analysis.h"
#include "experiments/reports/table.h"

namespace curl_rl::comparison {

struct ComparedCurve {
  std::string task;
  std::string method;
  std::string protocol;        // in words: "action repeat 2, training episodes"
  bool same_protocol = false;  // as every run of ours on the task
  std::size_t seeds = 0;
  std::string citation;
  Curve curve;  // as far as ours reach, or to the first step of --at
};

/// The protocol of a published curve is ours where every run of the task has its action repeat and
/// sees pixels, and it is of evaluations. A run that does not record its action repeat (a results
/// CSV) is taken to have the CURL paper's; `warnings` then gets a sentence that says so.
std::vector<ComparedCurve> ComparePublished(const Dataset& dataset, const Options& options,
                                            const std::vector<PublishedCurve>& published,
                                            std::vector<std::string>* warnings);

/// Which curves are drawn, from where, by which protocol. `citations` gets what the [n] stand for.
reports::Table PublishedCurveTable(const std::vector<ComparedCurve>& curves,
                                   std::vector<std::string>* citations);

/// The numbers behind the figure, exact.
reports::Table PublishedCurveData(const std::vector<ComparedCurve>& curves);

}  // namespace curl_rl::comparison
