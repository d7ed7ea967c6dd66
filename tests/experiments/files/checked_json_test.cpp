// Numbers in JSON that others may have written; damaged texts are tested with what they hold
// (tests/experiments/checkpoints/formats_test.cpp).
#include "experiments/files/checked_json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace curl_rl::experiments {
namespace {

TEST(WholeNumber, RefusesWhatWouldBeConverted) {
  EXPECT_EQ(WholeNumber(nlohmann::json(-5)), -5);
  EXPECT_EQ(WholeNumber(nlohmann::json(7u)), 7);
  for (const nlohmann::json& bad :
       {nlohmann::json(1.0), nlohmann::json("1"), nlohmann::json(true), nlohmann::json(),
        nlohmann::json(std::numeric_limits<std::uint64_t>::max())}) {
    EXPECT_THROW(WholeNumber(bad), nlohmann::json::type_error) << bad;
  }
}

}  // namespace
}  // namespace curl_rl::experiments
