// Tells formats apart by their first lines and turns each into evaluations.
#include "experiments/comparison/input/other_logs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::comparison {
namespace {

// In the words of CSV headers; the order is that of FormatOfLog.
constexpr char kTensorBoard[] = "TensorBoard's scalars";
constexpr char kWandb[] = "a panel of W&B";
constexpr char kMonitor[] = "Stable-Baselines3's monitor";
constexpr char kDrqv2[] = "drqv2's eval.csv";
constexpr char kJsonLines[] = "lines of JSON";

std::int64_t WholePart(const std::string& text, const char* what, const std::string& word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 0) return value;
  throw InputError(word + ": " + what + " is '" + text +
                   "', allowed: a whole number (TASK:METHOD:SEED=FILE or "
                   "TASK:METHOD:SEED:xREPEAT=FILE)");
}

// A monitor's first line is a comment of JSON.
std::string WithoutComment(const std::string& bytes) {
  return bytes.rfind("#{", 0) == 0 ? bytes.substr(std::min(bytes.size(), bytes.find('\n'))) : bytes;
}

std::string WithoutLeadingLines(const std::string& bytes) {
  const std::string text = WithoutComment(bytes);
  return text.substr(std::min(text.size(), text.find_first_not_of("\r\n")));
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// One curve of a log.
struct LoggedCurve {
  std::vector<Evaluation> evaluations;

  void Add(const std::string& where, double step, double score, double wall_time_s) {
    if (!std::isfinite(step) || step < 0 || step > 9e15) {
      throw InputError(where + ": the step is no whole number from 0");
    }
    const auto env_step = static_cast<std::int64_t>(std::llround(step));
    if (!evaluations.empty() && env_step < evaluations.back().env_step) {
      throw InputError(where + ": step " + std::to_string(env_step) + " comes after " +
                       std::to_string(evaluations.back().env_step) +
                       "; a curve that stands twice in a file would count twice");
    }
    if (!evaluations.empty() && env_step == evaluations.back().env_step) {  // another episode
      Evaluation& last = evaluations.back();
      last.score = (last.score * last.episodes + score) / (last.episodes + 1);
      ++last.episodes;
      return;
    }
    evaluations.push_back({env_step, score, 1, wall_time_s});
  }
};

constexpr double kNoTime = std::numeric_limits<double>::quiet_NaN();

std::vector<LoggedCurve> ReadTable(const std::string& bytes, const LabelledLog& log,
                                   const std::string& format) {
  const std::string text = WithoutLeadingLines(bytes);
  CsvTable table = experiments::ParseCsv(text, log.path);
  const auto read = bytes.end() - static_cast<std::ptrdiff_t>(text.size());
  const auto skipped = static_cast<std::size_t>(std::count(bytes.begin(), read, '\n'));
  for (CsvRecord& row : table.rows) row.line += skipped;  // lines of the file, for messages
  const auto repeat = static_cast<double>(log.repeat);
  std::vector<LoggedCurve> curves;
  if (format == kWandb) {
    const int step = table.Require("Step");
    for (int c = 0; c < static_cast<int>(table.columns.size()); ++c) {
      const std::string& name = table.columns[static_cast<std::size_t>(c)];
      if (c == step || EndsWith(name, "__MIN") || EndsWith(name, "__MAX")) continue;
      LoggedCurve& curve = curves.emplace_back();
      for (const CsvRecord& row : table.rows) {
        if (row.fields[static_cast<std::size_t>(c)].empty()) continue;  // another run's step
        curve.Add(table.Where(row), repeat * table.Number(row, step), table.Number(row, c),
                  kNoTime);
      }
    }
    return curves;
  }
  LoggedCurve& curve = curves.emplace_back();
  if (format == kTensorBoard) {
    const int time = table.Require("Wall time"), step = table.Require("Step");
    const int value = table.Require("Value");
    for (const CsvRecord& row : table.rows) {
      curve.Add(table.Where(row), repeat * table.Number(row, step), table.Number(row, value),
                table.Number(row, time) - table.Number(table.rows.front(), time));
    }
  } else if (format == kMonitor) {
    const int reward = table.Require("r"), length = table.Require("l"), time = table.Require("t");
    double steps = 0;
    for (const CsvRecord& row : table.rows) {
      steps += table.Number(row, length);
      curve.Add(table.Where(row), repeat * steps, table.Number(row, reward),
                table.Number(row, time));
    }
  } else {
    const int frame = table.Require("frame"), reward = table.Require("episode_reward");
    const int time = table.Find("total_time");
    for (const CsvRecord& row : table.rows) {
      curve.Add(table.Where(row), repeat * table.Number(row, frame), table.Number(row, reward),
                time < 0 ? kNoTime : table.Number(row, time));
    }
  }
  return curves;
}

std::vector<LoggedCurve> ReadJsonLines(const std::string& bytes, const LabelledLog& log) {
  LoggedCurve curve;
  std::istringstream stream(bytes);
  std::string line;
  for (std::int64_t number = 1; std::getline(stream, line); ++number) {
    if (line.find_first_not_of(" \r") == std::string::npos) continue;
    const std::string where = log.path + ":" + std::to_string(number);
    const auto json = experiments::ParseJson(line);
    const auto value = [&](const char* key) {
      const auto found = json.is_object() ? json.find(key) : json.end();
      if (!json.is_object() || found == json.end() || !found->is_number() ||
          !std::isfinite(found->get<double>())) {
        throw InputError(where + ": no JSON object with a number '" + key + "'");
      }
      return found->get<double>();
    };
    curve.Add(where, static_cast<double>(log.repeat) * value("step"), value("mean_episode_reward"),
              kNoTime);
  }
  return {curve};
}

}  // namespace

