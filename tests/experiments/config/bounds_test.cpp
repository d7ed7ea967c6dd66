// Every key at its bounds and beyond, and with what is no value of it, by every way in which one is
// given: a file, an override (of train, config and sweep), a run's own config.yaml (resume).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/recorded.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace {

using envs::Setting;
using testing::AnyOf;
using testing::HasSubstr;

// A config is read in a tenth of a second under AddressSanitizer, and there are thousands here: it
// is shown every 32nd key.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kStep = 32;
#else
constexpr std::size_t kStep = 1;
#endif

// The keys that are gone through, all of `keys` where time allows.
std::vector<Setting> Chosen(const EveryKey& keys) {
  std::vector<Setting> chosen;
  for (std::size_t i = 0; i < keys.settings().size(); i += kStep) {
    chosen.push_back(keys.settings()[i]);
  }
  return chosen;
}

// "agent.sac.critic_lr" with a value as YAML of nested maps.
std::string AsFile(const std::string& key, const std::string& value) {
  std::string text;
  std::string indent;
  std::size_t begin = 0;
  for (std::size_t dot; (dot = key.find('.', begin)) != std::string::npos; begin = dot + 1) {
    text += indent + key.substr(begin, dot - begin) + ":\n";
    indent += "  ";
  }
  return text + indent + key.substr(begin) + ": " + value + "\n";
}

// A run's config.yaml whose line of `key` has another value.
std::string AsRun(const std::string& key, const std::string& value) {
  static const std::string text = WriteConfig({});
  const std::string name = key.substr(key.rfind('.') + 1);
  const std::string indent(2 * static_cast<std::size_t>(std::count(key.begin(), key.end(), '.')),
                           ' ');
  // The line stands behind that of its section.
  std::size_t from = 0;
  if (!indent.empty()) {
    const std::string parent = key.substr(0, key.rfind('.'));
    from = text.find("\n" + indent.substr(2) + parent.substr(parent.rfind('.') + 1) + ":\n");
    if (from == std::string::npos) return "";  // of a part that is not chosen
  }
  const auto line = text.find("\n" + indent + name + ": ", from);
  if (line == std::string::npos) return "";
  return text.substr(0, line + 1) + indent + name + ": " + value +
         text.substr(text.find('\n', line + 1));
}

// What is said of a value, by each way; "": it was taken.
std::vector<std::string> Refusals(const std::string& key, const std::string& value) {
  std::vector<std::string> refusals;
  const auto ask = [&](const auto& read) {
    try {
      read();
      refusals.emplace_back();
    } catch (const UsageError& error) {  // anything else fails the test
      refusals.emplace_back(error.what());
    }
  };
  ask([&] { ParseConfig(AsFile(key, value), "c.yaml"); });
  ask([&] { ReadConfig("", {key + "=" + value}); });
  if (const std::string run = AsRun(key, value); !run.empty()) {
    ask([&] { ParseConfig(run, "config.yaml"); });
    RecordedConfig(run, "config.yaml");  // as `compare` reads it: never refused, never a crash
  }
  return refusals;
}

std::string Digits(double value) {
  char text[64];
  if (std::trunc(value) == value && std::abs(value) < 1e15) {
    std::snprintf(text, sizeof text, "%.0f", value);
  } else {
    std::snprintf(text, sizeof text, "%.17g", value);
  }
  return text;
}

TEST(Bounds, ANumberIsTakenAtItsBoundsAndRefusedBeyond) {
  const EveryKey keys;
  int numbers = 0;
  for (const Setting& setting : Chosen(keys)) {
    const bool integer = std::holds_alternative<std::int64_t*>(setting.value);
    if (!integer && !std::holds_alternative<double*>(setting.value)) continue;
    ++numbers;
    const auto [least, most] = setting.allowed;
    ASSERT_TRUE(setting.allowed.has_range()) << setting.name << ": a number without bounds";
    for (const double bound : {least, most}) {
      for (const std::string& said : Refusals(setting.name, Digits(bound))) {
        // What ties keys together may still refuse it.
        EXPECT_EQ(said.find("out of range"), std::string::npos) << said;
        EXPECT_EQ(said.find("expected "), std::string::npos) << said;
      }
    }
    const double below = integer ? least - 1 : std::nextafter(least, -INFINITY);
    const double above = integer ? most + 1 : std::nextafter(most, INFINITY);
    for (const double beyond : {below, above}) {
      if (beyond == least || beyond == most) continue;  // no such number in 53 bits
      for (const std::string& said : Refusals(setting.name, Digits(beyond))) {
        EXPECT_THAT(said, AnyOf(HasSubstr(setting.name + " is out of range: got "),
                                HasSubstr("which is not chosen")))
            << setting.name << " = " << Digits(beyond);
      }
    }
  }
  EXPECT_GT(numbers, 50 / static_cast<int>(kStep));
}

TEST(Bounds, WhatIsNoNumberIsRefusedForEveryNumber) {
  const EveryKey keys;
  for (const Setting& setting : Chosen(keys)) {
    const bool integer = std::holds_alternative<std::int64_t*>(setting.value);
    if (!integer && !std::holds_alternative<double*>(setting.value)) continue;
    for (const std::string value : {"", "~", "nan", ".nan", "NaN", "inf", "-.inf", "1e400",
                                    "-1e400", "0x10", "1_000", "1,5", "ten", "[1]", "{a: 1}", "'1'",
                                    "true", "9223372036854775808", "99999999999999999999999999"}) {
      for (const std::string& said : Refusals(setting.name, value)) {
        EXPECT_THAT(said, AnyOf(HasSubstr(setting.name + ": expected "),
                                HasSubstr(setting.name + " is out of range"),
                                HasSubstr("which is not chosen"), HasSubstr("not valid YAML"),
                                HasSubstr("override")))
            << setting.name << " = '" << value << "'";
      }
    }
    if (!integer) continue;
    for (const std::string& said : Refusals(setting.name, "1.5")) {
      EXPECT_THAT(said, AnyOf(HasSubstr("expected "), HasSubstr("not chosen"))) << setting.name;
    }
  }
}

TEST(Bounds, WordsListsAndTruthsAreRefusedByTheirType) {
  const EveryKey keys;
  for (const Setting& setting : Chosen(keys)) {
    if (std::holds_alternative<bool*>(setting.value)) {
      for (const std::string value : {"", "yes", "1", "True", "nan", "[true]", "'true'"}) {
        for (const std::string& said : Refusals(setting.name, value)) {
          EXPECT_NE(said, "") << setting.name << " = '" << value << "'";
        }
      }
    } else if (std::holds_alternative<envs::Choice>(setting.value) ||
               std::holds_alternative<envs::Selection>(setting.value)) {
      for (const std::string value : {"", "nonsense", "[nonsense]", "{a: b}", "1e400", "[[]]"}) {
        for (const std::string& said : Refusals(setting.name, value)) {
          EXPECT_NE(said, "") << setting.name << " = '" << value << "'";
        }
      }
    } else {
      for (const std::string value : {"{a: b}", "[[a]]", "\"a\\0b\"", "\"a\\nb\""}) {
        Refusals(setting.name, value);  // taken or refused, nothing else
      }
    }
  }
}

}  // namespace
}  // namespace curl_rl::experiments
