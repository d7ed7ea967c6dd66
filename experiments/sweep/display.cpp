// Redraws the table, or writes events line by line.
#include "experiments/sweep/display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

namespace curl_rl::experiments {
namespace {

constexpr std::chrono::milliseconds kRedraw(500);
constexpr std::chrono::seconds kSummary(60);

}  // namespace

SweepDisplay::SweepDisplay(std::ostream& out, bool terminal, int jobs)
    : out_(out), terminal_(terminal), jobs_(jobs), shown_at_(Clock::now()) {}

void SweepDisplay::Event(const std::string& line) {
  if (!terminal_) out_ << line << std::endl;
}

void SweepDisplay::Notice(const std::string& line, const std::vector<SweepRow>& rows) {
  if (terminal_) {
    const std::string erasing = Erasing();
    out_ << erasing + line + "\n" + Drawing(rows);
  } else {
    out_ << line << "\n";
  }
  out_ << std::flush;
}

void SweepDisplay::Show(const std::vector<SweepRow>& rows, bool now) {
  const auto interval = terminal_ ? Clock::duration(kRedraw) : Clock::duration(kSummary);
  if (!now && Clock::now() - shown_at_ < interval) return;
  shown_at_ = Clock::now();
  if (terminal_) {
    const std::string erasing = Erasing();
    out_ << erasing + Drawing(rows);  // one piece: a table that is written line by line flickers
  } else {
    out_ << SummaryLine(rows, jobs_) << "\n";
  }
  out_ << std::flush;
}

// Back to the first line drawn, and everything from there on cleared.
std::string SweepDisplay::Erasing() {
  if (drawn_lines_ == 0) return "";
  return "\x1b[" + std::to_string(std::exchange(drawn_lines_, 0)) + "A\r\x1b[J";
}

std::string SweepDisplay::Drawing(const std::vector<SweepRow>& rows) {
  std::size_t height = 24;
  std::size_t width = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    height = size.ws_row;
    width = size.ws_col;
  }
  // One line less than there are: a table as high as the window would scroll with each redraw.
  const auto lines = TableLines(rows, jobs_, height - 1, width);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  drawn_lines_ = lines.size();
  return text;
}

}  // namespace curl_rl::experiments
