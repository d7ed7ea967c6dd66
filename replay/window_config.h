// Where the pictures of drawn transitions are cut, as data that needs no LibTorch.
#pragma once

#include "envs/setting.h"

namespace curl_rl::replay {

/// How a picture is cut out of a stored frame.
enum class Window {
  kRandomCrop,  // anywhere inside
  kShift,       // of a frame whose edge pixels are repeated outwards (DrQ)
  kCentre,      // the middle
  kWhole,       // all of it
};
constexpr envs::EnumName<Window> kWindows[] = {{Window::kRandomCrop, "random_crop"},
                                               {Window::kShift, "shift"},
                                               {Window::kCentre, "centre"},
                                               {Window::kWhole, "whole"}};
inline const auto& NamesOf(Window) { return kWindows; }

/// Offsets of a random crop: 0 .. frame - crop, or, as the reference draws them, 0 .. frame - crop
/// - 1.
enum class CropRange { kInclusive, kReference };
constexpr envs::EnumName<CropRange> kCropRanges[] = {{CropRange::kInclusive, "inclusive"},
                                                     {CropRange::kReference, "reference"}};
inline const auto& NamesOf(CropRange) { return kCropRanges; }

}  // namespace curl_rl::replay
