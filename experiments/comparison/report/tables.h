// The tables of a comparison, and the numbers behind its figures.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/input/published.h"
#include "experiments/comparison/statistics/analysis.h"
#include "experiments/reports/table.h"

namespace curl_rl::comparison {

using reports::Table;

/// "[n]" for a source: its place among `citations`, to which it is added if it is new.
std::string Reference(const std::string& citation, std::vector<std::string>* citations);

Table ScoreTable(const Analysis& analysis);
Table AggregateTable(const Analysis& analysis);
Table AreaTable(const Analysis& analysis);
Table ThresholdTable(const Analysis& analysis);  // env steps, and hours where known
Table PairTable(const Analysis& analysis, const Options& options);

/// Ours and the published scores at the steps of `--at`. `citations` gets what the [n] stand for.
Table PublishedTable(const Analysis& analysis, const Options& options,
                     const std::vector<PublishedScore>& published,
                     std::vector<std::string>* citations);

/// The numbers behind the figures, exact.
Table CurveData(const Analysis& analysis);
Table ProfileData(const Analysis& analysis);
Table PassageData(const Analysis& analysis);

}  // namespace curl_rl::comparison
