// Draws a task under every kind and strength of disturbance and lays the frames out.
#include "experiments/commands/disturbed_sheet.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "envs/registry.h"
#include "experiments/video/backdrops.h"

namespace curl_rl::experiments {
namespace {

constexpr int kSide = 100;    // pixels of a frame
constexpr int kEpisodes = 2;  // of each disturbance
constexpr int kColumns = 1 + 3 * kEpisodes;

std::vector<video::Image> Frames(const std::string& task, const envs::Disturbances& disturbances) {
  envs::EnvironmentOptions options;
  options.image_size = kSide;
  video::SetDisturbances(disturbances, &options);
  const auto environment = envs::Make(task, options);
  std::vector<video::Image> frames;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    environment->Reset();
    frames.emplace_back(kSide, kSide);
    environment->Observe(frames.back().pixels.data());
  }
  return frames;
}

// "colors" in every strength; of several kinds all of them at once.
std::vector<video::Image> Row(const std::string& task, const std::vector<std::string>& kinds,
                              const std::string& from) {
  std::vector<video::Image> row = {Frames(task, {}).front()};
  for (const char* strength : {"easy", "medium", "hard"}) {
    std::vector<std::string> texts;
    for (const std::string& kind : kinds) texts.push_back(kind + "=" + strength + from);
    for (auto& frame : Frames(task, envs::ParseDisturbances(texts))) row.push_back(frame);
  }
  return row;
}

}  // namespace

video::Image DisturbedSheet(const std::string& task, const std::string& video) {
  std::vector<std::vector<video::Image>> rows;
  const std::vector<std::vector<std::string>> kinds = {
      {"colors"}, {"camera"}, {"light"}, {"colors", "camera", "light"}, {"noise"}};
  for (const auto& each : kinds) rows.push_back(Row(task, each, ""));
  if (!video.empty()) rows.push_back(Row(task, {"video"}, ":" + video));

  const video::Grid grid{static_cast<int>(rows.size()), kColumns, kSide, kSide};
  video::Image sheet(grid.height(), grid.width());
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), std::uint8_t{255});
  int tile = 0;
  for (const auto& row : rows) {
    for (const auto& frame : row) {
      video::Paste(frame, grid.y(tile), grid.x(tile), &sheet);
      ++tile;
    }
  }
  return sheet;
}

}  // namespace curl_rl::experiments
