// The report as files: self-contained, the same bytes every time, whole or not at all.
#include "experiments/comparison/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "experiments/reports/raster.h"
#include "tests/experiments/comparison/made_runs.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using reports::CanRasterPng;
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

TEST(Report, ManyMethodsHaveAPanelEach) {
  std::vector<comparison::Run> runs;
  for (int method = 1; method <= 9; ++method) {
    Append(MakeRuns("walker_walk", "method" + std::to_string(method), 100.0 * method, 2), &runs);
    if (method < 8) continue;
    const Report report = Make(MakeDataset(runs, {}), 1);
    const auto& curves = report.figures[0];
    EXPECT_EQ(curves.name, "curves_env_step");
    EXPECT_EQ(curves.caption.rfind("A panel a method", 0) == 0, method == 9);
    // The frame of every panel has one title in bold.
    int panels = 0;
    for (std::size_t at = 0; (at = curves.svg.find("font-weight", at)) != std::string::npos; ++at) {
      ++panels;
    }
    EXPECT_EQ(panels, method == 9 ? 9 : 1);
  }
}

TEST(Report, AreasStandFromTheBestOn) {
  const Report report = Make(Example(), 1);
  const auto& areas = report.figures[1];
  ASSERT_EQ(areas.name, "areas");
  const std::string walker = areas.svg.substr(areas.svg.find("walker_walk"));
  EXPECT_LT(walker.find("a&lt;b"), walker.find("plain"));
}

