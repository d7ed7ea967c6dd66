// The commit that a build records: that of its sources when it was made, not when it was
// configured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::Not;

// A work tree with the template of version.cpp, and its git without the user's or the machine's
// settings.
class RecordedCommit : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(tree_.File("experiments/machine"));
    std::filesystem::copy_file(CURL_RL_SOURCE_DIR "/experiments/machine/version.cpp.in",
                               tree_.File("experiments/machine/version.cpp.in"));
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  }

  void Git(const std::string& arguments) const {
    const std::string command = "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C '" +
                                tree_.path() + "' -c user.name=t -c user.email=t@t " + arguments +
                                " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  // What a build would compile.
  std::string Version() const {
    const std::string command = "GIT_CEILING_DIRECTORIES='" + tree_.path() +
                                "/..' cmake -D SOURCE_DIR='" + tree_.path() + "' -D OUTPUT='" +
                                output_.File("version.cpp") +
                                "' -P " CURL_RL_SOURCE_DIR "/cmake/write_version.cmake";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return output_.Read("version.cpp");
  }

  const TemporaryDirectory tree_;
  const TemporaryDirectory output_;
};

TEST_F(RecordedCommit, FollowsTheWorkTreeWithoutANewConfigure) {
  EXPECT_THAT(Version(), HasSubstr("kGitCommit = \"unknown\""));

  Git("init -q");
  Git("add .");
  Git("commit -q -m first");
  const std::string first = Version();
  EXPECT_THAT(first, Not(HasSubstr("unknown")));
  EXPECT_THAT(first, Not(HasSubstr("-dirty")));

  tree_.Write("experiments/machine/version.cpp.in",
              tree_.Read("experiments/machine/version.cpp.in") + "\n");
  EXPECT_THAT(Version(), HasSubstr("-dirty\""));

  Git("commit -q -a -m second");
  const std::string second = Version();
  EXPECT_THAT(second, Not(HasSubstr("-dirty")));
  EXPECT_NE(second, first + "\n");
}

TEST_F(RecordedCommit, IsNotWrittenAgainWhileItIsTheSame) {
  Version();
  const std::string file = output_.File("version.cpp");
  const auto long_ago = std::filesystem::last_write_time(file) - std::chrono::hours(1);
  std::filesystem::last_write_time(file, long_ago);
  Version();
  EXPECT_EQ(std::filesystem::last_write_time(file), long_ago) << "everything would be linked again";
}

}  // namespace
}  // namespace curl_rl::experiments
