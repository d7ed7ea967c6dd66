// The tables of a comparison: one text grid each, written as CSV, Markdown and HTML.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/input/published.h"
#include "experiments/comparison/statistics/analysis.h"

namespace curl_rl::comparison {

struct Table {
  std::string name;  // of the file, without its ending
  std::string title;
  std::string note;  // what the numbers are
  std::vector<std::string> columns;
  std::vector<bool> numeric;  // [columns]: aligned right
  std::vector<std::vector<std::string>> rows;

  void AddColumn(const std::string& heading, bool is_numeric);
};

std::string ToCsv(const Table& table);
std::string ToMarkdown(const Table& table);
std::string ToHtml(const Table& table);
std::string ToConsole(const Table& table);

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
