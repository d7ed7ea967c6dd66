// A small SVG writer. The same calls give the same bytes. Colours are attributes (what a viewer or
// the PNG shows) with a class beside them (what the report's dark theme overrides).
#pragma once

#include <string>
#include <vector>

#include "envs/xml_escaped.h"

namespace curl_rl::reports {

using envs::XmlEscaped;

struct Color {
  std::string name;  // class: s-<name> on strokes, f-<name> on fills
  std::string hex;
};

inline const Color kInk{"ink", "#1f2328"};
inline const Color kMuted{"muted", "#6b7280"};
inline const Color kGrid{"grid", "#e5e7eb"};
inline const Color kPaper{"paper", "#ffffff"};

struct Pen {
  Color color;
  double width = 1;
  // Said, so that {color, width} is no warning. NOLINTNEXTLINE(readability-redundant-string-init)
  std::string dash = "";  // lengths, as stroke-dasharray; empty: solid
  double opacity = 1;
};

struct TextStyle {
  double size = 12;
  std::string anchor = "start";  // start | middle | end
  Color color = kInk;
  bool bold = false;
  double rotate = 0;  // degrees, about the text's point
  bool halo = false;  // an edge of paper, where lines run behind
};

struct Point {
  double x = 0;
  double y = 0;
};

enum class Marker { kCircle, kSquare, kTriangle, kDiamond, kPlus };

class Svg {
 public:
  /// `title` is read out by screen readers.
  Svg(double width, double height, const std::string& title);

  void Line(Point from, Point to, const Pen& pen);
  void Polyline(const std::vector<Point>& points, const Pen& pen);
  void Area(const std::vector<Point>& outline, const Color& color, double opacity);
  void Rect(Point corner, double width, double height, const Color& color, double opacity);
  void Text(Point at, const std::string& text, const TextStyle& style);
  /// A picture, the bytes of a PNG file, which become part of this one; enlarged pixels stay sharp.
  void Image(Point corner, double width, double height, const std::string& png);
  void Mark(Point at, Marker marker, double radius, const Color& color, bool hollow);

  std::string Finish() const;

 private:
  std::string body_;
};

/// Bytes as text (RFC 4648).
std::string Base64(const std::string& bytes);

/// Roughly how wide a text is, in pixels: for laying out legends and labels.
double TextWidth(const std::string& text, double size);

}  // namespace curl_rl::reports
