// What a config can say of augmentations, as data that needs no LibTorch.
//
// augmentations.h draws the numbers and changes the pixels.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "envs/setting.h"

namespace curl_rl::encoders {

/// One augmentation. Which members a kind reads, and from what value, says AugmentationInfos().
struct AugmentationSpec {
  std::string kind;
  double probability = 1.0;  // of a row to be changed
  // Colour.
  double brightness = 0.4;  // factor in 1 ± brightness; the same for the next two
  double contrast = 0.4;
  double saturation = 0.4;
  double hue = 0.1;            // shift in ± hue, turns of the colour circle
  std::string order = "bcsh";  // of brightness, contrast, saturation, hue
  double scale_deviation = 0.05;
  std::int64_t bits = 5;
  std::string rescale = "never";
  // Geometry.
  std::int64_t size = 84;  // pixels
  std::int64_t pad = 4;    // pixels
  std::string next = "same";
  double degrees_min = 0.0;
  double degrees_max = 90.0;
  double translation = 0.14;  // ± share of the side
  double zoom_min = 0.9;
  double zoom_max = 1.1;
  double shear = 5.0;      // ± degrees
  double area_min = 0.08;  // shares of the picture
  double area_max = 1.0;
  std::string axis = "horizontal";
  std::string border = "edge";
  std::string sampling = "bilinear";
  std::int64_t grid = 3;  // tiles a side
  // Boxes.
  std::int64_t box_min = 10;  // pixels
  std::int64_t box_max = 29;
  std::string corner = "anywhere";
  // Noise.
  double noise = 0.05;  // standard deviation
  double amount_min = 0.02;
  double amount_max = 0.08;
  double salt = 0.5;
  double sigma_min = 0.1;  // pixels
  double sigma_max = 2.0;
  std::int64_t kernel = 9;  // pixels

  /// The settings of this kind, bound to this.
  envs::Settings Describe();
};

/// One setting of a kind: a member of AugmentationSpec, its start, what it may be.
struct AugmentationParameter {
  using Member = std::variant<double AugmentationSpec::*, std::int64_t AugmentationSpec::*,
                              std::string AugmentationSpec::*>;
  std::string name;  // the member's
  std::string meaning;
  Member member;
  std::variant<double, std::int64_t, std::string> initial;
  double minimum = 0.0;  // of numbers
  double maximum = 0.0;
  std::vector<std::string> choices;  // of texts
};

struct AugmentationInfo {
  std::string name;
  std::string description;
  std::vector<AugmentationParameter> parameters;
};

/// The one list of kinds.
const std::vector<AugmentationInfo>& AugmentationInfos();

/// The kind `name`. Throws std::invalid_argument with the list.
const AugmentationInfo& FindAugmentationInfo(const std::string& name);

/// The kind `name` with its parameters' starts.
AugmentationSpec DefaultAugmentation(const std::string& name);

/// Throws std::invalid_argument "augmentation rotate: degrees_max: got 400, allowed -180 to 180" if
/// a parameter of the kind is out of its range.
void CheckAugmentation(const AugmentationSpec& spec);

/// Side of square pictures of `side` pixels after these augmentations, one after the other. Throws
/// std::invalid_argument "augmentation crop: size: got 84, allowed ..." where one does not fit.
std::int64_t SideAfter(const std::vector<AugmentationSpec>& specs, std::int64_t side);

}  // namespace curl_rl::encoders