std::optional<LabelledLog> ParseLabelledLog(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) return std::nullopt;
  std::vector<std::string> parts;
  std::istringstream stream(word.substr(0, equals));
  for (std::string part; std::getline(stream, part, ':');) parts.push_back(part);
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  LabelledLog log{parts[0], parts[1], WholePart(parts[2], "SEED", word), 1,
                  word.substr(equals + 1)};
  if (parts.size() == 4) {
    const bool x = !parts[3].empty() && parts[3].front() == 'x';
    log.repeat = WholePart(x ? parts[3].substr(1) : parts[3] + "?", "REPEAT", word);
    if (log.repeat < 1 || log.repeat > 1000) throw InputError(word + ": REPEAT must be 1 to 1000");
  }
  for (const auto* name : {&log.task, &log.method}) {
    if (name->empty()) throw InputError(word + ": TASK or METHOD is empty");
    CheckName(*name, name == &log.task ? "task" : "method", word);
  }
  return log;
}

std::string FormatOfLog(const std::string& bytes) {
  const std::string text = WithoutLeadingLines(bytes);
  if (text.rfind('{', 0) == 0) return kJsonLines;
  const std::string head = text.substr(0, std::min(text.size(), text.find_first_of("\r\n")));
  std::string plain;
  std::copy_if(head.begin(), head.end(), std::back_inserter(plain),
               [](char c) { return c != '"'; });
  if (plain == "Wall time,Step,Value") return kTensorBoard;
  if (plain.rfind("Step,", 0) == 0) return kWandb;
  if (plain.rfind("r,l,t", 0) == 0) return kMonitor;
  const std::string columns = "," + plain + ",";
  if (columns.find(",frame,") != std::string::npos &&
      columns.find(",episode_reward,") != std::string::npos) {
    return kDrqv2;
  }
  return "";
}

void LoadOtherLog(const LabelledLog& log, LoadedRuns* loaded) {
  ParseOtherLog(ReadInputFile(log.path), log, loaded);
}

void ParseOtherLog(const std::string& bytes, const LabelledLog& log, LoadedRuns* loaded) {
  const std::string format = FormatOfLog(bytes);
  if (format.empty()) {
    throw InputError(log.path +
                     ": no log that this program knows: CSV of TensorBoard, W&B, drqv2 or "
                     "Stable-Baselines3's monitor, or lines of JSON with step and "
                     "mean_episode_reward; docs/comparison.md tells how others are converted");
  }
  loaded->inputs.push_back({log.path, experiments::Crc32(bytes)});
  const auto curves =
      format == kJsonLines ? ReadJsonLines(bytes, log) : ReadTable(bytes, log, format);
  std::int64_t seed = log.seed;
  for (const LoggedCurve& curve : curves) {
    if (curve.evaluations.empty()) throw InputError(log.path + ": a curve without a value");
    Run run;
    run.task = log.task;
    run.method = log.method;
    run.seed = seed++;
    run.evaluations = curve.evaluations;
    run.source = log.path;
    loaded->runs.push_back(std::move(run));
  }
  if (curves.empty()) throw InputError(log.path + ": no column of a run");
}

}  // namespace curl_rl::comparison
