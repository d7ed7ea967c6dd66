// What can be wrong around a run: the disk, the checkpoint, the config, the clock, the machine.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/reliability/small_program_run.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class FaultyRun : public SmallProgramRun {
 protected:
  // Stops at env step 200 and leaves checkpoints of 100 (best or kept), 150 and 200.
  void RunHalf(const std::string& run) {
    const auto outcome = Run("train c.yaml keep_checkpoints=3 env_steps=200 run_dir=" + run);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    SetConfig(run, "env_steps: 200", "env_steps: 400");
  }

  void SetConfig(const std::string& run, const std::string& from, const std::string& to) {
    auto text = directory_.Read(run + "/config.yaml");
    const auto at = text.find("\n" + from + "\n");
    ASSERT_NE(at, std::string::npos) << from << " in\n" << text;
    directory_.Write(run + "/config.yaml", text.replace(at + 1, from.size(), to));
  }
};

TEST_F(FaultyRun, ALongerBudgetIsTheOnlyOtherNumberThatMayChange) {
  RunWhole();
  RunHalf("run");
  SetConfig("run", "  discount: 0.99", "  discount: 0.98");
  const auto refused = Run("resume run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("is of another config; config.yaml now has agent.discount "
                                     "0.98 instead of 0.99"));
  EXPECT_EQ(State("run"), "failed");
  SetConfig("run", "  discount: 0.98", "  discount: 0.99");
  const auto outcome = Run("resume run");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
}

TEST_F(FaultyRun, ADamagedCheckpointIsNamedAndTheOneBeforeTaken) {
  RunWhole();
  const auto outcome = Run("train c.yaml keep_checkpoints=9 run_dir=run");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string last = "run/checkpoints/env_step_000000000400";
  fs::resize_file(directory_.File(last + "/agent.safetensors"), 1000);
  const std::string frames = "run/checkpoints/frames/";  // the last segment of the one before
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory_.File(frames))) {
    names.push_back(entry.path().filename());
  }
  const auto newest =
      *std::max_element(names.begin(), names.end(),
                        [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
  auto bytes = directory_.Read(frames + newest);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  directory_.Write(frames + newest, bytes);

  const auto resumed = Run("resume run");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr(last + "/agent.safetensors: damaged: the manifest says"));
  EXPECT_THAT(resumed.err, HasSubstr("is kept as " + last + ".damaged"));
  EXPECT_THAT(resumed.out, HasSubstr("resumed at env step 350"));
  ExpectLikeWhole("run");
}

TEST_F(FaultyRun, WhereNoCheckpointCanBeReadNothingIsTouched) {
  RunHalf("run");
  for (const auto& entry : fs::directory_iterator(directory_.File("run/checkpoints"))) {
    if (fs::exists(entry.path() / "manifest.json"))
      fs::resize_file(entry.path() / "manifest.json", 9);
  }
  const auto csv = directory_.Read("run/train.csv");
  const auto outcome = Run("resume run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("manifest.json: damaged"));
  EXPECT_THAT(outcome.err, HasSubstr("no checkpoint can be read"));
  EXPECT_EQ(directory_.Read("run/train.csv"), csv);
}

TEST_F(FaultyRun, AnotherThreadCountIsSaid) {
  RunHalf("run");
  SetConfig("run", "threads: 1", "threads: 2");
  const auto outcome = Run("resume run");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("not continued bit for bit: threads 2 instead of 1"));
}

// A shared run folder names a library: comparing runs loads none, --plugin takes the place of all.
TEST_F(FaultyRun, AStrangersPlugInIsLoadedOnlyWhereTheRunIsMadeAgain) {
  RunHalf("run");
  SetConfig("run", "plugins: []", "plugins: [strange.so]");
  EXPECT_EQ(Run("compare run --output report").status, 0);
  const auto loaded = Run("evaluate run --episodes 1");
  EXPECT_EQ(loaded.status, 2);
  EXPECT_THAT(loaded.err, HasSubstr("strange.so: no such file"));
  const auto own =
      Run("evaluate run --episodes 1 --plugin " CURL_RL_PLUGINS "/plugin_throws_later.so");
  EXPECT_THAT(own.err, Not(HasSubstr("strange.so")));
}

