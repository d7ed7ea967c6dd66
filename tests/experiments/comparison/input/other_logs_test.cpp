// Logs of other programs, read as runs.
#include "experiments/comparison/input/other_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "experiments/comparison/input/load.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

LoadedRuns ParseLog(const std::string& bytes, const std::string& label = "walk:curl:3=log") {
  LoadedRuns loaded;
  ParseOtherLog(bytes, *ParseLabelledLog(label), &loaded);
  return loaded;
}

std::string Refusal(const std::string& bytes, const std::string& label = "walk:curl:3=log") {
  try {
    ParseLog(bytes, label);
  } catch (const InputError& error) {
    return error.what();
  }
  return "read";
}

TEST(OtherLogs, OfFivePrograms) {
  const std::string logs[] = {
      "Wall time,Step,Value\n1700000000.5,10000,51.5\n1700000900.5,20000,140.25\n",
      "\"Step\",\"curl seed 1 - eval/return\",\"curl seed 1 - eval/return__MIN\",\"curl seed 1 - "
      "eval/return__MAX\"\n\"10000\",\"51.5\",\"51.5\",\"51.5\"\n"
      "\"20000\",\"140.25\",\"140.25\",\"140.25\"\n",
      "#{\"t_start\": 1700000000.5, \"env_id\": \"walker\"}\nr,l,t\n51.5,10000,12.5\n"
      "140.25,10000,25.1\n",
      "episode,episode_length,episode_reward,frame,step,total_time\n0,1000,51.5,10000,5000,90.5\n"
      "20,1000,140.25,20000,10000,190.5\n",
      "{\"step\": 10000, \"mean_episode_reward\": 51.5}\n"
      "{\"step\": 20000, \"mean_episode_reward\": 140.25}\n"};
  for (const std::string& log : logs) {
    const LoadedRuns loaded = ParseLog(log);
    ASSERT_EQ(loaded.runs.size(), 1u) << log;
    const comparison::Run& run = loaded.runs.front();
    EXPECT_EQ(run.name(), "curl on walk, seed 3");
    ASSERT_EQ(run.evaluations.size(), 2u) << log;
    EXPECT_EQ(run.evaluations[0].env_step, 10000) << log;
    EXPECT_EQ(run.evaluations[1].env_step, 20000) << log;
    EXPECT_EQ(run.evaluations[0].score, 51.5) << log;
    EXPECT_EQ(run.evaluations[1].score, 140.25) << log;
  }
  EXPECT_EQ(ParseLog(logs[0]).runs.front().evaluations[1].wall_time_s, 900);
  // A step of the log may be several env steps.
  EXPECT_EQ(ParseLog(logs[4], "walk:curl:3:x8=log").runs.front().last_step(), 160000);
}

TEST(OtherLogs, ColumnsOfAPanelAreSeedsThatFollow) {
  const LoadedRuns loaded =
      ParseLog("Step,a - return,b - return\n100,1,\n200,2,20\n300,,30\n", "walk:curl:1=log");
  ASSERT_EQ(loaded.runs.size(), 2u);
  EXPECT_EQ(loaded.runs[0].seed, 1);
  EXPECT_EQ(loaded.runs[1].seed, 2);
  EXPECT_EQ(loaded.runs[1].evaluations.front().env_step, 200);
}

TEST(OtherLogs, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(Refusal("a,b\n1,2\n"), HasSubstr("no log that this program knows"));
  EXPECT_THAT(Refusal("Wall time,Step,Value\n1,2,nan\n"), HasSubstr("log:2"));
  EXPECT_THAT(Refusal("#{\"env_id\": \"walker\"}\nr,l,t\nnan,10,1\n"), HasSubstr("log:3"));
  EXPECT_THAT(Refusal("Wall time,Step,Value\n"), HasSubstr("without a value"));
  EXPECT_THAT(Refusal("Step,a\n2,1\n1,1\n"), HasSubstr("step 1 comes after 2"));
  EXPECT_THAT(Refusal("Step\n2\n"), HasSubstr("log"));
  EXPECT_THAT(Refusal("{\"step\": 1}\n"), HasSubstr("log:1: no JSON object with a number"));
  EXPECT_THAT(Refusal("{\"step\": -5, \"mean_episode_reward\": 1}\n"),
              HasSubstr("no whole number"));
  for (const std::string label : {"a:b:c=log", "a:b:1:2=log", "a:b:1:x0=log", ":b:1=log"}) {
    EXPECT_THAT([&] { ParseLabelledLog(label); }, testing::Throws<InputError>()) << label;
  }
  EXPECT_FALSE(ParseLabelledLog("runs/a,lr=3/seed_1"));
  // Without a label the file says what is missing.
  const experiments::TemporaryDirectory directory;
  const std::string path = directory.Write("tb.csv", "Wall time,Step,Value\n1,2,3\n");
  EXPECT_THAT([&] { LoadRuns({path}); },
              testing::ThrowsMessage<InputError>(HasSubstr("write TASK:METHOD:SEED=" + path)));
  EXPECT_EQ(LoadRuns({"walk:curl:1=" + path}).runs.size(), 1u);
}
}  // namespace
}  // namespace curl_rl::comparison
