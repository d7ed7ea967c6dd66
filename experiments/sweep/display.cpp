#include "experiments/sweep/display.h"

#include <sys/ioctl.h>
#include <unistd.h>

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
  if (terminal_) Erase();
  out_ << line << "\n";
  if (terminal_) Draw(rows);
  out_ << std::flush;
}

void SweepDisplay::Show(const std::vector<SweepRow>& rows, bool now) {
  const auto interval = terminal_ ? Clock::duration(kRedraw) : Clock::duration(kSummary);
  if (!now && Clock::now() - shown_at_ < interval) return;
  shown_at_ = Clock::now();
  if (terminal_) {
    Erase();
    Draw(rows);
  } else {
    out_ << SummaryLine(rows, jobs_) << "\n";
  }
  out_ << std::flush;
}

// Back to the first line drawn, and everything from there on cleared.
void SweepDisplay::Erase() {
  if (drawn_lines_ > 0) out_ << "\x1b[" << drawn_lines_ << "A\r\x1b[J";
  drawn_lines_ = 0;
}

void SweepDisplay::Draw(const std::vector<SweepRow>& rows) {
  std::size_t height = 24;
  std::size_t width = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    height = size.ws_row;
    width = size.ws_col;
  }
  // One line less than there are: a table as high as the window would scroll with each redraw.
  const auto lines = TableLines(rows, jobs_, height - 1, width);
  for (const std::string& line : lines) out_ << line << "\n";
  drawn_lines_ = lines.size();
}

}  // namespace curl_rl::experiments
