// What a sweep shows: progress read from the files of runs, the table, how work is shared out.
#include "experiments/sweep/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/sweep/resources.h"
#include "experiments/sweep/run_log.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t Characters(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

TEST(RunLog, TellsOfTheNewestStartOnly) {
  const TemporaryDirectory directory;
  const std::string before = "curl-rl: an old error\n";
  const std::string log = directory.Write("log", before);
  const auto offset = static_cast<std::int64_t>(before.size());
  EXPECT_THAT(LastLines(log, offset, 3), ElementsAre());
  directory.Write("log", before + "\none\ntwo\n\nthree\n");
  EXPECT_THAT(LastLines(log, offset, 2), ElementsAre("two", "three"));
  EXPECT_EQ(FileSize(directory.File("none")), 0);
}

TEST(RunLog, NewestEvaluationIsTheMeanOfItsEpisodes) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(NewestEvaluation(directory.path()).has_value());
  directory.Write("eval.csv", "env_step,episode,episode_return,wall_time_s\n");
  EXPECT_FALSE(NewestEvaluation(directory.path()).has_value());
  directory.Write("eval.csv",
                  "env_step,episode,episode_return,wall_time_s\n0,0,5,1\n0,1,7,1\n"
                  "1000,0,10,2\n1000,1,20,2\n");
  EXPECT_EQ(NewestEvaluation(directory.path()), 15.0);
}

// As any table: by the names of its columns, whole lines only, however long it is.
TEST(RunLog, FindsColumnsByNameInTheTailOfALongTable) {
  const TemporaryDirectory directory;
  std::string text = "env_step,wall_time_s,episode_return,note\n";
  for (int step = 1; step <= 2000; ++step) text += std::to_string(step) + ",1,5,\"a,b\"\n";
  directory.Write("eval.csv", text + "2001,2,10,x\n2001,2,20,x\n2001,2,9");
  EXPECT_EQ(NewestEvaluation(directory.path()), 15.0);
  directory.Write("train.csv", text + "2001,2,10,x\n20");
  EXPECT_EQ(NewestProgress(directory.path())->env_step, 2001);
  EXPECT_EQ(NewestProgress(directory.path())->env_steps_per_second, 0.0);  // it has no such column
}

TEST(RunLog, NewestProgressIsThatOfTheLastRow) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(NewestProgress(directory.path()).has_value());
  directory.Write("train.csv", "env_step,agent_step,env_steps_per_s\n");
  EXPECT_FALSE(NewestProgress(directory.path()).has_value());
  directory.Write("train.csv", "env_step,agent_step,env_steps_per_s\n1000,10,5\n2000,20,7.5\n");
  EXPECT_EQ(NewestProgress(directory.path())->env_step, 2000);
  EXPECT_EQ(NewestProgress(directory.path())->env_steps_per_second, 7.5);
}

class TableTest : public testing::Test {
 protected:
  TableTest() {
    for (int i = 0; i < 30; ++i) {
      Element element;
      element.method = "curl,batch_size=128";
      element.config.seed = i;
      element.config.env_steps = 1000;
      elements_.push_back(element);
    }
    for (const Element& element : elements_) {
      rows_.push_back({&element, RowState::kWaiting, false, {0, 0}, NAN});
    }
    rows_[0].state = RowState::kFinished;
    rows_[0].evaluation = 812.125;
    rows_[20].state = RowState::kRunning;
    rows_[20].progress = {500, 50};
    rows_[25].state = RowState::kFailed;
  }

  std::vector<Element> elements_;
  std::vector<SweepRow> rows_;
};

TEST_F(TableTest, ShowsARunALine) {
  const auto lines = TableLines(rows_, 1, 100, 200);
  ASSERT_EQ(lines.size(), 32u);
  // 28 runs of 1000 steps to go, half of one done, at 50/s: 27.5 x 20 s.
  EXPECT_EQ(lines[0], "30 runs: 1 finished, 1 running, 27 waiting, 1 FAILED; about 9:10 left");
  EXPECT_THAT(lines[2], AllOf(HasSubstr("finished"), HasSubstr("100 %"), HasSubstr("812.1")));
  EXPECT_THAT(lines[22],
              AllOf(HasSubstr("running"), HasSubstr("50 %"), HasSubstr("50/s"), HasSubstr("0:10")));
}

// Quick random decisions, slow updates: what a run does at the moment says little of the rest.
TEST_F(TableTest, WholeRunsTellHowLongTheOthersTake) {
  rows_[0].seconds = 100;
  EXPECT_THAT(SummaryLine(rows_, 1), HasSubstr("; about 45:50 left"));  // 27.5 x 100 s
  EXPECT_THAT(SummaryLine(rows_, 2), HasSubstr("; about 22:55 left"));
  rows_[0].seconds = 0;  // resumed, or done before
  EXPECT_THAT(SummaryLine(rows_, 1), HasSubstr("; about 9:10 left"));
}

TEST_F(TableTest, FitsTheWindowAndKeepsWhatMatters) {
  const auto lines = TableLines(rows_, 1, 10, 76);
  EXPECT_LE(lines.size(), 10u);
  std::string all;
  for (const std::string& line : lines) {
    EXPECT_LE(Characters(line), 76u) << line;
    all += line + "\n";
  }
  EXPECT_THAT(all, AllOf(HasSubstr("running "), HasSubstr("FAILED "), HasSubstr("and 23 more")));
  EXPECT_THAT(all, AllOf(HasSubstr("evaluation"), HasSubstr(" 50/s"), HasSubstr("0:10")));
  EXPECT_THAT(all, Not(HasSubstr("812.1")));
}

TEST(ShareOut, TakesOneRunACore) {
  Element run;
  run.footprint = {1'000'000, 100'000'000, 10'000'000};
  const std::vector<Element> runs(12, run);
  const Machine large{16, 64'000'000'000, {}};
  EXPECT_EQ(ShareOut(runs, 0, large).jobs, 12);
  EXPECT_EQ(ShareOut(runs, 0, large).threads, 1);
  EXPECT_EQ(ShareOut({run, run, run}, 0, large).threads, 5);
  EXPECT_EQ(ShareOut(runs, 3, large).jobs, 3);
  EXPECT_EQ(ShareOut(runs, 0, {2, 64'000'000'000, {}}).jobs, 2);
  EXPECT_EQ(ShareOut({run}, 8, large).jobs, 1);
}

TEST(ShareOut, HeedsMemoryThreadsAndGpus) {
  Element pixels;
  pixels.footprint = {62501LL * 30000, 120'000'000, 2'000'000'000};
  const Machine machine{16, 16'000'000'000, {}};
  const std::int64_t bytes = EstimateBytes(pixels, machine);
  EXPECT_GT(bytes, 62501LL * 30000 + 2'120'000'000);
  EXPECT_EQ(ShareOut(std::vector<Element>(8, pixels), 0, machine).jobs,
            static_cast<int>(machine.available_bytes / bytes));
  EXPECT_EQ(ShareOut({pixels, pixels}, 0, {16, 1000, {}}).jobs, 1);  // one is always tried
  Element wide;
  wide.config.threads = 8;
  EXPECT_EQ(ShareOut({wide, wide, wide}, 0, machine).jobs, 2);
}

}  // namespace
}  // namespace curl_rl::experiments
