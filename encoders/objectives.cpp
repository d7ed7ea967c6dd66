// Finds objectives by name: those of the list and those that a user's program or plug-in added.
#include "encoders/objectives.h"

#include <map>
#include <stdexcept>
#include <utility>

#include "encoders/own_objective.h"
#include "envs/nearest_name.h"

namespace curl_rl::encoders {
namespace {

using Maker = std::function<std::unique_ptr<ObjectiveSettings>()>;

template <typename... Configs>
std::vector<Maker> MakersOf(const std::tuple<Configs...>* /*types*/) {
  return {[]() -> std::unique_ptr<ObjectiveSettings> {
    return std::make_unique<SettingsOf<Configs>>();
  }...};
}

std::vector<Maker>& Makers() {
  static std::vector<Maker> makers = MakersOf(static_cast<const ObjectiveList*>(nullptr));
  return makers;
}

std::map<std::string, OwnMaker>& OwnMakers() {
  static std::map<std::string, OwnMaker> makers;
  return makers;
}

}  // namespace

envs::Settings ObjectiveCommon::Describe() {
  using envs::Anything, envs::Between, envs::Role;
  return {
      {"weight", &weight, Between(0, 1e6), "", "of its loss", Role::kOutcome},
      {"lr", &lr, Between(0, 1), "", "learning rate of its step: encoder and own parameters",
       Role::kOutcome},
      {"encoder_lr_scale", &encoder_lr_scale, Between(0, 100), "",
       "times lr for the encoder, where it steps apart from the critic", Role::kOutcome},
      {"update_freq", &update_freq, Between(1, 1e6), "gradient steps", "between its updates",
       Role::kOutcome},
      {"shuffled_positives", &shuffled_positives, Anything(), "",
       "negative control: each anchor gets another row's positive", Role::kOutcome},
  };
}

std::unique_ptr<ObjectiveSettings> MakeObjectiveSettings(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& maker : Makers()) {
    auto settings = maker();
    if (settings->info().name == name) return settings;
    names.push_back(settings->info().name);
  }
  std::string list;
  for (const auto& known : names) list += (list.empty() ? "" : ", ") + known;
  throw std::invalid_argument("got '" + name + "', allowed: " + list +
                              envs::DidYouMean(name, names));
}

std::vector<ObjectiveInfo> ObjectiveInfos() {
  std::vector<ObjectiveInfo> infos;
  for (const auto& maker : Makers()) infos.push_back(maker()->info());
  return infos;
}

void RegisterObjectiveSettings(Maker make) {
  const auto name = make()->info().name;
  for (const auto& info : ObjectiveInfos()) {
    if (info.name == name) throw std::invalid_argument("objective '" + name + "' exists already");
  }
  Makers().push_back(std::move(make));
}

// Declared with LibTorch in encoders/objective.h; what makes an objective is kept here, where it
// needs none.
void RegisterObjectiveMaker(const std::string& name, OwnMaker make) {
  OwnMakers()[name] = std::move(make);
}

void RegisterOwnObjective(OwnObjective own) {
  if (!own.settings || !own.make) throw std::invalid_argument("an objective that lacks a function");
  const auto settings = own.settings();
  if (!settings) throw std::invalid_argument("an objective without settings");
  const auto name = settings->info().name;
  RegisterObjectiveSettings(std::move(own.settings));
  RegisterObjectiveMaker(name, std::move(own.make));
}

const OwnMaker* FindOwnMaker(const std::string& name) {
  const auto found = OwnMakers().find(name);
  return found != OwnMakers().end() ? &found->second : nullptr;
}

}  // namespace curl_rl::encoders
