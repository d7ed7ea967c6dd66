// Which augmentations an agent's pictures go through, as data that needs no LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "encoders/augmentation_settings.h"
#include "envs/setting.h"

namespace curl_rl::agents {

/// Which pictures are augmented: those that an objective asks for beside the critic's (of CURL the
/// key); all that objectives look at, the anchor too, but not the critic's; the critic's
/// observation and next observation (RAD), which is the anchor too; or all there are.
enum class AugmentViews { kKey, kBoth, kCritic, kAll };
constexpr envs::EnumName<AugmentViews> kAugmentViews[] = {{AugmentViews::kKey, "key"},
                                                          {AugmentViews::kBoth, "both"},
                                                          {AugmentViews::kCritic, "critic"},
                                                          {AugmentViews::kAll, "all"}};
inline const auto& NamesOf(AugmentViews) { return kAugmentViews; }

/// What acting in training sees where augmentations change a picture's size: the centre, as
/// evaluation does, or the frame as it is rendered wherever it has the network's size (what RAD's
/// reference does under `translate`).
enum class AugmentActing { kCentre, kReference };
constexpr envs::EnumName<AugmentActing> kAugmentActing[] = {
    {AugmentActing::kCentre, "centre"}, {AugmentActing::kReference, "reference"}};
inline const auto& NamesOf(AugmentActing) { return kAugmentActing; }

/// Key in YAML: agent.augment.<field>; the settings of each chosen kind under its name:
/// agent.augment.rotate.degrees_max.
struct AugmentConfig {
  std::vector<encoders::AugmentationSpec> kinds;  // one after the other
  AugmentViews views = AugmentViews::kKey;
  AugmentActing acting = AugmentActing::kCentre;

  /// Whether the critic's pictures go through `kinds`.
  bool of_critic() const { return views == AugmentViews::kCritic || views == AugmentViews::kAll; }

  /// Valid as long as this and its kinds stay.
  envs::Settings Describe();
};

}  // namespace curl_rl::agents
