// Numbers in JSON that others may have written; damaged texts are tested with what they hold
// (tests/experiments/checkpoints/formats_test.cpp).
#include "experiments/files/checked_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace curl_rl::experiments {
namespace {

TEST(WholeNumber, RefusesWhatWouldBeConverted) {
  EXPECT_EQ(WholeNumber(nlohmann::json(-5), "k"), -5);
  EXPECT_EQ(WholeNumber(nlohmann::json(7u), "k"), 7);
  for (const nlohmann::json& bad :
       {nlohmann::json(1.0), nlohmann::json("1"), nlohmann::json(true), nlohmann::json(),
        nlohmann::json(std::numeric_limits<std::uint64_t>::max())}) {
    EXPECT_THROW(WholeNumber(bad, "k"), nlohmann::json::type_error) << bad;
  }
}

// A damaged manifest was told without the key whose value was wrong.
TEST(NumbersOfJson, AreRefusedByTheirKey) {
  const auto refused = [](const std::function<void()>& read, const std::string& text) {
    EXPECT_THAT(read, testing::ThrowsMessage<nlohmann::json::type_error>(testing::HasSubstr(text)));
  };
  const nlohmann::json word = "twelve";
  refused([&] { WholeNumber(word, "episode"); }, "episode is \"twelve\", a whole number is needed");
  refused([&] { Number(word, "wall_time_s"); }, "wall_time_s is \"twelve\", a number is needed");
  refused([&] { Flag(word, "best"); }, "best is \"twelve\", true or false is needed");
  refused([&] { Number(nlohmann::json(std::string(100, '\xff')), "k"); },
          "..., a number is needed");
  EXPECT_EQ(Number(nlohmann::json(3), "k"), 3.0);
  EXPECT_TRUE(Flag(nlohmann::json(true), "k"));
}

}  // namespace
}  // namespace curl_rl::experiments
