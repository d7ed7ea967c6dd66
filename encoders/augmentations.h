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

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "encoders/augmentation_settings.h"

namespace curl_rl::encoders {

/// What was drawn for a batch, by name.
using Drawn = std::map<std::string, torch::Tensor>;

/// A kind of the list with what it does.
struct AugmentationKind : AugmentationInfo {
  Drawn (*draw)(const AugmentationSpec&, at::IntArrayRef sizes, const at::Generator&) = nullptr;
  torch::Tensor (*apply)(const torch::Tensor& pixels, const AugmentationSpec&,
                         const Drawn&) = nullptr;

  AugmentationKind(const AugmentationInfo& info, decltype(draw) its_draw, decltype(apply) its_apply)
      : AugmentationInfo(info), draw(its_draw), apply(its_apply) {}
};

/// Those of AugmentationInfos(), in its order.
const std::vector<AugmentationKind>& AugmentationKinds();

/// The kind `name`. Throws std::invalid_argument with the list.
const AugmentationKind& FindAugmentation(const std::string& name);

/// All numbers for a batch of `sizes` [B, K*3, H, W], on the generator's device; checks the spec.
/// Always has "uniform" [B]: a row is changed if its number is below the probability. Other names:
/// beside each kind in the list.
Drawn DrawAugmentation(const AugmentationSpec& spec, at::IntArrayRef sizes,
                       const at::Generator& generator);

/// `pixels` augmented, in their dtype and memory format. Crop and translate change H and W to
/// spec.size. Throws std::invalid_argument if `drawn` lacks a name or pixels are no frame stacks.
torch::Tensor Augment(const torch::Tensor& pixels, const AugmentationSpec& spec,
                      const Drawn& drawn);

/// What of these augmentations an agent keeps when it acts: a crop is the centre's, a translated
/// picture lies in the middle (RAD's evaluation), all others change nothing. Any dtype.
torch::Tensor SeenWhenActing(const torch::Tensor& pixels,
                             const std::vector<AugmentationSpec>& specs);

}  // namespace curl_rl::encoders
