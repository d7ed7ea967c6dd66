// Runs with too little of what the system gives a process: memory, threads, stack, open files,
// cores.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "tests/reliability/small_program_run.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LimitedRun : public SmallProgramRun {};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(LimitedRun, MoreThreadsThanCoresAreTold) {
  const auto outcome =
      Shell("exec taskset -c 0 \"$CURL_RL\" train c.yaml threads=2 env_steps=60 run_dir=run");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("warning: threads 2, but this process has 1 cores"));
}

// OpenGL ended a run from pixels in the middle of a frame, or MuJoCo's want of memory was told as a
// fault of the task file.
TEST_F(LimitedRun, LittleAddressSpaceToDrawInIsToldAtTheStart) {
  const auto outcome = Shell(
      "ulimit -v 1250000; export OMP_NUM_THREADS=1; exec \"$CURL_RL\" train c.yaml run_dir=run "
      "task=cartpole_balance observation=pixels frame_stack=3 env_steps=100");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("OpenGL's libraries 280 MB (observation=state needs none)"));
  EXPECT_FALSE(fs::exists(directory_.File("run")));
  const auto picture = Shell(
      "ulimit -v 900000; export OMP_NUM_THREADS=1; exec \"$CURL_RL\" envs cartpole_balance "
      "--image x.png");
  EXPECT_EQ(picture.status, 1) << picture.err;
  EXPECT_THAT(picture.err, HasSubstr("no room to draw in: OpenGL is given 280 MB more"));
}

// Too little for what stands before main: OpenBLAS would ask for its buffers for ever.
// What a run needs at least is arithmetic; what the libraries take beyond it may be refused later.
TEST_F(LimitedRun, MemoryThatIsRefusedLaterIsToldWithoutAStack) {
  const auto run = [&](int megabytes) {
    return Shell("rm -rf run; ulimit -v " + std::to_string(megabytes) +
                 "000; export OMP_NUM_THREADS=1; exec \"$CURL_RL\" train c.yaml run_dir=run "
                 "agent.sac.hidden_dim=1000 env_steps=60");
  };
  // The least that the arithmetic lets pass, then a little more each time until the run is whole.
  int megabytes = 1000;
  while (Has(run(megabytes).err, "this run needs at least")) megabytes += 20;
  int late = 0;
  for (;; megabytes += 4) {
    const auto outcome = run(megabytes);
    if (outcome.status == 0) break;
    EXPECT_EQ(outcome.status, 1) << megabytes << ": " << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("frame #"))) << megabytes;
    late += Has(outcome.err, "memory ran out (see `ulimit -d`");
  }
  EXPECT_GT(late, 0);
}

TEST_F(LimitedRun, NoRoomForTheLibrariesIsToldBeforeTheyStart) {
  for (const std::string limit : {"-d 100000", "-d 150000", "-v 600000"}) {
    const auto outcome =
        Shell("ulimit " + limit + "; export OMP_NUM_THREADS=1; exec timeout -s KILL 60 " +
              "\"$CURL_RL\" train c.yaml run_dir=run");
    EXPECT_EQ(outcome.status, 1) << limit << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("curl-rl: ulimit " + limit.substr(0, 2) + " is "),
                                   HasSubstr("a thread of OpenBLAS (threads: 1)")));
    EXPECT_FALSE(fs::exists(directory_.File("run")));
  }
}

// OpenBLAS would ask for a thread's buffer for ever, after it had trained a while.
TEST_F(LimitedRun, NoRoomForAThreadsBufferIsToldAtTheStart) {
  for (const std::string limit : {"-d 300000", "-d 400000"}) {
    const auto outcome =
        Shell("ulimit " + limit + "; export OMP_NUM_THREADS=1; exec timeout -s KILL 60 " +
              "\"$CURL_RL\" train c.yaml threads=2 run_dir=run");
    EXPECT_EQ(outcome.status, 1) << limit << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("no room for the buffers of OpenBLAS: 2 threads"),
                                   HasSubstr("can be had (ulimit -d); raise the limit")));
    EXPECT_FALSE(fs::exists(directory_.File("run")));
  }
}

TEST_F(LimitedRun, TooSmallAStackIsToldBeforeAnythingOverrunsIt) {
  for (const std::string limit : {"64", "128", "256"}) {
    const auto outcome =
        Shell("ulimit -s " + limit + "; exec \"$CURL_RL\" train c.yaml run_dir=run");
    EXPECT_EQ(outcome.status, 1) << limit;
    EXPECT_THAT(outcome.err,
                HasSubstr("ulimit -s is " + limit + " kB, and the program needs a stack of 512"));
  }
  EXPECT_EQ(Shell("ulimit -s 512; exec \"$CURL_RL\" train c.yaml run_dir=run").status, 0);
}

// A stack of 100 TB for each: no thread can be made, and a pool of LibTorch's would wait for one.
TEST_F(LimitedRun, ThreadsThatCannotBeMadeAreToldAtTheStart) {
  const auto outcome = Shell(
      "ulimit -s 100000000000; exec timeout -s KILL 60 \"$CURL_RL\" train c.yaml run_dir=run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("threads needed: "), HasSubstr("the system gave 0"),
                                 HasSubstr("-s (100000000000 kB")));
  EXPECT_FALSE(fs::exists(directory_.File("run")));
}

TEST_F(LimitedRun, FewDescriptorsAreNamedAndAFewMoreAreEnough) {
  for (const char* limit : {"5", "8", "12"}) {
    const auto few =
        Shell(std::string("ulimit -n ") + limit + "; exec \"$CURL_RL\" train c.yaml run_dir=few");
    EXPECT_EQ(few.status, 1);
    EXPECT_THAT(few.err, AllOf(HasSubstr("open files needed: 12, the system gave "),
                               HasSubstr(std::string("ulimit -n is ") + limit)));
    EXPECT_FALSE(fs::exists(directory_.File("few")));
  }
  // Some more than 16, as whoever runs the tests may leave its own open.
  EXPECT_EQ(Shell("ulimit -n 24; exec \"$CURL_RL\" train c.yaml run_dir=run").status, 0);
}

TEST_F(LimitedRun, ReplayThatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  const auto outcome = Shell(
      "ulimit -v 4000000; exec \"$CURL_RL\" train c.yaml observation=pixels frame_stack=3 "
      "env_steps=100000000 replay_capacity=100000000 run_dir=run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("this run needs at least "));
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("(ulimit -v): replay "),
                    HasSubstr("(replay_capacity, replay_frames, environment.image_size)")));
  EXPECT_FALSE(fs::exists(directory_.File("run")));
}

}  // namespace
}  // namespace curl_rl::experiments