// It had ended with "351/250 env steps 140 %", and told its one evaluation twice.
TEST_F(FaultyRun, ALowerBudgetAndASingleEvaluationAreToldAsTheyAre) {
  const auto once = Run("train c.yaml eval_every=0 env_steps=60 run_dir=once");
  EXPECT_EQ(once.status, 0) << once.err;
  const auto at = once.out.find("  at env step");
  ASSERT_NE(at, std::string::npos) << once.out;
  EXPECT_EQ(once.out.find("  at env step", at + 1), std::string::npos) << once.out;
  RunHalf("run");
  SetConfig("run", "env_steps: 400", "env_steps: 100");
  const auto lower = Run("resume run");
  EXPECT_EQ(lower.status, 0) << lower.err;
  EXPECT_THAT(lower.out, HasSubstr("200 env steps, the budget is 100"));
}

TEST_F(FaultyRun, ADeterministicRunIsTheSameOnACpu) {
  RunWhole();
  EXPECT_EQ(Run("train c.yaml deterministic=true run_dir=run").status, 0);
  ExpectLikeWhole("run");
}

// A file may not grow beyond 8 KiB: no agent can be saved, rows still can.
TEST_F(FaultyRun, WithoutRoomForACheckpointItGoesOnAndFailsAtTheEnd) {
  RunWhole();
  const auto outcome = Shell("ulimit -f 16; exec \"$CURL_RL\" train c.yaml run_dir=run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the run goes on without a checkpoint of env step 50"));
  EXPECT_THAT(outcome.err, HasSubstr("env step 400 is not saved, the newest checkpoint is none"));
  EXPECT_EQ(WithoutTimes(ReadTable(directory_.File("run/train.csv"))),
            WithoutTimes(ReadTable(directory_.File("whole/train.csv"))));
  EXPECT_EQ(Run("resume run").status, 0);  // from the beginning
  ExpectLikeWhole("run");
}

// A disk of its own that fills up in the middle, and is made larger.
TEST_F(FaultyRun, AFullDiskStopsNothingAndTearsNothing) {
  if (Shell("unshare -rm mount -t tmpfs none /mnt").status != 0) {
    GTEST_SKIP() << "mounting is not allowed here";
  }
  RunWhole();
  const std::string program =
      "unshare -rm sh -c 'set -e; mkdir disk; mount -t tmpfs -o size=200k none disk\n"
      "status=0; \"$1\" train c.yaml keep_checkpoints=100 run_dir=disk/run || status=$?\n"
      "echo status $status; cp -r disk/run full\n"
      "mount -o remount,size=50m disk; \"$1\" resume disk/run; cp -r disk/run run' - \"$CURL_RL\"";
  const auto outcome = Shell(program);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("status 1\n"));
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
  EXPECT_THAT(outcome.err, HasSubstr("the newest checkpoint is that of env step"));
  EXPECT_THAT(outcome.out, HasSubstr("resumed at env step"));
  for (const char* file : {"train.csv", "eval.csv"}) {
    EXPECT_EQ(directory_.Read(std::string("full/") + file).back(), '\n') << file << " is torn";
  }
  ExpectLikeWhole("run");
}

