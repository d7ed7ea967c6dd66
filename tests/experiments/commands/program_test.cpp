// The program as a user runs it: exit status, messages, and what it leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

// Runs `curl-rl arguments` in `directory`; a shell parses the arguments.
Outcome RunProgram(const TemporaryDirectory& directory, const std::string& arguments) {
  const TemporaryDirectory output;  // apart from where the program works
  const std::string command = "cd '" + directory.path() + "' && '" CURL_RL_PROGRAM "' " +
                              arguments + " >'" + output.File("out") + "' 2>'" +
                              output.File("err") + "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.Read("out"), output.Read("err")};
}

std::vector<nlohmann::json> ParseLines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// --- Bad input
// ------------------------------------------------------------------------------------

struct BadInput {
  std::string arguments;
  int status;
  std::vector<std::string> words;  // in the message
};

// For the name that GoogleTest prints.
void PrintTo(const BadInput& bad, std::ostream* out) { *out << "curl-rl " << bad.arguments; }

class BadInputs : public testing::TestWithParam<BadInput> {
 protected:
  BadInputs() {
    directory_.Write("good.yaml", "task: toy_reach\naction_repeat: 1\nreplay_capacity: 1000\n");
    directory_.Write("unknown_key.yaml", "seed: 1\nagent:\n  batch_sise: 128\n");
    directory_.Write("wrong_type.yaml", "seed: many\n");
    directory_.Write("out_of_range.yaml", "agent:\n  discount: 2\n");
    directory_.Write("tf32.yaml", "device: cpu\nagent:\n  precision: tf32\n");
    directory_.Write("small_image.yaml", "environment: {image_size: 64}\n");
    directory_.Write("words.csv", "0.1\nleft\n");
    directory_.Write("wide.csv", "0.1,0.2\n");
    directory_.Write("far.csv", "1.5\n");
    directory_.Write("no_json.jsonl", "{\"qpos\": [0\n");
    directory_.Write("short.jsonl", "{\"qpos\": [0], \"qvel\": [0, 0], \"ctrl\": [0]}\n");
    std::filesystem::create_directories(directory_.File("folder.csv"));
    std::filesystem::create_symlink("/dev/zero", directory_.File("zero.csv"));
    ::mkfifo(directory_.File("pipe.yaml").c_str(), 0600);
    directory_.Write("deep.jsonl", "{\"qpos\":[" + std::string(100000, '[') +
                                       std::string(100000, ']') +
                                       "],\"qvel\":[0,0],\"ctrl\":[0]}\n");
    std::filesystem::create_directories(directory_.File("runs/old"));
    directory_.Write("runs/old/config.yaml", "seed: 1\n");
  }

  TemporaryDirectory directory_;
};

