// Input that the program refuses: with one message, a status that says why, and nothing left
// behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "tests/experiments/program_outcome.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

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
        BadInput{"config pipe.yaml", 2, {"is a pipe, a YAML file is needed"}},
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

}  // namespace
}  // namespace curl_rl::experiments
