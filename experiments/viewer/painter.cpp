// Draws text, rectangles and pictures with MuJoCo's 2D functions.
#include "experiments/viewer/painter.h"

#include <algorithm>
#include <cmath>

#include "experiments/viewer/key_bindings.h"

namespace curl_rl::viewer {
namespace {

constexpr int kGap = 2;       // pixels between the frames of the inset, and of its border
constexpr int kMaxBars = 24;  // action components that are drawn

struct Colour {
  float red, green, blue;
};
constexpr Colour kDark = {0.06f, 0.07f, 0.09f};
constexpr Colour kName = {0.70f, 0.77f, 0.86f};
constexpr Colour kValue = {1.0f, 1.0f, 1.0f};
constexpr Colour kPositive = {0.95f, 0.65f, 0.25f};
constexpr Colour kNegative = {0.35f, 0.65f, 0.95f};
constexpr float kPanel = 0.8f;  // opacity: a sky full of stars must not disturb the text

int Scaled(double size, double scale) { return static_cast<int>(std::lround(size * scale)); }

void FillRectangle(mjrRect rectangle, Colour colour, float opacity) {
  mjr_rectangle(rectangle, colour.red, colour.green, colour.blue, opacity);
}

// A dark panel with a thin edge, to be seen before a dark sky too.
void FillPanel(mjrRect panel, float opacity) {
  FillRectangle({panel.left - 1, panel.bottom - 1, panel.width + 2, panel.height + 2}, kName, 0.3f);
  FillRectangle(panel, kDark, opacity);
}

int TextWidth(const std::string& text, const mjrContext& context) {
  int width = 0;
  for (const char c : text) width += context.charWidth[static_cast<unsigned char>(c) & 0x7f];
  return width;
}

// With the line's lower left corner at (left, bottom) of `panel`, the rectangle filled last: MuJoCo
// places text relative to that.
void DrawText(const std::string& text, int left, int bottom, mjrRect panel, Colour colour,
              const mjrContext& context) {
  mjr_text(mjFONT_NORMAL, text.c_str(), &context, static_cast<float>(left) / panel.width,
           static_cast<float>(bottom) / panel.height, colour.red, colour.green, colour.blue);
}

// How a table is laid out, in pixels.
struct TableLayout {
  TableLayout(const TextTable& table, double scale, const mjrContext& context)
      : margin(Scaled(8, scale)), line(context.charHeight + Scaled(3, scale)) {
    int right = 0;
    for (const auto& [name, value] : table) {
      column = std::max(column, TextWidth(name, context));
      right = std::max(right, TextWidth(value, context));
    }
    column += Scaled(14, scale);
    width = 2 * margin + column + right;
    height = 2 * margin + static_cast<int>(table.size()) * line;
  }

