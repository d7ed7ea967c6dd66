// Reads the ends of logs and tables only.
#include "experiments/sweep/run_log.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

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

}  // namespace

std::int64_t FileSize(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

std::optional<double> NewestEvaluation(const std::string& run_dir) {
  long long newest = -1;
  double sum = 0.0;
  int episodes = 0;
  const auto lines = TailLines(run_dir + "/eval.csv", 0);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    long long env_step = 0;
    double episode_return = 0.0;
    if (std::sscanf(line->c_str(), "%lld,%*d,%lf", &env_step, &episode_return) != 2) break;
    if (newest >= 0 && env_step != newest) break;
    newest = env_step;
    sum += episode_return;
    ++episodes;
  }
  if (episodes == 0) return std::nullopt;
  return sum / episodes;
}

std::optional<std::int64_t> NewestTrainStep(const std::string& run_dir) {
  const auto lines = TailLines(run_dir + "/train.csv", 0);
  long long env_step = 0;
  if (lines.empty() || std::sscanf(lines.back().c_str(), "%lld,", &env_step) != 1) {
    return std::nullopt;
  }
  return env_step;
}

std::optional<ProgressState> NewestProgress(const std::string& log, std::int64_t offset) {
  const auto lines = TailLines(log, offset);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (const auto progress = ParseProgress(*line)) return progress;
  }
  return std::nullopt;
}

std::vector<std::string> LastLines(const std::string& log, std::int64_t offset, std::size_t count) {
  std::vector<std::string> last;
  for (const std::string& line : TailLines(log, offset)) {
    if (!line.empty() && !ParseProgress(line)) last.push_back(line);
  }
  if (last.size() > count)
    last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(count));
  return last;
}

}  // namespace curl_rl::experiments
