// A picture of what augmentations make of a frame.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::experiments {

/// An RGB picture, row 0 at the top.
struct Image {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, 3]
};

/// What `--augment` says: "all", or kinds and settings of theirs in order, "rotate",
/// "rotate.degrees_max=10". Throws UsageError as a config with these would.
struct AugmentChoice {
  explicit AugmentChoice(const std::vector<std::string>& words);

  bool all = false;
  std::vector<std::string> overrides;  // of a config
};

/// Side of the frame that such a picture wants: of the config, or of the contact sheet.
int FrameSide(const AugmentChoice& choice);

/// `frame` [side, side, 3] and beside it seven draws of the augmentations, in two rows of four; of
/// `all` the frame and every kind once, row by row in the order of the list, six in a row: a row
/// that is to be changed with some probability is changed, and `window` and `crop` keep 64 pixels.
Image AugmentedImage(const AugmentChoice& choice, const std::vector<std::uint8_t>& frame, int side);

}  // namespace curl_rl::experiments
