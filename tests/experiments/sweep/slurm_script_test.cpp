// The batch script that a sweep submits. That Slurm runs it is shown by slurm_test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "experiments/config/usage_error.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/slurm.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<Element> Elements(int count) {
  std::vector<Element> elements(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    elements[static_cast<std::size_t>(i)].method = "m";
    elements[static_cast<std::size_t>(i)].config.seed = i;
  }
  return elements;
}

TEST(SlurmScript, AsksForWhatWasAskedFor) {
  SlurmOptions options;
  options.time = "12:00:00";
  options.partition = "gpu";
  options.gpus = 1;
  options.cpus = 4;
  options.memory = "8G";
  options.save_before = 90;
  options.more = {"--account=lab", "--exclusive"};
  const std::string script =
      SlurmScript(Elements(4), {0, 2, 3}, "/a b/slurm", "/opt/it's/curl-rl", 2, options);
  EXPECT_THAT(script, StartsWith("#!/bin/bash\n#SBATCH "));
  for (const char* line :
       {"--array=\"0,2,3%2\"", "--time=\"12:00:00\"", "--partition=\"gpu\"", "--gres=\"gpu:1\"",
        "--cpus-per-task=\"4\"", "--mem=\"8G\"", "--signal=\"B:USR1@90\"", "--account=\"lab\"",
        "--exclusive", "--requeue", "--open-mode=append",
        "--output=\"/a b/slurm/element_%a.log\""}) {
    EXPECT_THAT(script, HasSubstr(std::string("\n#SBATCH ") + line + "\n"));
  }
  EXPECT_THAT(script, HasSubstr("\n#   2  cartpole_swingup m seed 2\n"));
  EXPECT_THAT(script, Not(HasSubstr("seed 1\n")));
  EXPECT_THAT(script, HasSubstr("\n'/opt/it'\\''s/curl-rl' train '/a b/slurm'/"));
}

TEST(SlurmScript, LeavesTheRestToTheClusterAndToWhatRunsNeed) {
  const std::string script = SlurmScript(Elements(1), {0}, "/s", "/curl-rl", 0, {});
  EXPECT_THAT(script, AllOf(HasSubstr("--array=\"0\""), HasSubstr("--cpus-per-task=\"1\""),
                            HasSubstr("OMP_NUM_THREADS=1")));
  for (const char* option : {"--time", "--partition", "--gres"}) {
    EXPECT_THAT(script, Not(HasSubstr(option)));
  }
}

// A line end in a comment or an option would let the shell run what follows.
TEST(SlurmScript, NothingLeavesItsLine) {
  auto elements = Elements(1);
  elements[0].method = "m, plugins=[ # x\n],[]";
  const std::string script = SlurmScript(elements, {0}, "/50%/s", "/curl-rl", 0, {});
  EXPECT_THAT(script, Not(HasSubstr("\n],[]")));
  EXPECT_THAT(script, HasSubstr("--output=\"/50%%/s/element_%a.log\""));
  for (const char* option : {"--foo\ncmd", "--foo=a\ncmd", "--foo=a\rcmd"}) {
    SlurmOptions options;
    options.more = {option};
    EXPECT_THROW(SlurmScript(Elements(1), {0}, "/s", "/curl-rl", 0, options), UsageError);
  }
}

// A Slurm whose plug-ins talk on standard error, and whose squeue refuses an id that is no number.
TEST(Slurm, TalkIsNoJobsNumber) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.File("bin"));
  directory.Write("bin/sbatch",
                  "#!/bin/sh\necho 'sbatch: lua: no account given' >&2\necho '4711;big'\n");
  directory.Write(
      "bin/squeue",
      "#!/bin/sh\necho 'squeue: a notice' >&2\n"
      "case \"$*\" in *=4711) echo 4711_0;; *) echo 'Invalid job id' >&2; exit 1;; esac\n");
  for (const char* name : {"bin/sbatch", "bin/squeue"}) {
    std::filesystem::permissions(directory.File(name), std::filesystem::perms::owner_all);
  }
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (directory.File("bin") + ":" + path).c_str(), 1);
  const auto elements = Elements(1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(SubmitToSlurm(elements, {0}, directory.File("sweep"), 0, {}), "4711");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no account given"));
  EXPECT_EQ(JobInQueue(directory.File("sweep")), "4711");
  // What an earlier version noted must not look like a job that is over.
  directory.Write("sweep/slurm/job_id", "sbatch: lua: hello\n4711\n");
  EXPECT_THROW(JobInQueue(directory.File("sweep")), std::runtime_error);
  directory.Write("sweep/slurm/job_id", "12\n");
  EXPECT_EQ(JobInQueue(directory.File("sweep")), std::nullopt);
  directory.Write("bin/sbatch", "#!/bin/sh\necho hello\n");
  EXPECT_THROW(SubmitToSlurm(elements, {0}, directory.File("other"), 0, {}), std::runtime_error);
  ::setenv("PATH", path.c_str(), 1);
}

TEST(ShellWord, IsQuotedWhereNeeded) {
  EXPECT_EQ(ShellWord("runs/a,lr=1e-3/seed_1"), "runs/a,lr=1e-3/seed_1");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("$(touch x)"), "'$(touch x)'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

TEST(SlurmScript, RefusesWhatADirectiveCannotHold) {
  SlurmOptions options;
  options.partition = "a\"b";
  EXPECT_THROW(SlurmScript(Elements(1), {0}, "/s", "/curl-rl", 0, options), UsageError);
}

}  // namespace
}  // namespace curl_rl::experiments
