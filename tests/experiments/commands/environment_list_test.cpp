// The table of environments: groups, domains, columns.
#include "experiments/commands/environment_list.h"

#include <gtest/gtest.h>

#include <sstream>

namespace curl_rl::experiments {
namespace {

TEST(EnvironmentListTest, GroupsBySourceAndNamesEachDomainOnce) {
  std::ostringstream out;
  WriteEnvironmentList({{"walker_walk", "dm_control/suite/walker.py", 24, 6, 1000},
                        {"ball_in_cup_catch", "dm_control/suite/ball_in_cup.py", 8, 2, 1000},
                        {"toy_reach", "curl_rl", 2, 1, 50},
                        {"walker_run", "dm_control/suite/walker.py", 24, 6, 0}},
                       out);
  EXPECT_EQ(out.str(),
            "dm_control/suite: 3 tasks\n"
            "domain       name               state  action  limit\n"
            "ball_in_cup  ball_in_cup_catch      8       2   1000\n"
            "walker       walker_walk           24       6   1000\n"
            "             walker_run            24       6   none\n"
            "\n"
            "curl_rl: 1 task\n"
            "domain       name               state  action  limit\n"
            "             toy_reach              2       1     50\n"
            "\n");
}

TEST(EnvironmentListTest, WhatCannotBeMadeHereIsListedToo) {
  std::ostringstream out;
  WriteEnvironmentList({{"dog_walk", "dm_control/suite/dog.py", 0, 0, 0, false}}, out);
  EXPECT_EQ(out.str(),
            "dm_control/suite: 1 task\n"
            "domain  name      state  action  limit\n"
            "dog     dog_walk      ?       ?      ?\n"
            "\n");
}

TEST(EnvironmentListTest, OfNothingIsNothing) {
  std::ostringstream out;
  WriteEnvironmentList({}, out);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace curl_rl::experiments