TEST_P(BadInputs, AreRefusedWithOneMessageAndNothingIsLeft) {
  const BadInput& bad = GetParam();
  const auto before = directory_.Entries();
  const Outcome outcome = RunProgram(directory_, bad.arguments);
  EXPECT_EQ(outcome.status, bad.status) << outcome.err;
  EXPECT_EQ(outcome.err.rfind("curl-rl: ", 0), 0u) << outcome.err;
  EXPECT_EQ(outcome.err.find("curl-rl: ", 1), std::string::npos) << "two messages: " << outcome.err;
  for (const std::string& word : bad.words) EXPECT_THAT(outcome.err, HasSubstr(word));
  EXPECT_EQ(directory_.Entries(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, BadInputs,
    testing::Values(
        BadInput{"", 2, {"a command is missing", "--help"}},
        BadInput{"trian", 2, {"unknown command 'trian'", "did you mean 'train'?"}},
        BadInput{"config --sede", 2, {"unknown option '--sede'", "usage: curl-rl config"}},
        BadInput{"envs --iamge a.png", 2, {"'--iamge'", "did you mean '--image'?"}},
        BadInput{"envs a b", 2, {"unexpected argument 'b'"}},
        BadInput{"envs cartpole_swingpu", 2, {"did you mean 'cartpole_swingup'?", "toy_reach"}},
        BadInput{"envs --check", 2, {"need the NAME"}},
        BadInput{"envs toy_reach --augment flip", 2, {"--augment needs --image FILE.png"}},
        BadInput{"envs toy_reach --disturb colors=easy", 2, {"--disturb needs --image FILE.png"}},
        BadInput{"envs --disturb colors=easy", 2, {"need the NAME"}},
        BadInput{"envs cartpole_swingup --image a.png --disturb colors=harsh",
                 2,
                 {"--disturb: ", "'harsh'", "easy, medium, hard"}},
        BadInput{"envs toy_reach --image a.png --disturb colors=hard",
                 1,
                 {"toy_reach cannot be disturbed (colors=hard)"}},
        BadInput{"envs cartpole_swingup --image a.png --disturb video=hard:none.mp4",
                 1,
                 {"none.mp4: there is no such file"}},
        BadInput{"rollout cartpole_swingup --disturb light=easy", 2, {"nobody sees one"}},
        BadInput{"envs toy_reach --image none/a.png", 1, {"none/a.png: cannot create: No such"}},
        BadInput{"rollout", 2, {"ENV is missing"}},
        BadInput{"rollout nowhere", 2, {"unknown environment 'nowhere'"}},
        BadInput{"rollout toy_reach --policy clever", 2, {"'clever'", "random | zero | FILE.csv"}},
        BadInput{"rollout toy_reach --policy none.csv", 2, {"none.csv", "No such file"}},
        BadInput{
            "rollout toy_reach --policy folder.csv --output o", 2, {"folder.csv: cannot read"}},
        BadInput{"rollout toy_reach --policy zero.csv --output o", 2, {"no regular file"}},
        BadInput{"rollout cartpole_swingup --state deep.jsonl", 2, {"not a JSON object"}},
        BadInput{"config pipe.yaml", 2, {"is a device or a pipe"}},
        BadInput{"rollout toy_reach --policy words.csv --output o", 2, {"words.csv:2", "'left'"}},
        BadInput{"rollout toy_reach --policy wide.csv --output o", 2, {"has 1 numbers, got 2"}},
        BadInput{"rollout toy_reach --policy far.csv --output o", 2, {"far.csv:1", "got 1.5"}},
        BadInput{"rollout toy_reach --seed -1", 2, {"--seed is out of range: got -1"}},
        BadInput{"rollout toy_reach --seed x", 2, {"'x'", "seed"}},
        BadInput{"rollout toy_reach --episodes 0", 2, {"--episodes is out of range: got 0"}},
        BadInput{"rollout toy_reach --output none/o", 1, {"none/o: cannot create: No such"}},
        BadInput{"rollout toy_reach --state short.jsonl", 2, {"MuJoCo"}},
        BadInput{"rollout cartpole_swingup --state no_json.jsonl", 2, {"no_json.jsonl:1"}},
        BadInput{"rollout cartpole_swingup --state short.jsonl", 2, {"short.jsonl:1", "qpos"}},
        BadInput{"rollout toy_reach --output /dev/full", 1, {"cannot be written: No space left"}}));

const std::string kLong(300, 'a');  // a name has 255 bytes at most

INSTANTIATE_TEST_SUITE_P(
    LongNames, BadInputs,
    testing::Values(BadInput{"config " + kLong, 2, {"cannot be read: File name too long"}},
                    BadInput{"config plugins=[" + kLong + "]", 2, {"plugins: ", "too long"}},
                    BadInput{"config task=" + kLong + ".yaml", 2, {"task: ", "too long"}},
                    BadInput{"envs --plugin " + kLong, 2, {"File name too long"}},
                    BadInput{"compare " + kLong, 2, {"File name too long"}}));

INSTANTIATE_TEST_SUITE_P(
    Configs, BadInputs,
    testing::Values(
        BadInput{"config none.yaml", 2, {"none.yaml: cannot be read: No such file"}},
        BadInput{"config unknown_key.yaml",
                 2,
                 {"unknown_key.yaml:3:3", "'agent.batch_sise'", "'agent.batch_size'"}},
        BadInput{"config wrong_type.yaml", 2, {"wrong_type.yaml:1:7", "integer", "'many'"}},
        BadInput{"config out_of_range.yaml", 2, {"out_of_range.yaml:2:13", "got 2", "0 .. 1"}},
        BadInput{"config small_image.yaml", 2, {"small_image.yaml", "crop of 84", "frames of 64"}},
        BadInput{"config good.yaml task=toy_raech", 2, {"did you mean 'toy_reach'?"}},
        BadInput{"config good.yaml agent.batch_size=2000", 2, {"got 2000", "1000 transitions"}},
        BadInput{"config good.yaml unknown_key.yaml", 2, {"unknown_key.yaml:3:3"}},
        BadInput{"config tf32.yaml", 2, {"tf32.yaml:3:3: agent.precision: 'tf32'"}},
        BadInput{"config good.yaml agent.objectives=[] agent.curl.lr=1",
                 2,
                 {"override 'agent.curl.lr=1'", "agent.objectives: []"}},
        BadInput{"methods crul", 2, {"unknown method 'crul'", "did you mean 'curl'?"}},
        BadInput{"config good.yaml seed", 2, {"override 'seed'", "key=value"}},
        BadInput{"config good.yaml sede=1", 2, {"unknown key 'sede'", "did you mean 'seed'?"}}));

#ifdef CURL_RL_WITH_TORCH
INSTANTIATE_TEST_SUITE_P(
    Training, BadInputs,
    testing::Values(
        BadInput{"envs toy_reach --augment flop --image a.png", 2, {"'flop'", "'flip'"}},
        BadInput{"envs toy_reach --augment crop --augment crop.size=101 --image a.png",
                 2,
                 {"crop: size: got 101 for pictures of 100 pixels"}},
        BadInput{"envs toy_reach --augment flip --augment rotate.degrees_max=3 --image a.png",
                 2,
                 {"agent.augment.rotate.degrees_max", "'rotate', which is not chosen"}},
        BadInput{"train", 2, {"CONFIG.yaml is missing"}},
        BadInput{"train none.yaml", 2, {"none.yaml: cannot be read: No such file"}},
        BadInput{"train seed=1", 2, {"CONFIG.yaml is missing"}},
        BadInput{"train tf32.yaml", 2, {"tf32.yaml:3:3: agent.precision: 'tf32'"}},
        BadInput{"train unknown_key.yaml", 2, {"unknown_key.yaml:3:3", "'agent.batch_size'"}},
        BadInput{"train good.yaml agent.batch_size=2000", 2, {"1000 transitions"}},
        BadInput{"train good.yaml environment.image_size=64", 2, {"crop of 84"}},
        BadInput{"train good.yaml task=toy_raech", 2, {"did you mean 'toy_reach'?"}},
        BadInput{"train good.yaml run_dir=runs/old", 2, {"runs/old", "holds a run already"}},
        BadInput{"train good.yaml run_dir=/proc/curl_rl/run",
                 1,
                 {"/proc/curl_rl: cannot create the run directory"}},
        BadInput{"train good.yaml run_dir=good.yaml/run", 2, {"good.yaml: is not a folder"}},
        BadInput{"evaluate none", 2, {"none/config.yaml", "No such file"}},
        BadInput{"resume none", 2, {"none: holds no run (no config.yaml)"}},
        BadInput{"export runs/old", 2, {"FILE.safetensors is missing"}},
        BadInput{"export runs/old w", 1, {"runs/old: there is no checkpoint"}},
        BadInput{"export runs/old w --names ours", 2, {"'ours'", "own | reference"}},
        BadInput{"import good.yaml", 2, {"WEIGHTS is missing"}},
        BadInput{"import good.yaml none.pt", 2, {"none.pt: no such file"}},
        BadInput{"import good.yaml words.csv", 1, {"words.csv: not a usable safetensors file"}}));

INSTANTIATE_TEST_SUITE_P(
    Sweeps, BadInputs,
    testing::Values(
        BadInput{"sweep", 2, {"CONFIG.yaml is missing"}},
        BadInput{"sweep seed=1", 2, {"CONFIG.yaml is missing"}},
        BadInput{"sweep --methods crul", 2, {"--methods", "did you mean 'curl'?"}},
        BadInput{"sweep none.yaml", 2, {"none.yaml: cannot be read: No such file"}},
        BadInput{"sweep good.yaml --seeds 4-0", 2, {"'4-0' runs downwards", "0-4 or 1,3,7-9"}},
        BadInput{"sweep good.yaml --tasks toy_raech", 2, {"did you mean 'toy_reach'?"}},
        BadInput{"sweep good.yaml --tasks toy_reach,", 2, {"--tasks", "an item is empty"}},
        BadInput{"sweep good.yaml --set agent.batch_sise=1,2", 2, {"'agent.batch_size'"}},
        BadInput{"sweep good.yaml --set agent.discount=0.9,2", 2, {"out of range: got 2"}},
        BadInput{"sweep good.yaml --set seed", 2, {"--set: got 'seed'", "key=value,value"}},
        BadInput{"sweep good.yaml run_dir=a", 2, {"a sweep takes run_dir from --output"}},
        BadInput{"sweep good.yaml --jobs -1", 2, {"--jobs is out of range: got -1"}},
        BadInput{"sweep good.yaml --launcher slrum", 2, {"did you mean 'slurm'?"}},
        BadInput{"sweep good.yaml --time 1:00", 2, {"--time is for --launcher slurm"}}));
#else
INSTANTIATE_TEST_SUITE_P(WithoutTorch, BadInputs,
                         testing::Values(BadInput{"train good.yaml", 1, {"without LibTorch"}},
                                         BadInput{"evaluate runs/old", 1, {"without LibTorch"}}));
#endif

#ifdef CURL_RL_WITH_TORCH
TEST(Program, AutoIsTheCpuWhereThereIsNoGpu) {
  const TemporaryDirectory directory;
  directory.Write("auto.yaml", "agent:\n  precision: tf32\n");
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
  const Outcome outcome = RunProgram(directory, "train auto.yaml");
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("auto.yaml:2:3: agent.precision: 'tf32'"));
  EXPECT_EQ(directory.Entries(), std::set<std::string>{"auto.yaml"});
}
#endif

// --- What it does
// ---------------------------------------------------------------------------------

TEST(Program, HelpAndVersion) {
  const TemporaryDirectory directory;
  const Outcome help = RunProgram(directory, "--help");
  EXPECT_EQ(help.status, 0);
  for (const char* name : {"train", "resume", "evaluate", "export", "import", "sweep", "rollout",
                           "envs", "methods", "config", "doctor"}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + name));
    const Outcome outcome = RunProgram(directory, std::string(name) + " --help");
#ifndef CURL_RL_WITH_TORCH
    const std::set<std::string> with_agents = {"train",  "resume", "evaluate",
                                               "export", "import", "sweep"};
    if (with_agents.count(name) == 1) continue;
#endif
    EXPECT_EQ(outcome.status, 0) << name;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("usage: curl-rl ") + name));
  }
  EXPECT_THAT(RunProgram(directory, "--version").out, HasSubstr("curl-rl 0."));
}