  int margin;
  int line;        // height
  int column = 0;  // from the names to the values
  int width = 0;
  int height = 0;
};

void DrawTable(const TextTable& table, const TableLayout& layout, int left, int top, float opacity,
               const mjrContext& context) {
  const mjrRect panel{left, top - layout.height, layout.width, layout.height};
  FillPanel(panel, opacity);
  int bottom = layout.height - layout.margin;
  for (const auto& [name, value] : table) {
    bottom -= layout.line;
    DrawText(name, layout.margin, bottom, panel, kName, context);
    DrawText(value, layout.margin + layout.column, bottom, panel, kValue, context);
  }
}

void DrawState(const PlayState& play, double scale, mjrRect viewport, const mjrContext& context) {
  TextTable lines = StateLines(play);
  if (lines.empty()) return;
  lines.insert(lines.begin(), {"The agent sees", ""});
  const TableLayout layout(lines, scale, context);
  const int margin = Scaled(8, scale);
  DrawTable(lines, layout, viewport.width - margin - layout.width, margin + layout.height, kPanel,
            context);
}

void DrawInset(const PlayState& play, double scale, mjrRect viewport, const mjrContext& context) {
  DrawState(play, scale, viewport, context);
  std::vector<video::Image> frames;
  if (play.opinion) frames = play.opinion->frames;
  if (frames.empty() && play.frame) frames = {*play.frame};
  if (frames.empty()) return;
  const video::Image inset = ComposeInset(frames, viewport.height);
  const int margin = Scaled(8, scale);
  const int border = Scaled(kGap, scale);
  const int caption = context.charHeight + Scaled(6, scale);
  // In a small window the caption is wider than the picture.
  const std::string text = InsetCaption(play);
  const int width = std::max(inset.width, TextWidth(text, context) + Scaled(8, scale));
  const mjrRect panel{viewport.width - width - 2 * border - margin, margin, width + 2 * border,
                      inset.height + 2 * border + caption};
  if (panel.left < 0 || panel.height + 2 * margin > viewport.height) return;
  FillPanel(panel, 1.0f);
  DrawText(text, Scaled(6, scale), panel.height - caption + Scaled(2, scale), panel, kValue,
           context);
  DrawImage(inset, panel.left + (panel.width - inset.width) / 2, panel.bottom + border, context);
}

// One bar a component of the action, from the middle (0) to the left (-1) or right (1).
void DrawAction(const PlayState& play, double scale, mjrRect viewport, const mjrContext& context) {
  const int count = std::min(static_cast<int>(play.action.size()), kMaxBars);
  if (count == 0) return;
  const int margin = Scaled(8, scale);
  const int row = Scaled(15, scale);
  const int bar = Scaled(9, scale);
  const int half = Scaled(80, scale);
  const int caption = context.charHeight + Scaled(6, scale);
  const mjrRect panel{margin, margin, 2 * (half + margin), count * row + caption + margin};
  if (panel.height + 2 * margin > viewport.height) return;
  FillPanel(panel, kPanel);
  DrawText("Action, -1 to 1", margin, panel.height - caption, panel, kName, context);
  const int middle = panel.left + panel.width / 2;
  for (int i = 0; i < count; ++i) {
    const int bottom = panel.bottom + margin / 2 + (count - 1 - i) * row + (row - bar) / 2;
    FillRectangle({middle - half, bottom, 2 * half, bar}, kValue, 0.15f);
    const int length = static_cast<int>(std::lround(std::abs(play.action[i]) * half));
    const bool positive = play.action[i] >= 0.0;
    if (length > 0) {
      FillRectangle({positive ? middle : middle - length, bottom, length, bar},
                    positive ? kPositive : kNegative, 1.0f);
    }
    FillRectangle({middle, bottom - 1, std::max(1, Scaled(1, scale)), bar + 2}, kValue, 0.8f);
  }
}

}  // namespace

video::Image ComposeInset(const std::vector<video::Image>& frames, int height) {
  const video::Image& newest = frames.back();
  const int factor = std::max(1, 2 * height / 5 / newest.height);
  video::Image large = video::Fit(newest, factor * newest.height, factor * newest.width);
  const int older = static_cast<int>(frames.size()) - 1;
  if (older == 0) return large;
  const int width = (large.width - (older - 1) * kGap) / older;
  const int small_width = std::max(1, std::min(width, large.width / 2));
  const int small_height = std::max(1, small_width * newest.height / newest.width);
  video::Image inset(large.height + kGap + small_height, large.width);
  video::Paste(large, 0, 0, &inset);
  for (int i = 0; i < older; ++i) {
    video::Paste(video::Fit(frames[i], small_height, small_width), large.height + kGap,
                 i * (small_width + kGap), &inset);
  }
  return inset;
}

void DrawImage(const video::Image& image, int left, int bottom, const mjrContext& context) {
  std::vector<std::uint8_t> upside_down;  // GL's row 0 is the lowest
  upside_down.reserve(image.pixels.size());
  const std::size_t row = std::size_t{3} * image.width;
  for (int y = image.height - 1; y >= 0; --y) {
    const auto begin = image.pixels.begin() + static_cast<std::ptrdiff_t>(y * row);
    upside_down.insert(upside_down.end(), begin, begin + static_cast<std::ptrdiff_t>(row));
  }
  mjr_drawPixels(upside_down.data(), nullptr, {left, bottom, image.width, image.height}, &context);
}

void DrawFrame(const video::Image& frame, mjrRect viewport, const mjrContext& context) {
  mjr_rectangle(viewport, 0.0f, 0.0f, 0.0f, 1.0f);
  DrawImage(video::Fit(frame, viewport.height, viewport.width), 0, 0, context);
}

void DrawOverlays(const PlayState& play, const WindowState& window, const Shown& shown,
                  double scale, mjrRect viewport, const mjrContext& context) {
  if (shown.inset) DrawInset(play, scale, viewport, context);
  if (shown.overlay) {
    DrawAction(play, scale, viewport, context);
    const TextTable lines = OverlayLines(play, window);
    const int margin = Scaled(8, scale);
    DrawTable(lines, TableLayout(lines, scale, context), margin, viewport.height - margin, kPanel,
              context);
  }
  if (shown.help) {
    const TextTable lines = HelpLines();
    const TableLayout layout(lines, scale, context);
    DrawTable(lines, layout, (viewport.width - layout.width) / 2,
              (viewport.height + layout.height) / 2, 0.92f, context);
  }
}

}  // namespace curl_rl::viewer
