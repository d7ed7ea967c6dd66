// Shows a sweep while it goes on: a table that is redrawn on a terminal, lines of events elsewhere.
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "experiments/sweep/table.h"

namespace curl_rl::experiments {

class SweepDisplay {
 public:
  /// `terminal`: redraw a table in place; else print events, and a summary each minute.
  SweepDisplay(std::ostream& out, bool terminal, int jobs);

  /// Something that the table shows too: a line where there is none.
  void Event(const std::string& line);

  /// Something that must be read: a line that stays, above the table.
  void Notice(const std::string& line, const std::vector<SweepRow>& rows);

  /// May be called often: draws when it is time, or `now`.
  void Show(const std::vector<SweepRow>& rows, bool now = false);

 private:
  using Clock = std::chrono::steady_clock;
  std::string Erasing();
  std::string Drawing(const std::vector<SweepRow>& rows);

  std::ostream& out_;
  bool terminal_;
  int jobs_;
  Clock::time_point shown_at_;
  std::size_t drawn_lines_ = 0;
};

}  // namespace curl_rl::experiments
