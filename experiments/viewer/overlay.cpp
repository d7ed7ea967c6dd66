// The play's numbers as lines of text.
#include "experiments/viewer/overlay.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace curl_rl::viewer {
namespace {

__attribute__((format(printf, 1, 2))) std::string Text(const char* format, ...) {
  char text[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string Speed(const PlayState& play) {
  const std::string wanted =
      play.speed >= 1.0 ? Text("%g x", play.speed) : Text("1/%g x", 1.0 / play.speed);
  if (play.paused) return "paused (" + wanted + ")";
  // Told only where it is not what was wanted.
  const bool behind = play.reached_speed > 0.0 && play.reached_speed < 0.95 * play.speed;
  return behind ? wanted + Text(", reached %.2f x", play.reached_speed) : wanted;
}

}  // namespace

TextTable OverlayLines(const PlayState& play, const WindowState& window) {
  TextTable table = {
      {"Task", play.task},
      {"Policy", play.policy},
      {"Seed", Text("%u, episode %lld", play.seed, static_cast<long long>(play.episode))},
      {"Time", Text("%.2f s, step %lld%s", play.time, static_cast<long long>(play.step),
                    play.ended ? ", end" : "")},
      {"Reward", Text("%.3f", play.reward)},
      {"Return", Text("%.1f", play.episode_return)}};
  if (play.opinion) {
    table.emplace_back("Q", Text("%.2f, %.2f", play.opinion->q1, play.opinion->q2));
    table.emplace_back("Entropy", Text("%.2f nats", play.opinion->policy_entropy));
  }
  table.emplace_back("Speed", Speed(play));
  if (!window.camera.empty()) table.emplace_back("Camera", window.camera);
  table.emplace_back("Drawing", Text(window.frames_per_second < 9.95 ? "%.1f frames a second"
                                                                     : "%.0f frames a second",
                                     window.frames_per_second));
  table.emplace_back("Help", "F1");
  if (!window.message.empty()) {
    table.emplace_back("", "");
    table.emplace_back("", window.message);
  }
  return table;
}

TextTable StateLines(const PlayState& play) {
  constexpr std::size_t kNumbersALine = 4;
  TextTable table;
  if (!play.opinion) return table;
  for (const auto& [name, numbers] : play.opinion->state) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i % kNumbersALine == 0) table.emplace_back(i == 0 ? name : "", "");
      table.back().second += Text(i % kNumbersALine == 0 ? "%.2f" : "  %.2f", numbers[i]);
    }
  }
  return table;
}

std::string Title(const PlayState& play) {
  return Text("%s, seed %u, episode %lld, step %lld%s", play.task.c_str(), play.seed,
              static_cast<long long>(play.episode), static_cast<long long>(play.step),
              play.paused ? ", paused" : "");
}

std::string InsetCaption(const PlayState& play) {
  if (play.opinion && !play.opinion->frames.empty()) {
    const auto& newest = play.opinion->frames.back();
    const auto count = play.opinion->frames.size();
    return Text("The agent sees %dx%d", newest.width, newest.height) +
           (count > 1 ? Text(", %zu frames", count) : "");
  }
  if (play.frame) return Text("Frame of %dx%d", play.frame->width, play.frame->height);
  return "";
}

int FontScale(double content_scale) {
  // MuJoCo has fonts for 100, 150, ... 300 %; its 100 % is small for 96 dots an inch.
  constexpr int kScales[] = {mjFONTSCALE_100, mjFONTSCALE_150, mjFONTSCALE_200, mjFONTSCALE_250,
                             mjFONTSCALE_300};
  const double wanted = 100.0 * content_scale;
  return *std::min_element(std::begin(kScales), std::end(kScales), [wanted](int a, int b) {
    return std::abs(a - wanted) < std::abs(b - wanted);
  });
}

}  // namespace curl_rl::viewer
