// Chooses ticks, colours and markers, and draws frames, bands, curves and intervals.
#include "experiments/reports/plot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "experiments/reports/number_text.h"

namespace curl_rl::reports {
namespace {

struct Themed {
  Color light;
  std::string dark;  // hex on a dark page
  std::string dash;
  Marker marker;
};

// The palette of Okabe and Ito (2008), which colour-blind readers can tell apart, without its
// yellow (too light on white); lighter shades of the same hues on dark pages.
const std::vector<Themed>& Methods() {
  static const std::vector<Themed> methods = {
      {{"m0", "#0072b2"}, "#4db2ec", "", Marker::kCircle},
      {{"m1", "#d55e00"}, "#ff8a3d", "7 3", Marker::kSquare},
      {{"m2", "#009e73"}, "#2fd0a4", "2 2", Marker::kTriangle},
      {{"m3", "#b5539c"}, "#e58fcf", "9 3 2 3", Marker::kDiamond},
      {{"m4", "#c98a00"}, "#f2b632", "4 2", Marker::kCircle},
      {{"m5", "#3d9bd1"}, "#8fd0f5", "12 3", Marker::kSquare},
      {{"m6", "#555555"}, "#c9c9c9", "6 2 2 2 2 2", Marker::kTriangle}};
  return methods;
}

constexpr double kTickSize = 11;
constexpr double kLabelSize = 12;

}  // namespace

MethodStyle StyleOf(std::size_t index) {
  // Beyond the palette's end colours come again, with the next one's dashes and marker.
  const std::size_t count = Methods().size();
  const Themed& shape = Methods()[(index + index / count) % count];
  return {Methods()[index % count].light, shape.dash, shape.marker};
}

std::string DarkThemeCss() {
  const auto rule = [](const std::string& name, const std::string& hex) {
    return ".s-" + name + "{stroke:" + hex + "}.f-" + name + "{fill:" + hex + "}";
  };
  std::string css = rule(kInk.name, "#e6e8eb") + rule(kMuted.name, "#9aa4b2") +
                    rule(kGrid.name, "#2d333b") + rule(kPaper.name, "#171b21");
  for (const Themed& themed : Methods()) css += rule(themed.light.name, themed.dark);
  return css;
}

double Margin(double low, double high, double share) {
  if (high > low) return share * (high - low);
  return high == 0 ? 1.0 : 0.05 * std::abs(high);
}

std::function<std::string(double)> TickText(double low, double high) {
  constexpr double kTicks = 10;  // of at most about so many
  const double between = (high - low) / kTicks;
  const int decimals = between >= 1 || !(between > 0)
                           ? 0
                           : std::clamp(static_cast<int>(std::ceil(-std::log10(between))), 1, 9);
  return [decimals](double value) { return Fixed(value, decimals); };
}

std::vector<double> Ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double lead = rough / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  std::vector<double> ticks;
  // Counted, not summed: 0.1 + 0.1 + .. drifts.
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

Plot::Plot(Svg* svg, Point corner, double width, double height, Axis x, Axis y)
    : svg_(svg),
      corner_(corner),
      width_(width),
      height_(height),
      x_(std::move(x)),
      y_(std::move(y)) {}

Point Plot::At(double x, double y) const {
  return {corner_.x + (x - x_.low) / (x_.high - x_.low) * width_,
          corner_.y + height_ - (y - y_.low) / (y_.high - y_.low) * height_};
}

void Plot::Frame(const std::string& title) const {
  const double bottom = corner_.y + height_;
  const double right = corner_.x + width_;
  if (y_.format) {
    for (double tick : Ticks(y_.low, y_.high, 5)) {
      const double y = At(x_.low, tick).y;
      svg_->Line({corner_.x, y}, {right, y}, {kGrid, 1});
      svg_->Text({corner_.x - 7, y + 4}, y_.format(tick), {kTickSize, "end", kMuted});
    }
  }
  const int columns = std::max(2, static_cast<int>(width_ / 80));
  for (double tick : Ticks(x_.low, x_.high, columns)) {
    const double x = At(tick, y_.low).x;
    if (!y_.format) svg_->Line({x, corner_.y}, {x, bottom}, {kGrid, 1});
    svg_->Line({x, bottom}, {x, bottom + 4}, {kMuted, 1});
    svg_->Text({x, bottom + 17}, x_.format(tick), {kTickSize, "middle", kMuted});
  }
  svg_->Line({corner_.x, bottom}, {right, bottom}, {kMuted, 1});
  svg_->Text({corner_.x + width_ / 2, bottom + 35}, x_.label, {kLabelSize, "middle"});
  if (!y_.label.empty()) {
    svg_->Text({corner_.x - 46, corner_.y + height_ / 2}, y_.label,
               {kLabelSize, "middle", kInk, false, -90});
  }
  svg_->Text({corner_.x, corner_.y - 12}, title, {13.5, "start", kInk, true});
}

void Plot::Band(const std::vector<double>& x, const std::vector<double>& low,
                const std::vector<double>& high, const Color& color, double opacity) const {
  std::vector<Point> outline;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isnan(low[i])) outline.push_back(At(x[i], low[i]));
  }
  for (std::size_t i = x.size(); i-- > 0;) {
    if (!std::isnan(high[i])) outline.push_back(At(x[i], high[i]));
  }
  if (outline.size() > 3) svg_->Area(outline, color, opacity);
}

void Plot::Curve(const std::vector<double>& x, const std::vector<double>& y, const Pen& pen) const {
  std::vector<Point> points;
  for (std::size_t i = 0; i < x.size(); ++i) points.push_back(At(x[i], y[i]));
  if (points.size() > 1) svg_->Polyline(points, pen);
}

void Plot::IntervalMark(double y, double value, double low, double high,
                        const MethodStyle& style) const {
  const auto inside = [&](double x) { return std::clamp(x, x_.low, x_.high); };
  if (!std::isnan(low)) {
    svg_->Line(At(inside(low), y), At(inside(high), y), {style.color, 3, "", 0.75});
  }
  svg_->Mark(At(inside(value), y), style.marker, 5, style.color, false);
}

double Legend(Svg* svg, Point at, double width, const std::vector<LegendItem>& items) {
  constexpr double kSwatch = 38;
  constexpr double kLine = 20;
  double x = at.x;
  double y = at.y;
  for (const LegendItem& item : items) {
    const double needed = kSwatch + TextWidth(item.name, kLabelSize) + 22;
    if (x > at.x && x + needed > at.x + width) {
      x = at.x;
      y += kLine;
    }
    svg->Line({x, y}, {x + kSwatch - 8, y}, {item.style.color, item.width, item.style.dash});
    svg->Mark({x + (kSwatch - 8) / 2, y}, item.style.marker, 4.5, item.style.color, item.hollow);
    svg->Text({x + kSwatch, y + 4}, item.name, {kLabelSize + 0.5});
    x += needed;
  }
  return y - at.y + kLine;
}

double Legend(Svg* svg, Point at, double width, const std::vector<std::string>& methods) {
  std::vector<LegendItem> items;
  for (std::size_t i = 0; i < methods.size(); ++i) items.push_back({methods[i], StyleOf(i)});
  return Legend(svg, at, width, items);
}

}  // namespace curl_rl::reports
