// Looks at the ends of a run's files.
#include "experiments/sweep/run_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "experiments/files/csv.h"

namespace curl_rl::experiments {
namespace {

// A log can be long and is looked at several times a second: only its end is read.
constexpr std::int64_t kTail = 16384;

std::vector<std::string> TailLines(const std::string& log, std::int64_t offset) {
  std::vector<std::string> lines;
  std::ifstream file(log, std::ios::binary);
  if (!file) return lines;
  file.seekg(std::max(offset, FileSize(log) - kTail));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The header and the rows in the tail of a file that may be being written: whole lines only. Throws
// InputError if it is no table, or not there.
CsvTable NewestRows(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::getline(file, text);
  const bool whole = file.good();
  const std::int64_t header_end = whole ? static_cast<std::int64_t>(file.tellg()) : 0;
  if (!whole) text.clear();
  const std::int64_t begin = std::max(header_end, FileSize(path) - kTail);
  file.seekg(begin);
  std::string rows((std::istreambuf_iterator<char>(file)), {});
  rows.erase(rows.rfind('\n') + 1);  // npos + 1 is 0
  if (begin > header_end) rows.erase(0, rows.find('\n') + 1);
  return ParseCsv(text + "\n" + rows, path);
}

}  // namespace

std::int64_t FileSize(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

std::optional<double> NewestEvaluation(const std::string& run_dir) {
  try {
    const CsvTable table = NewestRows(run_dir + "/eval.csv");
    const int env_step = table.Require("env_step");
    const int episode_return = table.Require("episode_return");
    double sum = 0.0;
    int episodes = 0;
    for (auto row = table.rows.rbegin(); row != table.rows.rend(); ++row) {
      if (table.Integer(*row, env_step) != table.Integer(table.rows.back(), env_step)) break;
      sum += table.Number(*row, episode_return);
      ++episodes;
    }
    if (episodes == 0) return std::nullopt;
    return sum / episodes;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

std::optional<TrainProgress> NewestProgress(const std::string& run_dir) {
  try {
    const CsvTable table = NewestRows(run_dir + "/train.csv");
    if (table.rows.empty()) return std::nullopt;
    const auto& row = table.rows.back();
    TrainProgress progress;
    progress.env_step = table.Integer(row, table.Require("env_step"));
    const int speed = table.Find("env_steps_per_s");
    if (speed >= 0) progress.env_steps_per_second = table.Number(row, speed);
    return progress;
  } catch (const InputError&) {
    return std::nullopt;
  }
}

std::vector<std::string> LastLines(const std::string& log, std::int64_t offset, std::size_t count) {
  std::vector<std::string> last;
  for (const std::string& line : TailLines(log, offset)) {
    if (!line.empty()) last.push_back(line);
  }
  if (last.size() > count)
    last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(count));
  return last;
}

}  // namespace curl_rl::experiments