// Ten years back and forth between stop and resume, and an hour back while it runs.
TEST_F(FaultyRun, ClockJumpsChangeOnlyStamps) {
  const std::string library = CURL_RL_FAKETIME;
  if (library.empty()) GTEST_SKIP() << "libfaketime is not installed";
  RunWhole();
  RunHalf("run");
  for (const std::string jump : {"-10y", "+20y"}) {
    const auto outcome =
        Shell("export LD_PRELOAD=" + library + " DONT_FAKE_MONOTONIC=1 FAKETIME=" + jump +
              "\nexec \"$CURL_RL\" resume run");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
  const auto rows = ReadTable(directory_.File("run/train.csv"));
  double before = 0.0;
  for (const auto& row : rows) {
    const double now = std::stod(row.at("wall_time_s"));
    EXPECT_GE(now, before);
    EXPECT_LT(now, 600.0);
    EXPECT_GT(std::stod(row.at("env_steps_per_s")), 0.0);
    before = now;
  }
  EXPECT_EQ(rows.size(), 8u);
  // TensorBoard reads event files in the order of their names.
  std::vector<std::pair<fs::file_time_type, std::string>> files;
  for (const auto& entry : fs::directory_iterator(directory_.File("run"))) {
    const auto name = entry.path().filename().string();
    if (name.rfind("events", 0) == 0) files.emplace_back(entry.last_write_time(), name);
  }
  std::sort(files.begin(), files.end());
  EXPECT_GE(files.size(), 2u);
  EXPECT_TRUE(std::is_sorted(files.begin(), files.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST_F(FaultyRun, WithoutOpenGlPixelsAreRefusedAndStatesTrain) {
  const std::string no_gl =
      "export __EGL_VENDOR_LIBRARY_FILENAMES=/nonexistent CURL_RL_GL=egl\nexec \"$CURL_RL\" ";
  const std::string options =
      "c.yaml task=cartpole_swingup env_steps=200 eval_every=0 run_dir=run agent.contrastive=none ";
  const auto pixels = Shell(no_gl + "train " + options + "observation=pixels frame_stack=3");
  EXPECT_EQ(pixels.status, 1);
  EXPECT_THAT(pixels.err, HasSubstr("egl: "));
  EXPECT_FALSE(fs::exists(directory_.File("run")));
  const auto state = Shell(no_gl + "train " + options);
  EXPECT_EQ(state.status, 0) << state.err;
}

// As after the reset of a GPU: in the one case reading pixels leaves the memory as it was, in the
// other the context cannot be made current any more.
TEST_F(FaultyRun, ALostGlContextStopsTheRunBeforeAFrameIsWrong) {
  std::string config = kSmallConfig;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"toy_reach", "cartpole_swingup"},
           {"observation: state", "observation: pixels"},
           {"action_repeat: 1", "action_repeat: 5"},
           {"frame_stack: 1", "frame_stack: 3"},
           {"hidden_dim: 16", "hidden_dim: 16, num_filters: 4"},
           {"eval_every: 100", "eval_every: 0"}}) {
    config.replace(config.find(from), from.size(), to);
  }
  directory_.Write("c.yaml", config);
  RunWhole();
  const std::string losing = "LD_LIBRARY_PATH=" CURL_RL_LOSING_EGL;
  for (const std::string how : {"read", "current"}) {
    const auto outcome =
        Shell(losing + " CURL_RL_LOSE_GL=" + how +
              " CURL_RL_LOSE_GL_AT=60 exec \"$CURL_RL\" train c.yaml run_dir=" + how);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("OpenGL (egl, "), HasSubstr("can draw no more"),
                                   HasSubstr("_CONTEXT_LOST")));
    EXPECT_EQ(State(how), "failed");
    const auto resumed = Run("resume " + how);
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_THAT(resumed.out, HasSubstr("resumed at env step 250"));
    ExpectLikeWhole(how);
  }
}

TEST_F(FaultyRun, APluginThatThrowsLeavesTheLastCheckpoint) {
  for (const std::string fault : {"throws_later", "rewards_nan_later"}) {
    fs::copy_file(CURL_RL_PLUGINS "/plugin_" + fault + ".so", directory_.File(fault + ".so"));
    const auto outcome = Run("train c.yaml task=still --plugin " + fault + ".so run_dir=" + fault);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err,
                HasSubstr(fault == "throws_later" ? "the robot fell over" : "reward: got nan"));
    EXPECT_EQ(State(fault), "failed");
    // Moved since: resuming and the like take the new place.
    fs::create_directory(directory_.File("moved"));
    fs::rename(directory_.File(fault + ".so"), directory_.File("moved/" + fault + ".so"));
    EXPECT_EQ(Run("resume " + fault).status, 2);
    const auto played = Run("evaluate " + fault + " --episodes 1 --plugin moved/" + fault + ".so");
    EXPECT_EQ(played.status, 0) << played.err;
    const auto resumed = Run("resume " + fault + " --plugin moved/" + fault + ".so");
    EXPECT_EQ(resumed.status, 0) << resumed.err;  // this time it stops before the fault
    EXPECT_THAT(resumed.out, HasSubstr("resumed at env step 200"));
    EXPECT_THAT(resumed.err, HasSubstr("the environment keeps no snapshots"));
    fs::remove_all(directory_.File("moved"));
  }
}