// The first file that is opened would be taken for what is missing, and printed into.
TEST(Program, ClosedDescriptorsAreNobodysFile) {
  const TemporaryDirectory directory;
  const auto rollout = [&](const std::string& closed) {
    const std::string command =
        "cd '" + directory.path() +
        "' && '" CURL_RL_PROGRAM "' rollout toy_reach --episodes 1 --output out " + closed;
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  ASSERT_EQ(rollout(""), 0);
  const std::string rows = directory.Read("out");
  EXPECT_FALSE(rows.empty());
  for (const char* closed : {"<&- >&- 2>&-", ">&-", "2>&-", "<&-"}) {
    std::filesystem::remove(directory.File("out"));
    rollout(closed);
    EXPECT_EQ(directory.Read("out"), rows) << closed;
  }
  // What could not be printed is an error, as when a pipe is closed.
  EXPECT_EQ(std::system(
                ("'" CURL_RL_PROGRAM "' --version >&- 2>'" + directory.File("err") + "'").c_str()),
            1 << 8);
}

TEST(Program, AFileWhoseNameHasAnEqualsSignIsAConfig) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.File("curl,critic_lr=1e-3"));
  directory.Write("curl,critic_lr=1e-3/c.yaml", "seed: 17\n");
  const Outcome outcome =
      RunProgram(directory, "config curl,critic_lr=1e-3/c.yaml env_steps=80000");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("seed: 17"));
}

