// What an objective can be told by a config, as data that needs no LibTorch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "envs/setting.h"

namespace curl_rl::encoders {

/// What an objective looks at besides pixels: only equals are ranked together.
enum class Told {
  kPixels,     // nothing else
  kReward,     // rewards or returns too
  kSimulator,  // labels that only a simulator can give
};
constexpr envs::EnumName<Told> kTold[] = {
    {Told::kPixels, "pixels"}, {Told::kReward, "reward"}, {Told::kSimulator, "simulator"}};
inline const auto& NamesOf(Told) { return kTold; }

/// An objective in a line each.
struct ObjectiveInfo {
  std::string name;    // in configs
  std::string idea;    // one line
  std::string source;  // paper or implementation
  Told told = Told::kPixels;
};

/// What every objective has. Key in YAML: agent.<objective>.<field>.
struct ObjectiveCommon {
  double weight = 1.0;  // of its loss
  double lr = 1e-3;     // Adam's, of its own parameters and, with encoder_lr_scale, the encoder
  double encoder_lr_scale = 1.0;  // times lr for the encoder, where it steps apart from the critic
  std::int64_t update_freq = 1;   // gradient steps between its updates
  bool shuffled_positives = false;  // negative control: each anchor gets another row's positive

  envs::Settings Describe();
};

/// The settings of one objective without their type.
class ObjectiveSettings {
 public:
  virtual ~ObjectiveSettings() = default;
  virtual std::unique_ptr<ObjectiveSettings> Clone() const = 0;
  virtual ObjectiveInfo info() const = 0;
  /// Those of `common` and the objective's own, bound to this.
  virtual envs::Settings Describe() = 0;

  ObjectiveCommon common;

 protected:
  ObjectiveSettings() = default;
  ObjectiveSettings(const ObjectiveSettings&) = default;
  ObjectiveSettings& operator=(const ObjectiveSettings&) = default;
};

/// The settings of the objective whose own are `Config`: a struct with `static ObjectiveInfo
/// Info()`, `static ObjectiveCommon Common()` (its defaults) and `Settings Describe()`.
template <typename Config>
class SettingsOf : public ObjectiveSettings {
 public:
  SettingsOf() { common = Config::Common(); }
  std::unique_ptr<ObjectiveSettings> Clone() const override {
    return std::make_unique<SettingsOf>(*this);
  }
  ObjectiveInfo info() const override { return Config::Info(); }
  envs::Settings Describe() override {
    auto settings = common.Describe();
    for (auto& own : config.Describe()) settings.push_back(std::move(own));
    return settings;
  }

  Config config;
};

/// One of an agent's objectives: a value, though what it holds has many types.
class ChosenObjective {
 public:
  explicit ChosenObjective(std::unique_ptr<ObjectiveSettings> settings)
      : settings_(std::move(settings)) {}
  ChosenObjective(const ChosenObjective& other) : settings_(other.settings_->Clone()) {}
  ChosenObjective(ChosenObjective&&) noexcept = default;
  ChosenObjective& operator=(ChosenObjective other) noexcept {
    settings_ = std::move(other.settings_);
    return *this;
  }
  ObjectiveSettings& operator*() const { return *settings_; }
  ObjectiveSettings* operator->() const { return settings_.get(); }

 private:
  std::unique_ptr<ObjectiveSettings> settings_;
};

}  // namespace curl_rl::encoders
