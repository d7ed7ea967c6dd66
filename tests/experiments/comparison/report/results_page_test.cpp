// The page of results: what a campaign's section holds, and that the one in docs/ is up to date.
#include "experiments/comparison/report/results_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/files/atomic_file.h"
#include "experiments/files/csv.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

std::string Rows() {
  std::string csv = "task,method,seed,env_step,episode_return\n";
  for (const char* method : {"curl", "pixel_sac"}) {
    for (int seed = 1; seed <= 5; ++seed) {
      for (int step = 0; step <= 100000; step += 50000) {
        csv += "cartpole_swingup," + std::string(method) + "," + std::to_string(seed) + "," +
               std::to_string(step) + "," +
               std::to_string(step / 200 + seed + (method[0] == 'c' ? 100 : 0)) + "\n";
      }
    }
  }
  return csv;
}

Options Quick() {
  Options options;
  options.bootstrap.replicates = 100;
  options.curve_replicates = 100;
  return options;
}

constexpr char kRecord[] =
    R"({"campaign": "one", "question": "Does it help?", "complete": true, "device": "cpu",
        "cpu": "a CPU", "versions": {"git_commit": "abc", "torch": "1", "mujoco": "2"},
        "missing": []})";

TEST(ResultsPage, HasASectionACampaign) {
  const TemporaryDirectory directory;
  directory.Write("one.csv", Rows());
  directory.Write("one.json", kRecord);
  directory.Write("one.md", "It does, by a hundred.\n");
  directory.Write("learned.md", "Much.\n");
  directory.Write("old.csv", Rows());
  const ResultsPage page = MakeResultsPage(directory.path(), "images/results", Quick());
  EXPECT_THAT(page.markdown,
              AllOf(HasSubstr("## one\n\nDoes it help?\n\n10 of 10 runs, all finished; commit abc, "
                              "LibTorch 1, MuJoCo 2; cpu, a CPU. Again: `curl-rl sweep "
                              "experiments/campaigns/one.yaml`."),
                    HasSubstr("](images/results/one.svg)"),
                    HasSubstr("| cartpole_swingup | curl | 100k | 5 | 603 ± 2 |"),
                    HasSubstr("| cartpole_swingup | CURL | paper |"),
                    HasSubstr("It does, by a hundred.\n")));
  EXPECT_THAT(page.markdown,
              HasSubstr("| old | cartpole_swingup | pixel_sac | 1, 2, 3, 4, 5 | 100k | 501, 502, "
                        "503, 504, 505 | not recorded |"));
  EXPECT_THAT(page.markdown, HasSubstr("](images/results/one_area.svg)"));
  EXPECT_THAT(page.markdown, HasSubstr("## What was learned\n\nMuch.\n\n## one\n"));
  ASSERT_EQ(page.figures.size(), 2u);
  EXPECT_EQ(page.figures[0].name, "one");
  EXPECT_EQ(page.figures[1].name, "one_area");
  EXPECT_THAT(page.figures[0].svg, HasSubstr("pixel_sac"));
  EXPECT_EQ(MakeResultsPage(directory.path(), "images/results", Quick()).markdown, page.markdown);
}

TEST(ResultsPage, SaysWhatIsNotComplete) {
  const TemporaryDirectory directory;
  directory.Write("one.csv", Rows());
  std::string record = kRecord;
  record.replace(record.find("true"), 4, "false");
  record.replace(record.find("[]"), 2, R"(["a", "b"])");
  directory.Write("one.json", record);
  const std::string page = MakeResultsPage(directory.path(), "i", Quick()).markdown;
  EXPECT_THAT(page, HasSubstr("10 of 12 runs; **not complete**"));
  EXPECT_THAT(page, Not(HasSubstr("all finished")));
}

TEST(ResultsPage, NamesAFileThatIsNone) {
  const TemporaryDirectory directory;
  directory.Write("one.csv", Rows());
  const std::string record = directory.Write("one.json", "[1");
  EXPECT_THAT([&] { MakeResultsPage(directory.path(), "i"); },
              ThrowsMessage<InputError>(HasSubstr(record)));
}

// A page that tells of other files than those that are there would be a claim nobody measured.
TEST(ResultsPage, InDocsIsWhatTheFilesSay) {
  const std::string docs = CURL_RL_SOURCE_DIR "/docs/";
  const ResultsPage page =
      MakeResultsPage(CURL_RL_SOURCE_DIR "/experiments/results", "images/results");
  EXPECT_TRUE(page.markdown == experiments::ReadWholeFile(docs + "results.md"))
      << "docs/results.md: make it anew with `curl-rl results`";
  for (const Figure& figure : page.figures) {
    const std::string path = docs + "images/results/" + figure.name + ".svg";
    EXPECT_TRUE(figure.svg == experiments::ReadWholeFile(path)) << path;
  }
}

}  // namespace
}  // namespace curl_rl::comparison
