// The report as files: self-contained, the same bytes every time, whole or not at all.
#include "experiments/comparison/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "experiments/comparison/report/plot.h"
#include "experiments/comparison/report/raster.h"
#include "experiments/comparison/statistics/format.h"
#include "tests/experiments/comparison/made_runs.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::HasSubstr;
using testing::Not;

Dataset Example() {
  std::vector<Run> runs = MakeRuns("cartpole_swingup", "a<b", 800, 5);
  Append(MakeRuns("cartpole_swingup", "plain", 500, 5), &runs);
  Append(MakeRuns("walker_walk", "a<b", 900, 5), &runs);
  Append(MakeRuns("walker_walk", "plain", 400, 5), &runs);
  return MakeDataset(runs, {});
}

Report Make(const Dataset& dataset, int threads, int smooth = 1) {
  Options options;
  options.bootstrap.replicates = 300;
  options.bootstrap.threads = threads;
  options.published = true;
  options.smooth = smooth;
  return MakeReport(dataset, Analyse(dataset, options), options, {{"x.csv", 0}});
}

TEST(Report, IsTheSameBytesAtAnyThreadCount) {
  const Dataset dataset = Example();
  const Report one = Make(dataset, 1);
  const Report three = Make(dataset, 3);
  EXPECT_EQ(ToHtml(one), ToHtml(three));
  for (std::size_t i = 0; i < one.data.size(); ++i) {
    EXPECT_EQ(ToCsv(one.data[i]), ToCsv(three.data[i]));
  }
}

TEST(Report, NeedsNoNetwork) {
  std::string html = ToHtml(Make(Example(), 1));
  EXPECT_THAT(html, HasSubstr("http://www.w3.org/2000/svg"));  // a name, not an address
  for (const char* text : {"<script", "<link", "<img", "src=", "href=", "url(", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(text))) << text;
  }
}

TEST(Report, EscapesNames) {
  const std::string html = ToHtml(Make(Example(), 1));
  EXPECT_THAT(html, HasSubstr("a&lt;b"));
  EXPECT_THAT(html, Not(HasSubstr("a<b")));
}

TEST(Report, NamesSmoothingOnThePlot) {
  EXPECT_THAT(Make(Example(), 1, 5).figures[0].svg, HasSubstr("smoothed over 5"));
  EXPECT_THAT(Make(Example(), 1, 1).figures[0].svg, Not(HasSubstr("smoothed")));
}

TEST(Report, MethodsDifferInColourDashesAndMarker) {
  std::set<std::string> colours;
  for (std::size_t i = 0; i < 7; ++i) colours.insert(StyleOf(i).color.hex);
  EXPECT_EQ(colours.size(), 7u);
  std::set<std::string> pairs;  // beyond the palette colours repeat, but not with the same dashes
  for (std::size_t i = 0; i < 20; ++i) pairs.insert(StyleOf(i).color.hex + StyleOf(i).dash);
  EXPECT_EQ(pairs.size(), 20u);
}

TEST(WriteReport, WritesEveryFigureAndTable) {
  TemporaryDirectory folder;
  const Report report = Make(Example(), 1);
  WriteReport(report, folder.File("out/"));
  const std::set<std::string> entries = folder.Entries();
  for (const char* name : {"report.html", "manifest.json", "figures/curves_env_step.svg",
                           "figures/curves_wall_time.svg", "figures/published.svg",
                           "tables/scores.csv", "tables/scores.md", "tables/curves.csv"}) {
    EXPECT_EQ(entries.count(std::string("out/") + name), 1u) << name;
  }
  if (CanRasterPng()) {
    EXPECT_EQ(folder.Read("out/figures/profile.png").substr(1, 3), "PNG");
  }
  for (const std::string& entry : entries) {
    EXPECT_EQ(entry.rfind("out", 0), 0u) << entry << " was left behind";
    EXPECT_THAT(entry, Not(HasSubstr("writing")));
    EXPECT_THAT(entry, Not(HasSubstr(".old")));
  }
  WriteReport(report, folder.File("out"));  // an earlier report is replaced
  EXPECT_EQ(folder.Entries(), entries);
}

TEST(WriteReport, NeverReplacesSomethingElse) {
  TemporaryDirectory folder;
  std::filesystem::create_directories(folder.File("mine"));
  folder.Write("mine/thesis.txt", "years of work");
  folder.Write("file", "x");
  EXPECT_THROW(WriteReport(Make(Example(), 1), folder.File("mine")), InputError);
  EXPECT_THROW(WriteReport(Make(Example(), 1), folder.File("file")), InputError);
  EXPECT_EQ(folder.Entries(), (std::set<std::string>{"file", "mine", "mine/thesis.txt"}));
}

// A checkpoint has a manifest.json, and so have web pages and browser extensions.
TEST(WriteReport, AManifestOfAnotherProgramIsSomethingElse) {
  TemporaryDirectory folder;
  const Report report = Make(Example(), 1);
  std::filesystem::create_directories(folder.File("web/src"));
  folder.Write("web/src/thesis.tex", "years of work");
  for (const char* manifest : {"{}", "[]", "no JSON", R"({"program": "curl-rl compare"})",
                               R"({"program": 1, "files": ["src/thesis.tex"]})",
                               R"({"format": 2, "files": {"src/thesis.tex": {}}, "state": {}})"}) {
    folder.Write("web/manifest.json", manifest);
    EXPECT_THROW(WriteReport(report, folder.File("web")), InputError) << manifest;
    EXPECT_EQ(folder.Read("web/src/thesis.tex"), "years of work");
    EXPECT_EQ(folder.Read("web/manifest.json"), manifest);
  }
  EXPECT_EQ(folder.Entries().size(), 4u);
}

