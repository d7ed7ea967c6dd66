// The settings of augmentations: which, on what, and each one's own.
#include "agents/augment_config.h"

#include <algorithm>
#include <utility>

namespace curl_rl::agents {
namespace {

// Kinds that stay keep their settings.
envs::Selection SelectionOf(std::vector<encoders::AugmentationSpec>& kinds) {
  envs::Selection selection;
  for (const auto& info : encoders::AugmentationInfos()) selection.names.push_back(info.name);
  selection.get = [&kinds] {
    std::vector<std::string> names;
    for (const auto& spec : kinds) names.push_back(spec.kind);
    return names;
  };
  selection.set = [&kinds](const std::vector<std::string>& names) {
    std::vector<encoders::AugmentationSpec> chosen;
    for (const auto& name : names) {
      const auto before = std::find_if(kinds.begin(), kinds.end(),
                                       [&](const auto& spec) { return spec.kind == name; });
      chosen.push_back(before != kinds.end() ? *before : encoders::DefaultAugmentation(name));
    }
    kinds = std::move(chosen);
  };
  return selection;
}

}  // namespace

envs::Settings AugmentConfig::Describe() {
  using envs::Anything, envs::ChoiceOf, envs::Role;
  envs::Settings settings = {
      {"kinds", SelectionOf(kinds), Anything(), "", "augmentations, one after the other",
       Role::kOutcome},
      {"views", ChoiceOf(views), Anything(), "",
       "what is augmented: an objective's key, its anchor too, the critic's pictures (RAD), or all",
       Role::kOutcome},
      {"acting", ChoiceOf(acting), Anything(), "",
       "what acting in training sees under translate: as evaluation, or RAD's whole frame",
       Role::kOutcome},
  };
  for (auto& spec : kinds) AddSection(settings, spec.kind, spec.Describe());
  return settings;
}

}  // namespace curl_rl::agents
