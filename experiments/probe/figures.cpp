// Draws what a probe found: R² by entry, maps, neighbours.
#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/files/png.h"
#include "experiments/probe/report.h"
#include "experiments/probe/representation.h"
#include "experiments/reports/number_text.h"
#include "experiments/reports/plot.h"

namespace curl_rl::probe {
namespace {

using reports::Color, reports::kFigureWidth, reports::kInk, reports::kMuted, reports::Plot;
using reports::Fixed, reports::Point, reports::StyleOf, reports::Svg, reports::TextWidth;

constexpr double kMargin = 24;

std::string Hundredths(double value) { return Fixed(value, 2); }

std::vector<std::string> Names(const ProbeResult& result) {
  std::vector<std::string> names;
  for (const auto& one : result.representations) names.push_back(one.name);
  return names;
}

// The row of entry `index`; past the last one, of the mean.
const EntryScore& Entry(const Regression& regression, std::size_t index) {
  return index < regression.entries.size() ? regression.entries[index] : regression.mean;
}

// A colour for a share in [0, 1]: "viridis" (S. van der Walt and N. Smith, CC0) at nine places,
// whose lightness rises evenly, for eyes that tell no hues and for grey prints too.
Color ColorOf(double share) {
  static constexpr std::array<std::array<int, 3>, 9> kPlaces = {{{68, 1, 84},
                                                                 {71, 45, 123},
                                                                 {59, 82, 139},
                                                                 {44, 114, 142},
                                                                 {33, 145, 140},
                                                                 {40, 174, 128},
                                                                 {94, 201, 98},
                                                                 {173, 220, 48},
                                                                 {253, 231, 37}}};
  const double place = std::clamp(share, 0.0, 1.0) * (kPlaces.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(place), kPlaces.size() - 2);
  const double right = place - static_cast<double>(left);
  char hex[8];
  int rgb[3];
  for (std::size_t c = 0; c < 3; ++c) {
    rgb[c] = static_cast<int>(
        std::lround(kPlaces[left][c] * (1 - right) + kPlaces[left + 1][c] * right));
  }
  std::snprintf(hex, sizeof hex, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
  return {"value", hex};  // no theme changes it
}

// What colours of rewards span: 0 to 1 where rewards lie, else all there are.
struct Span {
  double low = 0.0;
  double high = 1.0;
};

Span RewardSpan(const torch::Tensor& rewards) {
  const double low = rewards.min().item<double>(), high = rewards.max().item<double>();
  if (low >= 0.0 && high <= 1.0) return {};
  return {low, std::max(high, low + 1e-9)};
}

void ColorBar(Svg* svg, Point at, const Span& span) {
  constexpr int kSteps = 40;
  constexpr double kWidth = 200, kHeight = 10;
  svg->Text({at.x - 8, at.y + 9}, "reward a control step: " + Fixed(span.low, 2),
            {11, "end", kMuted});
  for (int i = 0; i < kSteps; ++i) {
    svg->Rect({at.x + i * kWidth / kSteps, at.y}, kWidth / kSteps + 0.5, kHeight,
              ColorOf((i + 0.5) / kSteps), 1);
  }
  svg->Text({at.x + kWidth + 8, at.y + 9}, Fixed(span.high, 2), {11, "start", kMuted});
}

void DrawMap(Svg* svg, Point corner, double side, const ProbeResult& result,
             const RepresentationResult& one, const torch::Tensor& rows, const Span& span) {
  const auto map = one.map.index_select(0, rows).contiguous();
  const auto places = map.accessor<double, 2>();
  reports::Axis axes[2];
  for (int axis = 0; axis < 2; ++axis) {
    const auto column = map.select(1, axis);
    const double low = column.min().item<double>(), high = column.max().item<double>();
    const double margin = std::max(0.04 * (high - low), 1e-6);
    const double share = one.share[axis].item<double>();
    axes[axis] = {low - margin, high + margin,
                  std::string(axis == 0 ? "first" : "second") + " principal axis, " +
                      Fixed(100 * share, 0) + " % of the variance",
                  [](double value) { return Fixed(value, 1); }};
  }
  const Plot plot(svg, corner, side, side, axes[0], axes[1]);
  plot.Frame(one.name);
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const auto row = rows[i].item<std::int64_t>();
    const double reward = result.frames.rewards[row].item<double>();
    svg->Mark(plot.At(places[i][0], places[i][1]), reports::Marker::kCircle, 2.8,
              ColorOf((reward - span.low) / (span.high - span.low)),
              result.frames.random[row].item<bool>());
  }
}

// The newest frame of a stack, its middle, as the bytes of a PNG file.
std::string Picture(const ProbeResult& result, std::int64_t row) {
  const auto& stacks = result.frames.stacks;
  const auto size = result.picture_size, channels = result.frame_channels;
  const auto top = (stacks.size(1) - size) / 2, left = (stacks.size(2) - size) / 2;
  const auto pixels = stacks[row]
                          .narrow(0, top, size)
                          .narrow(1, left, size)
                          .narrow(2, stacks.size(3) - channels, channels)
                          .contiguous();
  return experiments::PngBytes(pixels.data_ptr<std::uint8_t>(), static_cast<int>(size),
                               static_cast<int>(size), static_cast<int>(channels));
}

std::string PlaceOf(const Frames& frames, std::int64_t row) {
  return std::string(frames.random[row].item<bool>() ? "random" : "policy") + " episode " +
         std::to_string(frames.episode[row].item<std::int64_t>() + 1) + ", " +
         std::to_string(frames.step[row].item<std::int64_t>());
}

}  // namespace

reports::Figure RegressionFigure(const ProbeResult& result) {
  constexpr double kRow = 30, kLowest = -0.5;
  const std::size_t rows = result.representations.front().regression.entries.size() + 1;
  double labels = TextWidth("mean", 12);
  double low = 0.0;
  for (const auto& one : result.representations) {
    for (std::size_t i = 0; i < rows; ++i) {
      const EntryScore& entry = Entry(one.regression, i);
      labels = std::max(labels, TextWidth(entry.name, 12));
      if (!std::isnan(entry.all.low)) low = std::min(low, entry.all.low);
      if (!std::isnan(entry.all.value)) low = std::min(low, entry.all.value);
    }
  }
  low = std::max(kLowest, low - 0.02);
  const auto count = static_cast<double>(rows);
  const double left = labels + 36, top = 62, height = kRow * count;
  Svg svg(kFigureWidth, top + height + 52, "R² of each entry of the state");
  reports::Legend(&svg, {left, 22}, kFigureWidth - left - kMargin, Names(result));
  const Plot plot(&svg, {left, top}, kFigureWidth - left - 60, height,
                  {low, 1.0, "R² on episodes that the regression never saw", Hundredths},
                  {0, count, "", nullptr});
  plot.Frame("");
  svg.Line(plot.At(0.0, 0), plot.At(0.0, count), {kMuted, 1.5, "4 3"});
  for (std::size_t i = 0; i < rows; ++i) {
    const bool mean = i + 1 == rows;
    const double middle = count - static_cast<double>(i) - 0.5;
    if (mean) svg.Line(plot.At(low, middle + 0.5), plot.At(1.0, middle + 0.5), {kMuted, 1});
    const EntryScore& name = Entry(result.representations.front().regression, i);
    svg.Text({left - 12, plot.At(low, middle).y + 4}, name.name, {12, "end", kInk, mean});
    for (std::size_t k = 0; k < result.representations.size(); ++k) {
      const auto& r2 = Entry(result.representations[k].regression, i).all;
      if (std::isnan(r2.value)) continue;
      const double y = middle + 0.27 * (1.0 - static_cast<double>(k));
      plot.IntervalMark(y, r2.value, r2.low, r2.high, StyleOf(k));
    }
  }
  return {
      "r2", "What of the state is told",
      "Ridge regression from frozen features to each entry of the state vector, its strength by "
      "cross-validation over episodes; judged on other episodes. 1: all of the entry's variance; "
      "0 (dashed): no more than its mean. Bars: 95 % intervals, test episodes resampled. What "
      "lies below the axis is drawn at its edge.",
      svg.Finish()};
}

reports::Figure MapFigure(const ProbeResult& result, std::int64_t most) {
  const double side = 370, top = 76;
  Svg svg(kFigureWidth, top + side + 56, "Maps of the features");
  const Span span = RewardSpan(result.frames.rewards);
  ColorBar(&svg, {kFigureWidth / 2 - 60, 16}, span);
  const auto rows = EvenlySpaced(torch::arange(result.frames.size(), torch::kInt64), most);
  for (int panel = 0; panel < 2; ++panel) {  // the run's encoder, the untrained one
    DrawMap(&svg, {66.0 + panel * (side + 110), top}, side, result,
            result.representations[static_cast<std::size_t>(panel)], rows, span);
  }
  return {"map", "A map of the features",
          "Each point is a frame, by its features on the two widest principal axes of all frames' "
          "features (" +
              std::to_string(rows.size(0)) + " of " + std::to_string(result.frames.size()) +
              " frames). Colour: the reward of the decision that led there. Filled: played by the "
              "policy; hollow: random actions. Left the run's encoder, right the untrained one; "
              "the scales differ.",
          svg.Finish()};
}

reports::Figure NeighbourFigure(const ProbeResult& result) {
  const auto& table = result.neighbours;
  const auto queries = table.query.size(0), count = table.nearest.size(1);
  const double tile =
      std::min(140.0, (kFigureWidth - 2 * kMargin - 30) / static_cast<double>(count + 1) - 12);
  const double row_height = tile + 40, top = 44;
  Svg svg(kFigureWidth, top + row_height * static_cast<double>(queries) + 8,
          "Frames and their nearest neighbours");
  const auto x = [&](std::int64_t column) {  // the query stands apart
    return kMargin + static_cast<double>(column) * (tile + 12) + (column > 0 ? 24 : 0);
  };
  svg.Text({x(0), 24}, "frame", {12.5, "start", kInk, true});
  svg.Text({x(1), 24}, "nearest by the encoder's features, in other episodes",
           {12.5, "start", kInk, true});
  for (std::int64_t q = 0; q < queries; ++q) {
    const double y = top + row_height * static_cast<double>(q);
    for (std::int64_t k = 0; k <= count; ++k) {
      const auto row = (k == 0 ? table.query[q] : table.nearest[q][k - 1]).item<std::int64_t>();
      svg.Image({x(k), y}, tile, tile, Picture(result, row));
      svg.Text({x(k), y + tile + 13}, PlaceOf(result.frames, row), {10.5, "start", kMuted});
      if (k == 0) continue;
      svg.Text({x(k), y + tile + 26},
               "state " + Fixed(table.state_distance[q][k - 1].item<double>(), 2) + " away",
               {10.5, "start", kMuted});
    }
  }
  return {
      "neighbours", "Nearest neighbours",
      "Frames of test episodes (evenly spaced) and those whose features are nearest by Euclidean "
      "distance, own episode left out; shown is the newest frame of each stack, as cut for the "
      "encoder. \"State away\": root mean square distance of the state vectors, each entry in "
      "units of its standard deviation, divided by that of random frames: 0 the same state, 1 "
      "as far as chance.",
      svg.Finish()};
}

}  // namespace curl_rl::probe