TEST(WriteReport, WritesEveryFigureAndTable) {
  TemporaryDirectory folder;
  const Report report = Make(Example(), 1);
  WriteReport(report, folder.File("out/"));
  const std::set<std::string> entries = folder.Entries();
  for (const char* name : {"report.html", "manifest.json", "figures/curves_env_step.svg",
                           "figures/curves_wall_time.svg", "figures/areas.svg",
                           "figures/published.svg", "figures/published_curves.svg",
                           "tables/published_curves.csv", "tables/published_curve_points.csv",
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
  EXPECT_EQ(PublishedScores().size(), 726u);
}

std::vector<PublishedCurve> Curves(const std::string& rows, const std::string& sources) {
  return ReadPublishedCurves(
      experiments::ParseCsv("task,method,seed,env_step,episode_return,source,protocol\n" + rows,
                            "c.csv"),
      experiments::ParseCsv("method,title,citation\n" + sources, "s.csv"),
      {"walker_walk", "cartpole_swingup", "hopper_hop"});
}

TEST(PublishedCurves, AreReadBySeedInTheOrderOfTheSources) {
  const auto curves = Curves(
      "cartpole_swingup,b,0,0,1,x,planet\ncartpole_swingup,a,3,0,2,x,r2-train\n"
      "cartpole_swingup,b,1,0,5,x,planet\ncartpole_swingup,b,0,20000,7,x,planet\n"
      "walker_walk,a,0,0,4,x,r2\nquadruped_run,a,0,0,4,x,r2\n",
      "a,Method A,from a\nb,Method B,from b\n");
  ASSERT_EQ(curves.size(), 3u);
  EXPECT_EQ(curves[0].task, "walker_walk");
  EXPECT_EQ(curves[1].method, "Method A");
  EXPECT_EQ(curves[1].action_repeat, 2);
  EXPECT_TRUE(curves[1].training_episodes);
  EXPECT_EQ(curves[2].method, "Method B");
  EXPECT_EQ(curves[2].citation, "from b");
  EXPECT_EQ(curves[2].action_repeat, 8);
  EXPECT_FALSE(curves[2].training_episodes);
  ASSERT_EQ(curves[2].runs.size(), 2u);
  EXPECT_THAT(curves[2].runs[0].x, testing::ElementsAre(0, 20000));
  EXPECT_THAT(curves[2].runs[0].y, testing::ElementsAre(1, 7));
}

TEST(PublishedCurves, BadOnesAreRefusedByTheirPlace) {
  const auto message = [](const std::string& rows, const std::string& sources) {
    try {
      Curves(rows, sources);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string source = "a,A,from a\n";
  EXPECT_THAT(message("walker_walk,a,0,0,1,x,r4\n", source),
              HasSubstr("c.csv:2: protocol is 'r4'"));
  EXPECT_THAT(message("hopper_hop,a,0,0,1,x,planet\n", source), HasSubstr("no task of the CURL"));
  EXPECT_THAT(message("walker_walk,a,0,0,1,x,r2\nwalker_walk,a,0,0,1,x,r2\n", source),
              HasSubstr("c.csv:3: the env steps of a run must rise"));
  EXPECT_THAT(message("walker_walk,a,0,0,1,x,r2\nwalker_walk,a,1,0,1,x,r2-train\n", source),
              HasSubstr("c.csv:3: another protocol"));
  EXPECT_THAT(message("walker_walk,b,0,0,1,x,r2\n", source), HasSubstr("method 'b'"));
}

// What is built in, whole; and its means are those of the scores, which were computed elsewhere.
TEST(PublishedCurves, AgreeWithThePublishedScores) {
  const auto table = experiments::ParseCsv(kPublishedCurvesCsv, "published_curves.csv");
  EXPECT_EQ(table.rows.size(), 58367u);
  std::set<std::string> tasks;
  for (const auto& row : table.rows) tasks.insert(row.fields[0]);
  const auto curves = PublishedCurves({tasks.begin(), tasks.end()});
  std::size_t runs = 0;
  for (const PublishedCurve& curve : curves) runs += curve.runs.size();
  EXPECT_EQ(runs, 1238u);
  int checked = 0;
  for (const PublishedScore& score : PublishedScores()) {
    if (score.method != "DrQ official curves (PlaNet benchmark)" || !score.protocol.empty() ||
        score.env_steps > 1000000) {
      continue;
    }
    const auto curve = std::find_if(curves.begin(), curves.end(), [&](const PublishedCurve& one) {
      return one.task == score.task && one.method == "DrQ (PlaNet benchmark)";
    });
    ASSERT_NE(curve, curves.end()) << score.task;
    std::vector<double> values;
    for (const Series& run : curve->runs) {
      const double value = ValueAt(run, score.env_steps);
      if (!std::isnan(value)) values.push_back(value);
    }
    EXPECT_EQ(std::to_string(values.size()), score.seeds) << score.task;
    EXPECT_NEAR(Mean(values), score.mean, 0.11) << score.task;  // both rounded to a decimal
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

TEST(PublishedCurves, AreApartWhereTheProtocolIsAnother) {
  std::vector<comparison::Run> runs = MakeRuns("cartpole_swingup", "curl", 800, 3);
  Append(MakeRuns("walker_walk", "curl", 800, 3), &runs);
  const auto compared = [&](std::vector<std::string>* warnings) {
    Options options;
    options.bootstrap.replicates = 100;
    options.bootstrap.threads = 1;
    const Dataset dataset = MakeDataset(runs, {});
    return ComparePublished(dataset, options, PublishedCurves(dataset.tasks), warnings);
  };
  const auto same = [](const std::vector<ComparedCurve>& curves, const std::string& task) {
    std::set<std::string> names;
    for (const ComparedCurve& curve : curves) {
      if (curve.task == task && curve.same_protocol) names.insert(curve.method);
    }
    return names;
  };
  std::vector<std::string> warnings;
  auto curves = compared(&warnings);
  EXPECT_EQ(warnings.size(), 2u);  // the made runs do not record their action repeat
  EXPECT_EQ(same(curves, "cartpole_swingup"), std::set<std::string>{"DrQ (PlaNet benchmark)"});
  // There the paper's action repeat is 2 too; training episodes stay apart.
  EXPECT_EQ(same(curves, "walker_walk").count("DrQ-v2"), 1u);
  EXPECT_EQ(same(curves, "walker_walk").count("DreamerV3 (2023)"), 0u);
  for (const ComparedCurve& curve : curves) {
    EXPECT_LE(curve.curve.x.back(), 500000) << "beyond ours";
    EXPECT_LE(curve.curve.low[1], curve.curve.center[1]);
    EXPECT_GE(curve.curve.high[1], curve.curve.center[1]);
  }
  warnings.clear();
  for (comparison::Run& run : runs)
    run.settings = {{"action_repeat", "2"}, {"observation", "pixels"}};
  curves = compared(&warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(same(curves, "cartpole_swingup").count("DrQ (PlaNet benchmark)"), 0u);
  EXPECT_EQ(same(curves, "cartpole_swingup").count("DrQ-v2"), 1u);
  for (comparison::Run& run : runs) run.settings["observation"] = "state";
  EXPECT_TRUE(same(compared(&warnings), "cartpole_swingup").empty());
}

TEST(Published, RefusesAnUnknownKind) {
  EXPECT_THROW(ReadPublishedScores(experiments::ParseCsv(
                   "method,task,env_steps,mean,std,seeds,kind,protocol,citation\n"
                   "m,t,100000,1,,5,memory,,somebody\n",
                   "p.csv")),
               InputError);
}

}  // namespace
}  // namespace curl_rl::comparison
