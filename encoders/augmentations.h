// Image augmentations as pure functions of pixels and of numbers drawn beforehand.
//
//   auto spec = DefaultAugmentation("rotate");
//   spec.degrees_max = 10.0;
//   const auto drawn = DrawAugmentation(spec, pixels.sizes(), stream);
//   const auto seen = Augment(pixels, spec, drawn);
//
// Pixels are frame stacks: float [B, K*3, H, W] in [0, 1], RGB, oldest frame first. Every number is
// drawn once a row (an observation) and is the same for its K frames, except where a draw says that
// it is a pixel's. Augment draws nothing and reads nothing back to the host.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace curl_rl::encoders {

/// One augmentation. Which members a kind reads, and from what value, says AugmentationKinds().
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
  // Geometry.
  std::int64_t size = 84;  // pixels
  std::int64_t pad = 4;    // pixels
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
};

/// What was drawn for a batch, by name.
using Drawn = std::map<std::string, torch::Tensor>;

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

struct AugmentationKind {
  std::string name;
  std::string description;
  std::vector<AugmentationParameter> parameters;
  Drawn (*draw)(const AugmentationSpec&, at::IntArrayRef sizes, const at::Generator&);
  torch::Tensor (*apply)(const torch::Tensor& pixels, const AugmentationSpec&, const Drawn&);
};

/// The one list of kinds.
const std::vector<AugmentationKind>& AugmentationKinds();

/// The kind `name`. Throws std::invalid_argument with the list.
const AugmentationKind& FindAugmentation(const std::string& name);

/// The kind `name` with its parameters' starts.
AugmentationSpec DefaultAugmentation(const std::string& name);

/// Throws std::invalid_argument "augmentation rotate: degrees_max: got 400, allowed -180 to 180" if
/// a parameter of the kind is out of its range.
void CheckAugmentation(const AugmentationSpec& spec);

/// All numbers for a batch of `sizes` [B, K*3, H, W], on the generator's device; checks the spec.
/// Always has "uniform" [B]: a row is changed if its number is below the probability. Other names:
/// beside each kind in the list.
Drawn DrawAugmentation(const AugmentationSpec& spec, at::IntArrayRef sizes,
                       const at::Generator& generator);

/// `pixels` augmented, in their dtype and memory format. Crop and translate change H and W to
/// spec.size. Throws std::invalid_argument if `drawn` lacks a name or pixels are no frame stacks.
torch::Tensor Augment(const torch::Tensor& pixels, const AugmentationSpec& spec,
                      const Drawn& drawn);

}  // namespace curl_rl::encoders
