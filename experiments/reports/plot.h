// One panel of a figure: scales, axes, and how methods look.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "experiments/reports/svg.h"

namespace curl_rl::reports {

inline constexpr double kFigureWidth = 960;  // pixels: of every figure

/// A method is told by its colour, its dashes and its marker, so that each alone is enough.
struct MethodStyle {
  Color color;
  std::string dash;
  Marker marker;
};

/// The style of method number `index`, counted in the order of the data set.
MethodStyle StyleOf(std::size_t index);

/// The CSS that turns every colour over for a dark page.
std::string DarkThemeCss();

struct Axis {
  double low = 0;
  double high = 1;
  std::string label;                          // with its unit
  std::function<std::string(double)> format;  // of a tick
};

/// About `count` round numbers that lie in [low, high].
std::vector<double> Ticks(double low, double high, int count);

/// What to add below and above a range so that nothing lies on the frame: `share` of it; of a range
/// that is a single value something of that value's size.
double Margin(double low, double high, double share);

/// The text of ticks between `low` and `high`: with as many decimals as tell them apart.
std::function<std::string(double)> TickText(double low, double high);

/// Maps data to a rectangle of the figure, and draws its frame.
class Plot {
 public:
  Plot(Svg* svg, Point corner, double width, double height, Axis x, Axis y);

  Point At(double x, double y) const;
  const Axis& x() const { return x_; }
  const Axis& y() const { return y_; }
  Point corner() const { return corner_; }
  double width() const { return width_; }
  double height() const { return height_; }

  /// Grid lines, ticks, axis titles, and `title` above.
  void Frame(const std::string& title) const;

  /// A band between two curves; points with NaN are left out.
  void Band(const std::vector<double>& x, const std::vector<double>& low,
            const std::vector<double>& high, const Color& color, double opacity) const;

  void Curve(const std::vector<double>& x, const std::vector<double>& y, const Pen& pen) const;

  /// A horizontal interval with a mark at its value; no line if there is no interval.
  void IntervalMark(double y, double value, double low, double high,
                    const MethodStyle& style) const;

 private:
  Svg* svg_;
  Point corner_;
  double width_;
  double height_;
  Axis x_;
  Axis y_;
};

struct LegendItem {
  std::string name;
  MethodStyle style;
  double width = 2.4;   // of the line
  bool hollow = false;  // the marker
};

/// Draws swatches with names from `at` on, wrapped at `width`; returns the height taken.
double Legend(Svg* svg, Point at, double width, const std::vector<LegendItem>& items);

/// The same of methods in their order (StyleOf).
double Legend(Svg* svg, Point at, double width, const std::vector<std::string>& methods);

}  // namespace curl_rl::reports
