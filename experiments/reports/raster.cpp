// Draws SVG by librsvg onto a cairo surface and writes it as PNG.
#include "experiments/reports/raster.h"

#include <cairo.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

namespace curl_rl::reports {
namespace {

struct Unref {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(GError* error) const { g_error_free(error); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

[[noreturn]] void Fail(const std::string& path, GError* error) {
  const Owned<GError> owned(error);
  throw std::runtime_error(path + ": the figure cannot be drawn: " +
                           (owned ? owned->message : "librsvg gave no reason"));
}

}  // namespace

bool CanRasterPng() { return true; }

void RasterPng(const std::string& svg, const std::string& path, double scale) {
  GError* error = nullptr;
  const Owned<RsvgHandle> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (!handle) Fail(path, error);
  double width = 0;
  double height = 0;
  if (!rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height)) {
    Fail(path, nullptr);
  }
  const RsvgRectangle view{0, 0, std::round(width * scale), std::round(height * scale)};
  const Owned<cairo_surface_t> surface(cairo_image_surface_create(
      CAIRO_FORMAT_ARGB32, static_cast<int>(view.width), static_cast<int>(view.height)));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    throw std::runtime_error(path + ": " + std::to_string(static_cast<long>(view.width)) + " x " +
                             std::to_string(static_cast<long>(view.height)) +
                             " pixels are more than cairo can draw");
  }
  const Owned<cairo_t> context(cairo_create(surface.get()));
  if (!rsvg_handle_render_document(handle.get(), context.get(), &view, &error)) Fail(path, error);
  const cairo_status_t status = cairo_surface_write_to_png(surface.get(), path.c_str());
  if (status != CAIRO_STATUS_SUCCESS) {
    throw std::runtime_error(path +
                             ": the figure cannot be written: " + cairo_status_to_string(status));
  }
}

}  // namespace curl_rl::reports