TEST(Program, ConfigListsKeysAndResolves) {
  const TemporaryDirectory directory;
  EXPECT_THAT(RunProgram(directory, "config").out, HasSubstr("\nagent.batch_size "));
  directory.Write("a.yaml", "agent: {batch_size: 256}\n");
  const Outcome resolved = RunProgram(directory, "config a.yaml seed=3");
  EXPECT_EQ(resolved.status, 0) << resolved.err;
  EXPECT_THAT(resolved.out, HasSubstr("\nseed: 3\n"));
  EXPECT_THAT(resolved.out, HasSubstr("\n  batch_size: 256\n"));
  directory.Write("b.yaml", resolved.out);
  EXPECT_EQ(RunProgram(directory, "config b.yaml").out, resolved.out);
}

TEST(Program, SeveralConfigsMakeOne) {
  const TemporaryDirectory directory;
  directory.Write("mine.yaml", "agent: {batch_size: 32}\n");
  const Outcome outcome = RunProgram(
      directory,
      "config tasks/cheetah_run.yaml methods/curl.yaml hardware/cpu.yaml mine.yaml seed=3");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("task: cheetah_run\n", 0), 0u);
  for (const char* line : {"action_repeat: 4", "env_steps: 100000", "seed: 3", "  batch_size: 32",
                           "    actor_lr: 2e-04", "    lr: 2e-04"}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n") + line + "\n")) << line;
  }
}

