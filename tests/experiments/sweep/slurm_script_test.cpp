// The batch script that a sweep submits. That Slurm runs it is shown by slurm_test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/config/usage_error.h"
#include "experiments/sweep/slurm.h"

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

TEST(SlurmScript, RefusesWhatADirectiveCannotHold) {
  SlurmOptions options;
  options.partition = "a\"b";
  EXPECT_THROW(SlurmScript(Elements(1), {0}, "/s", "/curl-rl", 0, options), UsageError);
}

}  // namespace
}  // namespace curl_rl::experiments
