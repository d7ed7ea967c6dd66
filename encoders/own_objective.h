// Objectives of users' own, as data that needs no LibTorch: what the list is to this program's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

/// What makes an objective of its settings.
using OwnMaker =
    std::function<std::shared_ptr<Objective>(const ObjectiveSettings&, const ObjectiveContext&)>;

/// An objective of a user's own: its settings with their defaults, and what makes it of them.
struct OwnObjective {
  std::function<std::unique_ptr<ObjectiveSettings>()> settings;
  OwnMaker make;
};

/// That of `Config`, which is as RegisterObjective (encoders/objective.h) asks for.
template <typename Config>
OwnObjective OwnObjectiveOf() {
  return {
      []() -> std::unique_ptr<ObjectiveSettings> { return std::make_unique<SettingsOf<Config>>(); },
      [](const ObjectiveSettings& settings, const ObjectiveContext& context) {
        return Make(dynamic_cast<const SettingsOf<Config>&>(settings).config, settings.common,
                    context);
      }};
}

/// Makes it known to configs and to MakeObjective. Throws std::invalid_argument if its name is
/// taken, or it lacks one of the two.
void RegisterOwnObjective(OwnObjective own);

/// What makes the objective `name` if it is a user's own; null: it is not.
const OwnMaker* FindOwnMaker(const std::string& name);

}  // namespace curl_rl::encoders