TEST(Program, MethodsListsAllAndTellsOfOne) {
  const TemporaryDirectory directory;
  const Outcome all = RunProgram(directory, "methods");
  EXPECT_EQ(all.status, 0) << all.err;
  for (const char* text :
       {"\n  curl ", "\n  none ", "\n  sac_state ", "InfoNCE", "2004.04136", "told: pixels"}) {
    EXPECT_THAT(all.out, HasSubstr(text));
  }
  const Outcome one = RunProgram(directory, "methods curl");
  EXPECT_THAT(one.out, HasSubstr("\nagent.curl.encoder_lr_scale "));
  EXPECT_THAT(one.out, HasSubstr("learning rate of the actor"));
  EXPECT_THAT(RunProgram(directory, "methods none").out, testing::Not(HasSubstr("agent.curl.")));
}

TEST(Program, ConfigsMayBeElsewhere) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.File("mine/methods"));
  directory.Write("mine/methods/clever.yaml", "# Cleverer. And more.\nmethod: clever\n");
  ::setenv("CURL_RL_CONFIGS", directory.File("mine").c_str(), 1);
  const Outcome outcome = RunProgram(directory, "methods");
  ::unsetenv("CURL_RL_CONFIGS");
  EXPECT_THAT(outcome.out, HasSubstr("\n  clever  Cleverer.\n"));
}

