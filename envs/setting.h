// How a setting is described: beside the struct that holds it, as plain data. Whoever reads,
// checks, lists, writes or compares settings walks these descriptions.
//
//   struct SacConfig {
//     double actor_lr = 1e-3;
//     Settings Describe() {
//       return {{"actor_lr", &actor_lr, Between(0, 1), "", "of the actor", Role::kOutcome}};
//     }
//   };
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace curl_rl::envs {

/// What a setting decides. Whether two runs are the same run, the same method or share a folder
/// follows from the roles of the settings in which they differ, and from nothing else.
enum class Role {
  kTask,     // what is to be learned: environment, observations, rewards
  kOutcome,  // how it is learned: another value is another method
  kBudget,   // how long and how often something is written: more of the same run
  kMachine,  // where and how fast: results are equal, or equal but for rounding
  kLabel,    // names and places
};

/// The names of an enum's values, one table an enum, found by argument-dependent lookup:
///   constexpr EnumName<Schedule> kSchedules[] = {{Schedule::kReference, "reference"}, …};
///   inline const auto& NamesOf(Schedule) { return kSchedules; }
template <typename Enum>
struct EnumName {
  Enum value;
  const char* name;
};

constexpr EnumName<Role> kRoles[] = {{Role::kTask, "task"},
                                     {Role::kOutcome, "outcome"},
                                     {Role::kBudget, "budget"},
                                     {Role::kMachine, "machine"},
                                     {Role::kLabel, "label"}};
inline const auto& NamesOf(Role) { return kRoles; }

/// The name of `value`.
template <typename Enum>
const char* NameOf(Enum value) {
  for (const auto& entry : NamesOf(value)) {
    if (entry.value == value) return entry.name;
  }
  return "?";
}

/// An enum seen without its type: its value is the index of one of `names`.
struct Choice {
  std::vector<std::string> names;
  std::function<std::size_t()> get;
  std::function<void(std::size_t)> set;
};

template <typename Enum>
Choice ChoiceOf(Enum& value) {
  Choice choice;
  for (const auto& entry : NamesOf(value)) choice.names.emplace_back(entry.name);
  choice.get = [&value] {
    std::size_t index = 0;
    for (const auto& entry : NamesOf(value)) {
      if (entry.value == value) break;
      ++index;
    }
    return index;
  };
  choice.set = [&value](std::size_t index) { value = std::begin(NamesOf(value))[index].value; };
  return choice;
}

/// Which of some parts, by `names`, are there, in order, seen without their types. Each has
/// settings of its own: after `set` describe anew what was described before.
struct Selection {
  std::vector<std::string> names;
  std::function<std::vector<std::string>()> get;
  std::function<void(const std::vector<std::string>&)> set;
};

/// Where a setting's value lives; the struct must outlive the description.
using SettingValue = std::variant<std::int64_t*, double*, bool*, std::string*,
                                  std::vector<std::string>*, Choice, Selection>;

/// Numbers in [min, max]; min == max: any value of its type.
struct Allowed {
  double min = 0.0;
  double max = 0.0;
  bool has_range() const { return max > min; }
};
inline Allowed Between(double min, double max) { return {min, max}; }
inline Allowed Anything() { return {}; }

struct Setting {
  // A constructor, so that a setting without a role does not compile.
  Setting(std::string its_name, SettingValue its_value, Allowed its_allowed, std::string its_unit,
          std::string its_meaning, Role its_role, std::vector<std::string> its_aliases = {})
      : name(std::move(its_name)),
        value(std::move(its_value)),
        allowed(its_allowed),
        unit(std::move(its_unit)),
        meaning(std::move(its_meaning)),
        role(its_role),
        aliases(std::move(its_aliases)) {}

  std::string name;  // in its struct; with those around it once joined: "agent.sac.actor_lr"
  SettingValue value;
  Allowed allowed;
  std::string unit;     // "": a plain number, or no number
  std::string meaning;  // one line
  Role role;
  std::vector<std::string> aliases;  // whole keys of earlier versions: "agent.actor_lr"
};
using Settings = std::vector<Setting>;

/// Adds the settings of `section` to `settings` as `name`.<setting>.
inline void AddSection(Settings& settings, const std::string& name, Settings section) {
  for (auto& setting : section) {
    setting.name = name + "." + setting.name;
    settings.push_back(std::move(setting));
  }
}

}  // namespace curl_rl::envs
