// Chooses the rows and columns that fit a window and draws them as text.
#include "experiments/sweep/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "experiments/run/progress.h"

namespace curl_rl::experiments {
namespace {

constexpr int kBarCells = 12;

const char* Word(RowState state) {
  switch (state) {
    case RowState::kWaiting:
      return "waiting";
    case RowState::kRunning:
      return "running";
    case RowState::kFinished:
      return "finished";
    case RowState::kFailed:
      return "FAILED";
    case RowState::kStopped:
      return "stopped";
  }
  return "";
}

// Characters of UTF-8 text, all of them one column wide here: bytes that continue none.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string Padded(std::string text, std::size_t width, bool right) {
  const std::size_t has = Width(text);
  if (has < width) text.insert(right ? 0 : text.size(), width - has, ' ');
  return text;
}

std::string Cut(const std::string& text, std::size_t width) {
  if (Width(text) <= width) return text;
  std::string cut;
  std::size_t taken = 0;
  for (const char c : text) {
    if ((c & 0xc0) != 0x80 && taken++ + 1 >= width) break;
    cut += c;
  }
  return cut + "…";
}

std::string Number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

double ShareDone(const SweepRow& row) {
  if (row.state == RowState::kFinished) return 1.0;
  return std::min(1.0, static_cast<double>(row.progress.env_step) /
                           static_cast<double>(row.element->config.env_steps));
}

std::string Bar(double share, bool drawn) {
  std::string percent = Number("%3.0f %%", std::floor(100.0 * share));
  if (!drawn) return percent;
  const int full = std::clamp(static_cast<int>(share * kBarCells), 0, kBarCells);
  std::string bar;
  for (int cell = 0; cell < kBarCells; ++cell) bar += cell < full ? "█" : "░";
  return bar + " " + percent;
}

std::vector<std::string> Cells(const SweepRow& row, bool bars) {
  const bool running = row.state == RowState::kRunning;
  const auto& progress = row.progress;
  const double rate = progress.env_steps_per_second;
  std::string left;
  if (running && rate > 0) {
    left = FormatDuration((1.0 - ShareDone(row)) *
                          static_cast<double>(row.element->config.env_steps) / rate);
  }
  return {row.element->config.task,
          row.element->method,
          std::to_string(row.element->config.seed),
          row.before ? "done before" : Word(row.state),
          Bar(ShareDone(row), bars),
          running && rate > 0 ? Number("%.0f/s", rate) : "",
          left,
          std::isnan(row.evaluation) ? "" : Number("%.1f", row.evaluation)};
}

using Grid = std::vector<std::vector<std::string>>;

std::vector<std::size_t> Widths(const Grid& cells) {
  std::vector<std::size_t> widths(cells.front().size());
  for (const auto& row : cells) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], Width(row[c]));
  }
  return widths;
}

std::size_t LineWidth(const std::vector<std::size_t>& widths) {
  std::size_t total = 0;
  for (const std::size_t width : widths) total += 2 + width;
  return total;
}

// A narrow window costs the names first, which are long: numbers must be seen whole.
void Narrow(Grid* cells, std::size_t width) {
  constexpr std::size_t kLeast = 8;
  for (const std::size_t column : {1u, 0u}) {
    const auto widths = Widths(*cells);
    const std::size_t total = LineWidth(widths);
    if (total <= width) return;
    const std::size_t over = total - width;
    const std::size_t has = widths[column];
    const std::size_t keep = has > over + kLeast ? has - over : std::min(has, kLeast);
    for (auto& row : *cells) row[column] = Cut(row[column], keep);
  }
}

// Which rows are shown where not all fit: what happens now and what went wrong first.
std::vector<bool> Chosen(const std::vector<SweepRow>& rows, std::size_t count) {
  std::vector<bool> chosen(rows.size(), rows.size() <= count);
  if (rows.size() <= count) return chosen;
  for (const RowState state : {RowState::kRunning, RowState::kFailed, RowState::kStopped,
                               RowState::kWaiting, RowState::kFinished}) {
    for (std::size_t i = 0; i < rows.size() && count > 0; ++i) {
      if (rows[i].state != state) continue;
      chosen[i] = true;
      --count;
    }
  }
  return chosen;
}

// Env steps to go, of all runs, at the pace of those that were seen from end to end: runs have
// quick and slow parts. Before there is one, at the speed of those that run now; 0: nothing is
// known.
double SecondsLeft(const std::vector<SweepRow>& rows, int jobs) {
  double steps = 0.0;
  double seconds = 0.0;  // of the whole runs
  double whole = 0.0;    // env steps
  double speed = 0.0;
  int with_speed = 0;
  for (const SweepRow& row : rows) {
    const auto budget = static_cast<double>(row.element->config.env_steps);
    if (row.state == RowState::kFinished && row.seconds > 0) {
      seconds += row.seconds;
      whole += budget;
    }
    if (row.state != RowState::kRunning && row.state != RowState::kWaiting) continue;
    steps += (1.0 - ShareDone(row)) * budget;
    if (row.state != RowState::kRunning || !(row.progress.env_steps_per_second > 0)) continue;
    speed += row.progress.env_steps_per_second;
    ++with_speed;
  }
  if (whole > 0) return steps * seconds / whole / jobs;
  if (with_speed == 0) return 0.0;
  // Runs that have just begun tell no speed yet; they will have the mean one.
  return steps / (speed * std::max(1.0, static_cast<double>(jobs) / with_speed));
}

}  // namespace

std::string SummaryLine(const std::vector<SweepRow>& rows, int jobs) {
  std::map<RowState, int> counts;
  for (const SweepRow& row : rows) ++counts[row.state];
  std::string line = std::to_string(rows.size()) + (rows.size() == 1 ? " run: " : " runs: ");
  std::string separator;
  for (const RowState state : {RowState::kFinished, RowState::kRunning, RowState::kWaiting,
                               RowState::kStopped, RowState::kFailed}) {
    if (counts[state] == 0) continue;
    line += separator + std::to_string(counts[state]) + " " + Word(state);
    separator = ", ";
  }
  const int unfinished = counts[RowState::kRunning] + counts[RowState::kWaiting];
  const double left = SecondsLeft(rows, std::min(jobs, std::max(1, unfinished)));
  return left > 0 ? line + "; about " + FormatDuration(left) + " left" : line;
}

std::vector<std::string> TableLines(const std::vector<SweepRow>& rows, int jobs,
                                    std::size_t max_lines, std::size_t width) {
  const std::size_t frame = 3;  // summary, header, and what was left out
  const auto chosen = Chosen(rows, std::max<std::size_t>(max_lines, frame + 1) - frame);

  const auto layout = [&](bool bars) {
    Grid cells = {{"task", "method", "seed", "state", "env steps", "speed", "left", "evaluation"}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (chosen[i]) cells.push_back(Cells(rows[i], bars));
    }
    return cells;
  };
  Grid cells = layout(/*bars=*/true);
  if (LineWidth(Widths(cells)) > width) cells = layout(/*bars=*/false);
  Narrow(&cells, width);
  const auto widths = Widths(cells);

  std::vector<std::string> lines = {Cut(SummaryLine(rows, jobs), width)};
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool right = c == 2 || c >= 5;  // numbers
      line += "  " + Padded(row[c], widths[c], right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(Cut(line, width));
  }
  if (cells.size() <= rows.size()) {
    lines.push_back(
        Cut("  … and " + std::to_string(rows.size() + 1 - cells.size()) + " more", width));
  }
  return lines;
}

}  // namespace curl_rl::experiments