// 206.9 and 256.1 became 20697 and 28949 between two rows of eval.csv, without a word.
TEST_F(FaultyRun, ATaskThatChangedIsRefusedByItsFilesNames) {
  directory_.Write("model.xml", R"(
<mujoco><option timestep="0.01"/><worldbody><body><joint name="shoulder"/><geom size=".1"/></body>
</worldbody><actuator><motor joint="shoulder" ctrllimited="true" ctrlrange="-1 1"/></actuator>
</mujoco>)");
  directory_.Write("arm.yaml",
                   "name: arm_up\nmodel: model.xml\ntime_limit: 1\n"
                   "start: [{position: shoulder, uniform: [-1, 1]}]\n"
                   "reward: {position: shoulder, lower: -0.1, upper: 0.1, margin: 1}\n");
  const auto begun = Run("train c.yaml task=arm.yaml env_steps=200 run_dir=run");
  ASSERT_EQ(begun.status, 0) << begun.err;
  SetConfig("run", "env_steps: 200", "env_steps: 400");
  // 1. An edit of the model: refused, and played with a warning.
  const auto model = directory_.Read("model.xml");
  directory_.Write("model.xml",
                   std::string(model).replace(model.find("size=\".1\""), 9, "size=\".2\""));
  const auto refused = Run("resume run");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("the task is not what it was when this run stopped: model.xml "
                                     "has changed"));
  EXPECT_EQ(Run("train c.yaml task=arm.yaml env_steps=600 run_dir=run --continue").status, 2);
  const auto played = Run("evaluate run --episodes 1");
  EXPECT_EQ(played.status, 0);
  EXPECT_THAT(played.err, HasSubstr("model.xml has changed"));
  // 2. Set back: as if nothing had been.
  directory_.Write("model.xml", model);
  EXPECT_EQ(Run("evaluate run --episodes 1").err, "");
  // 3. Gone on with on purpose: a new episode, on record.
  directory_.Write("arm.yaml", directory_.Read("arm.yaml") + "description: another\n");
  const auto accepted = Run("resume run --accept-changed-task");
  EXPECT_EQ(accepted.status, 0) << accepted.err;
  EXPECT_THAT(accepted.err, HasSubstr("the task has changed: a new episode begins"));
  const auto json = nlohmann::json::parse(directory_.Read("run/run.json"));
  EXPECT_EQ(json["task_change"], "arm.yaml has changed");
  const auto compared = Run("compare run --output report --bootstrap 100");
  EXPECT_THAT(compared.out, HasSubstr("The task changed while curl on arm_up, seed 1 was trained"));
  // 4. A run of an earlier version has no record: it goes on, and says so.
  auto old = json;
  old.erase("task_files");
  directory_.Write("run/run.json", old.dump());
  SetConfig("run", "env_steps: 400", "env_steps: 500");
  const auto without = Run("resume run");
  EXPECT_EQ(without.status, 0) << without.err;
  EXPECT_THAT(without.err, HasSubstr("run.json does not say what the task's files were"));
}

// As on a file system that others see, with rows and checkpoints coming and going all the time.
TEST_F(FaultyRun, OthersReadARunThatGoesOn) {
  const auto outcome = Shell(R"(
"$CURL_RL" train c.yaml env_steps=30000 checkpoint_every=2 eval_every=20 run_dir=run >run.log 2>&1 &
until [ -e run/checkpoints/best.json ]; do kill -0 $! || exit 9; sleep 0.1; done
i=0
while [ $((i += 1)) -le 4 ]; do
  "$CURL_RL" export run $i.safetensors && "$CURL_RL" evaluate run --episodes 1 &&
    "$CURL_RL" compare run --output report --bootstrap 100 || echo "try $i failed"
done >&2
kill -0 $! && kill -TERM $! && wait $! && echo all the while)");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("all the while"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("failed"))) << outcome.err;
}

TEST_F(FaultyRun, WeightsGoOutAndComeBackInAsARun) {
  RunWhole();
  ASSERT_EQ(Run("export whole w.safetensors").status, 0);
  const auto outcome = Run("import c.yaml w.safetensors run_dir=run");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("curl-rl resume run"));
  ASSERT_EQ(Run("export run again.safetensors --names reference").status, 0);
  ASSERT_EQ(Run("import c.yaml again.safetensors run_dir=other").status, 0);
  ASSERT_EQ(Run("export other back.safetensors").status, 0);
  const auto data = [&](const std::string& file) {  // less the header, which has the env step
    const auto bytes = directory_.Read(file);
    return bytes.substr(bytes.find_first_not_of(' ', bytes.find("}}") + 2));
  };
  EXPECT_TRUE(data("w.safetensors") == data("back.safetensors"));
  const auto wrong = Run("import c.yaml w.safetensors agent.hidden_dim=17 run_dir=wrong");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("needed: "));
  EXPECT_FALSE(fs::exists(directory_.File("wrong")));
  EXPECT_EQ(Run("resume run").status, 0);  // and it learns on
}

}  // namespace
}  // namespace curl_rl::experiments