TEST(WriteReport, AReportWithSomebodysFilesInItIsRefusedByTheirName) {
  TemporaryDirectory folder;
  const Report report = Make(Example(), 1);
  WriteReport(report, folder.File("out"));
  folder.Write("out/tables/notes.txt", "mine");
  const auto before = folder.Entries();
  EXPECT_THAT([&] { WriteReport(report, folder.File("out")); },
              testing::ThrowsMessage<InputError>(HasSubstr("tables/notes.txt")));
  EXPECT_EQ(folder.Entries(), before);
  std::filesystem::remove(folder.File("out/tables/notes.txt"));
  std::filesystem::remove(folder.File("out/report.html"));
  std::filesystem::create_directory_symlink(folder.path(), folder.File("out/report"));
  EXPECT_THROW(WriteReport(report, folder.File("out")), InputError);
  std::filesystem::remove(folder.File("out/report"));
  EXPECT_NO_THROW(WriteReport(report, folder.File("out")));
}

TEST(WriteReport, ALinkStaysALink) {
  TemporaryDirectory folder;
  const Report report = Make(Example(), 1);
  std::filesystem::create_directories(folder.File("scratch/real"));
  std::filesystem::create_directory_symlink("scratch/real", folder.File("out"));
  for (int i = 0; i < 2; ++i) {
    WriteReport(report, folder.File("out"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder.File("out")));
    EXPECT_FALSE(folder.Read("scratch/real/report.html").empty());
  }
  std::filesystem::create_directory_symlink("nowhere", folder.File("dangling"));
  EXPECT_THROW(WriteReport(report, folder.File("dangling")), InputError);
}

// A large grid's figure is more than a PNG can hold: cairo takes 32767 pixels a side.
TEST(WriteReport, AFigureThatCannotBeDrawnCostsOnlyItsPng) {
  if (!CanRasterPng()) GTEST_SKIP() << "no figure is drawn in this build";
  TemporaryDirectory folder;
  Report report = Make(Example(), 1);
  report.figures.back().svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20000\" height=\"9\"/>";
  const std::string name = report.figures.back().name;
  const auto warnings = WriteReport(report, folder.File("out"));
  ASSERT_EQ(warnings.size(), report.warnings.size() + 1);
  EXPECT_THAT(warnings.back(), HasSubstr("The figure " + name + " is there as SVG only"));
  EXPECT_THAT(warnings.back(), HasSubstr("40000 x 18 pixels"));
  EXPECT_THAT(warnings.back(), Not(HasSubstr("writing")));
  EXPECT_THAT(folder.Read("out/report.html"), HasSubstr("is there as SVG only"));
  EXPECT_FALSE(folder.Read("out/tables/scores.csv").empty());
  EXPECT_FALSE(folder.Read("out/figures/" + name + ".svg").empty());
  EXPECT_FALSE(std::filesystem::exists(folder.File("out/figures/" + name + ".png")));
  WriteReport(report, folder.File("out"));  // its own report all the same
}

TEST(Published, HoldsTheCurlPaperAndNothingUnconfirmed) {
  int curl = 0;
  for (const PublishedScore& score : PublishedScores()) {
    EXPECT_NE(score.kind, "memory");
    EXPECT_FALSE(score.citation.empty());
    if (score.method == "CURL" && score.task == "cartpole_swingup" && score.env_steps == 500000) {
      EXPECT_EQ(score.mean, 841);
      EXPECT_EQ(score.std, 45);
      EXPECT_TRUE(score.protocol.empty());
      ++curl;
    }
    if (score.method.find("Dreamer benchmark") != std::string::npos) {
      EXPECT_THAT(score.protocol, HasSubstr("action repeat 2"));
    }
  }
  EXPECT_EQ(curl, 1);
  EXPECT_EQ(PublishedScores().size(), 360u);
}

TEST(Published, RefusesAnUnknownKind) {
  EXPECT_THROW(ReadPublishedScores(experiments::ParseCsv(
                   "method,task,env_steps,mean,std,seeds,kind,protocol,citation\n"
                   "m,t,100000,1,,5,memory,,somebody\n",
                   "p.csv")),
               InputError);
}

TEST(Format, IsShortAndExact) {
  EXPECT_EQ(Steps(500000), "500k");
  EXPECT_EQ(Steps(1500000), "1.5M");
  EXPECT_EQ(Steps(2500), "2.5k");
  EXPECT_EQ(Steps(960), "960");
  EXPECT_EQ(Fixed(-0.001, 2), "0.00");
  EXPECT_EQ(Fixed(NAN, 2), "—");
  EXPECT_EQ(Exact(0.1), "0.1");
}

TEST(Plot, TicksAreRoundAndInside) {
  EXPECT_THAT(Ticks(0, 1000, 5), testing::ElementsAre(0, 200, 400, 600, 800, 1000));
  EXPECT_THAT(Ticks(-0.3, 0.9, 3), testing::ElementsAre(0, 0.5));
}

}  // namespace
}  // namespace curl_rl::comparison
