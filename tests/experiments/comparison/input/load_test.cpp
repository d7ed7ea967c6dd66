// Reading runs, and what is said of input that cannot be compared.
#include "experiments/comparison/input/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "experiments/comparison/statistics/methods.h"
#include "experiments/files/checked_json.h"
#include "tests/experiments/comparison/input/run_folder.h"

namespace curl_rl::comparison {
namespace {

using experiments::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

const char* const kHeader = "task,method,seed,env_step,episode_return\n";

std::string ErrorOf(const std::vector<std::string>& paths, const std::string& method_from = "",
                    const std::vector<std::string>& tasks = {}) {
  try {
    LoadedRuns loaded = LoadRuns(paths);
    NameMethods(method_from, &loaded.runs);
    MakeDataset(loaded.runs, tasks);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

// What spreadsheets make of a table.
TEST(Load, ReadsWhatIsPlainAndSaysWhatIsNot) {
  TemporaryDirectory folder;
  const std::string path = folder.Write(
      "R.CSV",
      "task, method , seed, env_step, episode_return\r\n"
      "walker,\"curl\r\n(v2)\" ,1, 10000, 10\r\n,,,,\r\n\r\nwalker,curl (v2),2,10000,30\n,,,,\n");
  const LoadedRuns loaded = LoadRuns({path});
  ASSERT_EQ(loaded.runs.size(), 2u);
  EXPECT_EQ(loaded.runs[0].method, "curl (v2)");
  EXPECT_EQ(loaded.runs[1].method, "curl (v2)");
  EXPECT_THAT(loaded.runs[1].source, HasSubstr("R.CSV:6"));  // lines are the file's

  EXPECT_THAT(ErrorOf({folder.Write("s.csv", "task;method;seed\nwalker;curl;1\n")}),
              testing::AllOf(HasSubstr("separated by semicolons"), HasSubstr("save it as CSV")));
  EXPECT_THAT(ErrorOf({folder.Write("t.csv", "task\tmethod\n")}), HasSubstr("separated by tabs"));
  EXPECT_THAT(ErrorOf({folder.Write("u.csv", std::string("\xff\xfet\0a\0", 6))}),
              HasSubstr("UTF-16"));
}

TEST(Load, ANameMustBeText) {
  TemporaryDirectory folder;
  for (const char* name : {"a\x1b[31m", "\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "a\x7f"}) {
    EXPECT_THAT(ErrorOf({folder.Write("n.csv", std::string(kHeader) + "w," + name + ",1,1,1\n")}),
                HasSubstr("n.csv:2: method has a byte that is no text"));
  }
  EXPECT_EQ(ErrorOf({folder.Write(
                "n.csv", std::string(kHeader) + "w,c\xc3\xbcrl \xf0\x9f\x99\x82,1,1,1\n")}),
            "no error");
}

TEST(Load, AColumnWithAnotherValueInEveryRunNamesIt) {
  TemporaryDirectory folder;
  std::string rows = ",task,method,seed,env_step,episode_return,run_id,batch\n";
  int index = 0;
  for (const char* method : {"a", "b"}) {
    for (int seed = 0; seed < 4; ++seed) {
      rows += std::to_string(index++) + ",walker," + method + "," + std::to_string(seed) +
              ",1000,5,id" + method + std::to_string(seed) + "," + (seed < 2 ? "128" : "256") +
              "\n";
    }
  }
  LoadedRuns loaded = LoadRuns({folder.Write("r.csv", rows)});
  const auto warnings = DropNames(&loaded);
  ASSERT_EQ(warnings.size(), 2u);  // the index without a name, and run_id
  EXPECT_THAT(warnings[1], HasSubstr("'run_id'"));
  NameMethods("", &loaded.runs);
  EXPECT_EQ(loaded.runs[0].method, "a (batch=128)");  // a setting is one still
  EXPECT_EQ(MakeDataset(loaded.runs, {}).methods.size(), 4u);

  LoadedRuns asked = LoadRuns({folder.File("r.csv")});
  EXPECT_NO_THROW(NameMethods("run_id", &asked.runs));
}

TEST(Load, NamesThatDifferInCaseAloneAreTold) {
  TemporaryDirectory folder;
  const LoadedRuns loaded = LoadRuns({folder.Write(
      "r.csv", std::string(kHeader) + "w,CURL,1,1,1\nw,curl,1,1,1\nw,curl ,2,1,1\nw,sac,1,1,1\n")});
  const auto warnings = LookAlikes(loaded.runs);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("'CURL', 'curl'"));
}

// Aliases to itself were walked for ever; a kilobyte of them became gigabytes.
TEST(Load, HostileRunFoldersAreRefused) {
  TemporaryDirectory folder;
  WriteRun(folder, "run", "task: t\nmethod: m\nseed: 1\nx: &x\n  y: *x\n", "0,0,5,1\n");
  EXPECT_THAT(ErrorOf({folder.File("run")}), HasSubstr("anchors (&) and aliases (*)"));
  WriteRun(
      folder, "run",
      "task: t\nmethod: m\nseed: 1\nx: " + std::string(2000, '[') + std::string(2000, ']') + "\n",
      "0,0,5,1\n");
  EXPECT_THAT(ErrorOf({folder.File("run")}), HasSubstr("nested too deeply"));
  WriteRun(folder, "run", "task: t\nmethod: m\nseed: 1\n", "0,0,5,1\n");
  folder.Write("run/run.json",
               "{\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}");
  EXPECT_THAT(ErrorOf({folder.File("run")}), HasSubstr("nested too deeply"));
  std::filesystem::remove(folder.File("run/run.json"));
  std::filesystem::remove(folder.File("run/eval.csv"));
  std::filesystem::create_symlink("/dev/zero", folder.File("run/eval.csv"));
  EXPECT_THAT(ErrorOf({folder.File("run")}), HasSubstr("no regular file"));
  std::filesystem::create_symlink("/dev/zero", folder.File("z.csv"));
  EXPECT_THAT(ErrorOf({folder.File("z.csv")}), HasSubstr("no regular file"));
}

TEST(Load, AResultsFileWithSeveralEpisodes) {
  TemporaryDirectory folder;
  const std::string path =
      folder.Write("r.csv",
                   "\xef\xbb\xbftask,method,seed,env_step,episode_return,wall_time_s,batch\r\n"
                   "walker,curl,1,10000,10,60,128\r\nwalker,curl,1,10000,30,60,128\r\n"
                   "walker,curl,1,20000.0,50,120,128\r\n\"walker\",\"a,b\",1,1e4,5,60,128\r\n");
  const LoadedRuns loaded = LoadRuns({path});
  ASSERT_EQ(loaded.runs.size(), 2u);
  EXPECT_EQ(loaded.runs[0].method, "a,b");
  const comparison::Run& run = loaded.runs[1];
  ASSERT_EQ(run.evaluations.size(), 2u);
  EXPECT_EQ(run.evaluations[0].score, 20);
  EXPECT_EQ(run.evaluations[0].episodes, 2);
  EXPECT_EQ(run.evaluations[1].env_step, 20000);
  EXPECT_EQ(run.evaluations[1].wall_time_s, 120);
  EXPECT_EQ(run.settings.at("batch"), "128");
  EXPECT_EQ(loaded.inputs[0].crc32, experiments::Crc32(folder.Read("r.csv")));
}

TEST(Load, ARunDirectoryAndAFolderOfThem) {
  TemporaryDirectory folder;
  WriteRun(folder, "a/seed_1",
           "task: walker\nmethod: curl\nseed: 1\nenv_steps: 500000\nagent: {batch_size: 128}\n",
           "10000,0,5,1\n10000,1,7,1.5\n20000,0,9");  // the last line was cut off in writing
  folder.Write("a/seed_1/run.json", R"({"state": "running", "host": "h"})");
  const LoadedRuns loaded = LoadRuns({folder.path()});
  ASSERT_EQ(loaded.runs.size(), 1u);
  const comparison::Run& run = loaded.runs[0];
  ASSERT_EQ(run.evaluations.size(), 1u);
  EXPECT_EQ(run.evaluations[0].score, 6);
  EXPECT_EQ(run.budget, 500000);
  EXPECT_EQ(run.state, "running");
  EXPECT_EQ(run.settings.at("agent.batch_size"), "128");
}

TEST(Load, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string text;
    std::string line;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"", "", "empty"},
      {kHeader, ":2", "no row after the header"},
      {"task,method,env_step,episode_return\nw,c,1,2\n", ":1", "no column 'seed'"},
      {std::string(kHeader) + "w,c,1,10000,5\nw,c,1,20000,nan\n", ":3", "episode_return is 'nan'"},
      {std::string(kHeader) + "w,c,1,10000,inf\n", ":2", "not a finite number"},
      {std::string(kHeader) + "w,c,1,10000,\n", ":2", "episode_return is ''"},
      {std::string(kHeader) + "w,c,one,10000,5\n", ":2", "seed is 'one'"},
      {std::string(kHeader) + "w,c,1,10000.5,5\n", ":2", "not an integer"},
      {std::string(kHeader) + "w,c,1,-1,5\n", ":2", "steps count from 0"},
      {std::string(kHeader) + "w,c,1,10000\n", ":2", "4 fields, but the header has 5"},
      {std::string(kHeader) + ",c,1,10000,5\n", ":2", "task is empty"},
      {std::string(kHeader) + "\"w,c,1,10000,5\n", ":2", "a quote is opened"},
      {std::string(kHeader) + "w,c,1,10000,5\nw,c,1,20000,5\nw,c,1,10000,5\n", ":4",
       "stands twice"},
      {"task,method,seed,env_step,episode,episode_return\nw,c,1,1,0,5\nw,c,1,1,0,6\n", ":3",
       "given before, on line 2"}};
  for (const Case& one : cases) {
    TemporaryDirectory folder;
    const std::string path = folder.Write("bad.csv", one.text);
    const std::string error = ErrorOf({path});
    EXPECT_THAT(error, HasSubstr(path + one.line)) << one.text;
    EXPECT_THAT(error, HasSubstr(one.message)) << one.text;
  }
}

TEST(Load, RefusesWhatIsNoRun) {
  TemporaryDirectory folder;
  EXPECT_THAT(ErrorOf({folder.path()}), HasSubstr("is no run: it has neither"));
  EXPECT_THAT(ErrorOf({folder.File("gone")}), HasSubstr("no such file"));
  EXPECT_THAT(ErrorOf({folder.Write("notes.txt", "x")}), HasSubstr("neither a run directory"));
  std::filesystem::create_directories(folder.File("half"));
  folder.Write("half/config.yaml", "task: w\n");
  EXPECT_THAT(ErrorOf({folder.File("half")}), HasSubstr("no eval.csv"));
  WriteRun(folder, "empty", "task: w\nmethod: m\nseed: 1\n", "");
  EXPECT_THAT(ErrorOf({folder.File("empty")}), HasSubstr("eval.csv:2: no row"));
  WriteRun(folder, "nomethod", "task: w\nseed: 1\n", "1,0,1,1\n");
  EXPECT_THAT(ErrorOf({folder.File("nomethod")}), HasSubstr("no key 'method'"));
  WriteRun(folder, "yaml", "task: [w\n", "1,0,1,1\n");
  EXPECT_THAT(ErrorOf({folder.File("yaml")}), HasSubstr("config.yaml:"));
  WriteRun(folder, "seed", "task: w\nmethod: m\nseed: x\n", "1,0,1,1\n");
  EXPECT_THAT(ErrorOf({folder.File("seed")}), HasSubstr("seed is 'x'"));
  WriteRun(folder, "json", "task: w\nmethod: m\nseed: 1\n", "1,0,1,1\n");
  folder.Write("json/run.json", "{");
  EXPECT_THAT(ErrorOf({folder.File("json")}), HasSubstr("run.json: "));
}

TEST(Load, RefusesASeedFromTwoPlaces) {
  TemporaryDirectory folder;
  const std::string a = folder.Write("a.csv", std::string(kHeader) + "w,c,1,10000,5\n");
  const std::string b = folder.Write("b.csv", std::string(kHeader) + "w,c,1,10000,6\n");
  const std::string error = ErrorOf({a, b});
  EXPECT_THAT(error, HasSubstr(b + ":2"));
  EXPECT_THAT(error, HasSubstr("read before, from " + a + ":2"));
}

TEST(Load, ProposesTheNearestTask) {
  TemporaryDirectory folder;
  const std::string a = folder.Write("a.csv", std::string(kHeader) + "walker_walk,c,1,10000,5\n");
  EXPECT_THAT(ErrorOf({a}, "", {"walker_wakl"}), HasSubstr("did you mean 'walker_walk'"));
  EXPECT_THAT(ErrorOf({a}, "methd"), HasSubstr("did you mean 'method'"));
}

TEST(Load, ARunTellsWhatItsTaskWasMadeOf) {
  const TemporaryDirectory folder;
  WriteRun(folder, "run", "task: arm\nmethod: a\nseed: 1\nenv_steps: 100\n", "100,0,5,1\n");
  folder.Write("run/run.json",
               R"({"state": "finished", "task_files": {"arm.xml": "1", "odd": 3},
                   "earlier": [{"task_change": "arm.xml has changed"}, 7, {"task_change": 7}]})");
  const LoadedRuns loaded = LoadRuns({folder.File("run")});
  ASSERT_EQ(loaded.runs.size(), 1u);
  EXPECT_THAT(loaded.runs[0].task_files, ElementsAre(std::pair("arm.xml", "1")));
  EXPECT_EQ(loaded.runs[0].task_change, "arm.xml has changed");
  folder.Write("run/run.json", R"({"task_files": [], "earlier": {}, "task_change": []})");
  EXPECT_EQ(LoadRuns({folder.File("run")}).runs[0].task_change, "");
}

}  // namespace
}  // namespace curl_rl::comparison