TEST(Program, EnvsListsAllAndTellsOfOne) {
  const TemporaryDirectory directory;
  EXPECT_THAT(RunProgram(directory, "envs").out, HasSubstr("cartpole_swingup"));
  EXPECT_THAT(RunProgram(directory, "envs toy_reach").out, HasSubstr("position 1, target 1"));
  const Outcome image = RunProgram(directory, "envs toy_reach --image a.png");
  EXPECT_EQ(image.status, 0) << image.err;
  EXPECT_EQ(directory.Read("a.png").substr(1, 3), "PNG");
}

TEST(Rollout, WritesEveryStepAndTheResets) {
  const TemporaryDirectory directory;
  const Outcome outcome =
      RunProgram(directory, "rollout toy_reach --episodes 2 --seed 5 --output o.jsonl");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  const auto lines = ParseLines(directory.Read("o.jsonl"));
  ASSERT_EQ(lines.size(), 2u * 51u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t step = i % 51;
    EXPECT_EQ(lines[i]["episode"], i / 51);
    EXPECT_EQ(lines[i]["step"], step);
    EXPECT_EQ(lines[i]["truncated"], step == 50);
    EXPECT_EQ(lines[i]["terminated"], false);
    EXPECT_EQ(lines[i]["action"].size(), step == 0 ? 0u : 1u);
    EXPECT_EQ(lines[i]["observation"]["position"].size(), 1u);
    EXPECT_EQ(lines[i]["observation"]["target"].size(), 1u);
  }
  EXPECT_EQ(RunProgram(directory, "rollout toy_reach --episodes 2 --seed 5").out,
            directory.Read("o.jsonl"));
  EXPECT_NE(RunProgram(directory, "rollout toy_reach --episodes 2 --seed 6").out,
            directory.Read("o.jsonl"));
}

TEST(Rollout, ReplaysItsOwnActionsFromCsvThroughAllEpisodes) {
  const TemporaryDirectory directory;
  const std::string out = RunProgram(directory, "rollout cartpole_swingup --episodes 2").out;
  const auto lines = ParseLines(out);
  ASSERT_EQ(lines.size(), 2u * 1001u);
  EXPECT_EQ(lines[0]["qpos"].size(), 2u);
  EXPECT_EQ(lines[0]["qvel"].size(), 2u);
  std::string csv = "# cart force\n";
  for (const auto& line : lines) {
    if (line["step"] == 0) continue;
    std::ostringstream number;
    number.precision(17);
    number << line["action"][0].get<double>();
    csv += number.str() + "\n";
  }
  directory.Write("actions.csv", csv);
  EXPECT_EQ(RunProgram(directory, "rollout cartpole_swingup --policy actions.csv").out, out);
  // Rows may end within an episode.
  directory.Write("short.csv", "0.5\n-0.5\n");
  EXPECT_EQ(
      ParseLines(RunProgram(directory, "rollout cartpole_swingup --policy short.csv").out).size(),
      3u);
}

TEST(Rollout, AnswersStatesWithRewardAndObservation) {
  const TemporaryDirectory directory;
  // Upright, at rest, in the middle: the best there is.
  directory.Write("s.jsonl",
                  "{\"qpos\": [0, 0], \"qvel\": [0, 0], \"ctrl\": [0]}\n"
                  "{\"qpos\": [0, 3.14], \"qvel\": [0, 0], \"ctrl\": [0]}\n");
  const Outcome outcome = RunProgram(directory, "rollout cartpole_swingup --state s.jsonl");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto lines = ParseLines(outcome.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(lines[0]["reward"].get<double>(), 1.0, 1e-6);
  EXPECT_LT(lines[1]["reward"].get<double>(), 0.01);
  EXPECT_EQ(lines[0]["observation"]["position"].size(), 3u);
}

}  // namespace
}  // namespace curl_rl::experiments
