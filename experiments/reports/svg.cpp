// Each shape as its SVG element, with numbers in one form.
#include "experiments/reports/svg.h"

#include <cmath>

#include "experiments/reports/number_text.h"

namespace curl_rl::reports {
namespace {

std::string Number(double value) {
  std::string text = Fixed(value, 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Attribute(const std::string& name, double value) {
  return " " + name + "=\"" + Number(value) + "\"";
}

// The class lets the page's dark theme change a colour that the attribute names for everybody else.
std::string Stroke(const Pen& pen) {
  std::string text = " class=\"s-" + pen.color.name + "\" fill=\"none\" stroke=\"" + pen.color.hex +
                     "\"" + Attribute("stroke-width", pen.width);
  if (!pen.dash.empty()) text += " stroke-dasharray=\"" + pen.dash + "\"";
  if (pen.opacity < 1) text += Attribute("stroke-opacity", pen.opacity);
  return text;
}

std::string Points(const std::vector<Point>& points) {
  std::string text = " points=\"";
  for (std::size_t i = 0; i < points.size(); ++i) {
    text += (i == 0 ? "" : " ") + Number(points[i].x) + "," + Number(points[i].y);
  }
  return text + "\"";
}

std::vector<Point> MarkerOutline(Point at, Marker marker, double r) {
  switch (marker) {
    case Marker::kSquare:
      return {
          {at.x - r, at.y - r}, {at.x + r, at.y - r}, {at.x + r, at.y + r}, {at.x - r, at.y + r}};
    case Marker::kTriangle:
      return {{at.x, at.y - 1.2 * r}, {at.x + 1.1 * r, at.y + r}, {at.x - 1.1 * r, at.y + r}};
    case Marker::kDiamond:
      return {{at.x, at.y - 1.3 * r},
              {at.x + 1.3 * r, at.y},
              {at.x, at.y + 1.3 * r},
              {at.x - 1.3 * r, at.y}};
    case Marker::kCircle:
    case Marker::kPlus:
      break;
  }
  return {};
}

}  // namespace

Svg::Svg(double width, double height, const std::string& title)
    : body_(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" + Attribute("width", width) +
          Attribute("height", height) + " viewBox=\"0 0 " + Number(width) + " " + Number(height) +
          "\" font-family=\"Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">\n<title>" +
          XmlEscaped(title) + "</title>\n") {
  Rect({0, 0}, width, height, kPaper, 1);
}

void Svg::Line(Point from, Point to, const Pen& pen) { Polyline({from, to}, pen); }

void Svg::Polyline(const std::vector<Point>& points, const Pen& pen) {
  body_ += "<polyline" + Points(points) + Stroke(pen) + " stroke-linejoin=\"round\"/>\n";
}

void Svg::Area(const std::vector<Point>& outline, const Color& color, double opacity) {
  body_ += "<polygon" + Points(outline) + " class=\"f-" + color.name + "\" fill=\"" + color.hex +
           "\"" + Attribute("fill-opacity", opacity) + "/>\n";
}

void Svg::Rect(Point corner, double width, double height, const Color& color, double opacity) {
  Area({corner,
        {corner.x + width, corner.y},
        {corner.x + width, corner.y + height},
        {corner.x, corner.y + height}},
       color, opacity);
}

void Svg::Text(Point at, const std::string& text, const TextStyle& style) {
  body_ += "<text" + Attribute("x", at.x) + Attribute("y", at.y) + " class=\"f-" +
           style.color.name + (style.halo ? " s-paper" : "") + "\" fill=\"" + style.color.hex +
           "\"" + Attribute("font-size", style.size);
  if (style.anchor != "start") body_ += " text-anchor=\"" + style.anchor + "\"";
  if (style.bold) body_ += " font-weight=\"600\"";
  if (style.halo) {
    body_ += " stroke=\"" + kPaper.hex +
             "\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"";
  }
  if (style.rotate != 0) {
    body_ += " transform=\"rotate(" + Number(style.rotate) + " " + Number(at.x) + " " +
             Number(at.y) + ")\"";
  }
  body_ += ">" + XmlEscaped(text) + "</text>\n";
}

void Svg::Image(Point corner, double width, double height, const std::string& png) {
  body_ += "<image" + Attribute("x", corner.x) + Attribute("y", corner.y) +
           Attribute("width", width) + Attribute("height", height) +
           " style=\"image-rendering:pixelated\" href=\"data:image/png;base64," + Base64(png) +
           "\"/>\n";
}

void Svg::Mark(Point at, Marker marker, double radius, const Color& color, bool hollow) {
  if (marker == Marker::kPlus) {
    Line({at.x - radius, at.y}, {at.x + radius, at.y}, {color, 1.5});
    Line({at.x, at.y - radius}, {at.x, at.y + radius}, {color, 1.5});
    return;
  }
  const Color& fill = hollow ? kPaper : color;
  const Color& edge = hollow ? color : kPaper;  // a paper edge parts marks that overlap
  body_ += marker == Marker::kCircle
               ? "<circle" + Attribute("cx", at.x) + Attribute("cy", at.y) + Attribute("r", radius)
               : "<polygon" + Points(MarkerOutline(at, marker, radius));
  body_ += " class=\"f-" + fill.name + " s-" + edge.name + "\" fill=\"" + fill.hex +
           "\" stroke=\"" + edge.hex + "\"" + Attribute("stroke-width", hollow ? 1.6 : 0.8) +
           "/>\n";
}

std::string Svg::Finish() const { return body_ + "</svg>\n"; }

std::string Base64(const std::string& bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;  // 24 bits, those beyond the end 0
    for (std::size_t k = i; k < i + 3; ++k) {
      group = group << 8 | (k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U);
    }
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[group >> shift & 63U];
  }
  const std::size_t missing = (3 - bytes.size() % 3) % 3;
  return text.replace(text.size() - missing, missing, missing, '=');
}

double TextWidth(const std::string& text, double size) {
  double characters = 0;  // of UTF-8: continuation bytes do not count
  for (unsigned char byte : text) characters += (byte & 0xc0) != 0x80;
  return 0.58 * size * characters;
}

}  // namespace curl_rl::reports
