// Where an installed dm_control is looked for.
#include "envs/suite/dm_control_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::envs::suite {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DmControlFolderTest : public testing::Test {
 protected:
  DmControlFolderTest() {
    ::setenv("PYTHONPATH", "", 1);
    ::setenv("PATH", directory_.File("bin").c_str(), 1);
    ::setenv("HOME", directory_.File("home").c_str(), 1);
    std::filesystem::create_directories(directory_.File("bin"));
  }

  // A dm_control in this folder of packages.
  std::string Install(const std::string& packages) {
    const std::string folder = directory_.File(packages + "/dm_control");
    std::filesystem::create_directories(folder + "/suite");
    return folder;
  }

  std::string Message(const std::string& python) {
    try {
      return "found " + FolderOfDmControl(python).string();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  experiments::TemporaryDirectory directory_;
};

TEST_F(DmControlFolderTest, IsAmongThePackagesOfTheNamedPython) {
  const auto here = Install("venv/lib/python3.11/site-packages");
  EXPECT_EQ(FolderOfDmControl(directory_.File("venv/bin/python")), here);
  directory_.Write("bin/python3.9", "");
  EXPECT_THAT(Message("python3.9"), HasSubstr("was not found in"));
}

TEST_F(DmControlFolderTest, IsAmongThoseOfThePythonOfPath) {
  directory_.Write("bin/python3", "");
  const auto debian = Install("lib/python3/dist-packages");
  EXPECT_EQ(FolderOfDmControl(""), debian);
  const auto pip = Install("local/lib/python3.11/dist-packages");
  EXPECT_EQ(FolderOfDmControl(""), pip);  // as Python has them
}

TEST_F(DmControlFolderTest, IsAmongTheUsersOwn) {
  const auto own = Install("home/.local/lib/python3.12/site-packages");
  EXPECT_EQ(FolderOfDmControl(""), own);
}

TEST_F(DmControlFolderTest, PythonPathComesFirst) {
  Install("home/.local/lib/python3.12/site-packages");
  const auto named = Install("named");
  ::setenv("PYTHONPATH", (directory_.File("none") + ":" + directory_.File("named")).c_str(), 1);
  EXPECT_EQ(FolderOfDmControl(""), named);
}

TEST_F(DmControlFolderTest, WhereItIsNotIsSaidAndHowToGetIt) {
  EXPECT_THAT(Message(""), AllOf(HasSubstr("any folder of Python packages: there is none"),
                                 HasSubstr("pip install dm_control")));
  std::filesystem::create_directories(directory_.File("home/.local/lib/python3.12/site-packages"));
  EXPECT_THAT(Message("python3"),
              AllOf(HasSubstr("\n  " + directory_.File("home/.local/lib/python3.12/site-packages")),
                    HasSubstr("environment.python=")));
}

}  // namespace
}  // namespace curl_rl::envs::suite
