// Checks YAML values against settings.
#include "experiments/config/setting_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "envs/nearest_name.h"
#include "experiments/config/config_schema.h"

namespace curl_rl::experiments {
namespace {

using envs::Setting;

// Digits, or another spelling (1e5, 2.0) of a number that is integral and that double holds
// exactly.
std::optional<std::int64_t> ParseInteger(const YAML::Node& node) {
  const std::optional<double> number = ParseNumber(node);
  if (!number) return std::nullopt;
  const std::string& text = node.Scalar();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::trunc(*number) != *number || std::abs(*number) > kExact) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

// One value of one setting, with what is said of a wrong one.
class Parser {
 public:
  Parser(const Setting& setting, const YAML::Node& node, const YamlSource& source)
      : setting_(setting), node_(node), source_(source) {}

  ParsedValue operator()(const std::int64_t* /*integer*/) const {
    const auto value = ParseInteger(node_);
    if (!value) FailType();
    CheckRange(static_cast<double>(*value));
    return *value;
  }
  ParsedValue operator()(const double* /*number*/) const {
    const auto value = ParseNumber(node_);
    if (!value) FailType();
    CheckRange(*value);
    return *value;
  }
  ParsedValue operator()(const bool* /*truth*/) const {
    const std::string text = node_.IsScalar() && node_.Tag() != "!" ? node_.Scalar() : "";
    if (text != "true" && text != "false") FailType();
    return text == "true";
  }
  ParsedValue operator()(const std::string* /*text*/) const {
    if (!node_.IsScalar()) FailType();
    return node_.Scalar();
  }
  ParsedValue operator()(const std::vector<std::string>* /*texts*/) const { return Texts(); }
  ParsedValue operator()(const envs::Choice& choice) const {
    if (!node_.IsScalar()) FailType();
    return IndexOf(node_, choice.names);
  }
  ParsedValue operator()(const envs::Selection& selection) const {
    auto names = Texts();
    for (auto name = names.begin(); name != names.end(); ++name) {
      const YAML::Node item = node_[static_cast<std::size_t>(name - names.begin())];
      IndexOf(item, selection.names);
      if (std::find(names.begin(), name, *name) != name) {
        source_.Fail(item.Mark(), setting_.name + ": '" + *name + "' is there twice");
      }
    }
    return names;
  }

 private:
  [[noreturn]] void FailType() const {
    std::string allowed = AllowedText(setting_);
    if (!allowed.empty()) allowed = " (" + allowed + ")";
    source_.Fail(node_.Mark(), setting_.name + ": expected " + TypeName(setting_) + allowed +
                                   ", got " + Describe(node_));
  }

  void CheckRange(double value) const {
    const auto& allowed = setting_.allowed;
    if (!allowed.has_range() || (value >= allowed.min && value <= allowed.max)) return;
    source_.Fail(node_.Mark(), setting_.name + " is out of range: got " + node_.Scalar() +
                                   ", allowed " + AllowedText(setting_) +
                                   (setting_.unit.empty() ? "" : " " + setting_.unit));
  }

  std::vector<std::string> Texts() const {
    if (!node_.IsSequence()) FailType();
    std::vector<std::string> texts;
    for (const YAML::Node& item : node_) {
      if (!item.IsScalar()) FailType();
      texts.push_back(item.Scalar());
    }
    return texts;
  }

  std::size_t IndexOf(const YAML::Node& item, const std::vector<std::string>& names) const {
    const auto found = std::find(names.begin(), names.end(), item.Scalar());
    if (found == names.end()) {
      source_.Fail(item.Mark(), setting_.name + " cannot be " + Describe(item) +
                                    ", allowed: " + AllowedText(setting_) +
                                    envs::DidYouMean(Shown(item.Scalar()), names));
    }
    return static_cast<std::size_t>(found - names.begin());
  }

  const Setting& setting_;
  const YAML::Node& node_;
  const YamlSource& source_;
};

}  // namespace

ParsedValue ParseValue(const Setting& setting, const YAML::Node& node, const YamlSource& source) {
  return std::visit(Parser(setting, node, source), setting.value);
}

void SetValue(const Setting& setting, const ParsedValue& value) {
  if (const auto* choice = std::get_if<envs::Choice>(&setting.value)) {
    choice->set(std::get<std::size_t>(value));
  } else if (const auto* selection = std::get_if<envs::Selection>(&setting.value)) {
    selection->set(std::get<std::vector<std::string>>(value));
  } else {
    std::visit(
        [&](const auto& place) {
          using T = std::decay_t<decltype(place)>;
          if constexpr (std::is_pointer_v<T>) *place = std::get<std::remove_pointer_t<T>>(value);
        },
        setting.value);
  }
}

void CopyValue(const envs::Setting& from, const envs::Setting& to) {
  const auto value = std::visit(
      [](const auto& place) -> ParsedValue {
        using T = std::decay_t<decltype(place)>;
        if constexpr (std::is_pointer_v<T>) {
          return *place;
        } else {
          return place.get();
        }
      },
      from.value);
  SetValue(to, value);
}

}  // namespace curl_rl::experiments
