// A campaign's file with whatever a key cannot be: always a message with the place, never anything
// else; and every key of a config at and beyond its bounds in `settings`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/sweep/campaign.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Keys = std::map<std::string, std::string>;

const Keys kSound = {{"campaign", "c"},           {"question", "q"},     {"configs", "[toy.yaml]"},
                     {"tasks", "[toy_reach]"},    {"methods", "[curl]"}, {"seeds", "1"},
                     {"settings", "{threads: 1}"}};

class CampaignBounds : public testing::Test {
 protected:
  // What is said of the campaign with these keys; "": it is a grid of runs.
  std::string Said(const Keys& keys) {
    std::string text;
    for (const auto& [key, value] : keys) {
      text += key;
      text += ": " + value + "\n";
    }
    path_ = directory_.Write("c.yaml", text);
    try {
      const auto campaign = ReadCampaign(path_);
      // A file that is no YAML is told by who reads it as a config.
      if (!campaign) return path_ + ": no campaign";
      ExpandGrid(campaign->grid);
      return "";
    } catch (const UsageError& error) {  // anything else fails the test
      return error.what();
    }
  }

  std::string SaidOf(const std::string& key, const std::string& value) {
    Keys keys = kSound;
    keys[key] = value;
    return Said(keys);
  }

  TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(CampaignBounds, OddValuesOfEveryKeyAreRefusedInWords) {
  ASSERT_EQ(Said(kSound), "");
  const std::string long_word(200000, 'x');
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  for (const auto& sound : kSound) {
    for (const std::string& value :
         {std::string(), std::string("~"), std::string("[]"), std::string("{}"), std::string("[~]"),
          std::string("[[a]]"), std::string("[{a: b}]"), std::string("{a: ~}"),
          std::string("{a: {b: c}}"), std::string("{a: [[1]]}"), std::string("{[a]: 1}"),
          std::string("['']"), std::string("&a [*a]"), std::string("!!binary aGk="), deep,
          std::string("[a, a]"), std::string("../..")}) {
      // A question may be any text.
      if (sound.first == "question" && (value == "../.." || value[0] == '!')) continue;
      if (sound.first == "settings" && value == "{}") continue;  // none
      EXPECT_NE(SaidOf(sound.first, value), "") << sound.first << ": " << value.substr(0, 20);
    }
    if (sound.first == "question") continue;
    const std::string said = SaidOf(sound.first, long_word);
    EXPECT_NE(said, "") << sound.first;
    EXPECT_LT(said.size(), 2000u) << sound.first << ": the whole word is in the message";
  }
}

TEST_F(CampaignBounds, SeedsAreWholeNumbersOf32BitsInOrderAndNotTooMany) {
  for (const char* seeds : {"0", "4294967295", "[0, 4294967295]", "4294967290-4294967295"}) {
    EXPECT_EQ(SaidOf("seeds", seeds), "") << seeds;
  }
  for (const char* seeds : {"-1", "4294967296", "1.5", "nan", "1e3", "1-", "'-'", "2-1", "1-2-3",
                            "[1, 1]", "1,1", "0-4294967295", "99999999999999999999", "0x10"}) {
    EXPECT_THAT(SaidOf("seeds", seeds), StartsWith(path_ + ":5:")) << seeds;
  }
}

// "0.1 is out of range" is said of a campaign as it is of a config.
TEST_F(CampaignBounds, EveryNumberOfAConfigBeyondItsBoundsIsRefused) {
  const EveryKey keys;
  int numbers = 0;
  for (std::size_t i = 0; i < keys.settings().size(); i += 4) {
    const envs::Setting& setting = keys.settings()[i];
    const bool integer = std::holds_alternative<std::int64_t*>(setting.value);
    if (!integer && !std::holds_alternative<double*>(setting.value)) continue;
    ++numbers;
    const double least = setting.allowed.min, most = setting.allowed.max;
    for (const double beyond : {integer ? least - 1 : std::nextafter(least, -INFINITY),
                                integer ? most + 1 : std::nextafter(most, INFINITY)}) {
      if (beyond == least || beyond == most) continue;
      char value[64];
      std::snprintf(value, sizeof value, "%.17g", beyond);
      const std::string said = SaidOf("settings", "{" + setting.name + ": " + value + "}");
      EXPECT_THAT(said, testing::AnyOf(HasSubstr(setting.name + " is out of range: got "),
                                       HasSubstr("which is not chosen"),
                                       HasSubstr(setting.name + ": expected ")))
          << setting.name << " = " << value;
    }
    EXPECT_NE(SaidOf("settings", "{" + setting.name + ": [nan, ten]}"), "") << setting.name;
  }
  EXPECT_GT(numbers, 10);
}

}  // namespace
}  // namespace curl_rl::experiments
