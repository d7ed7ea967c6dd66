// What is in the way gets the first free name and stays what it is.
#include "experiments/files/set_aside.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

TEST(SetAside, TakesTheFirstFreeNameOfFilesFoldersAndLinks) {
  const TemporaryDirectory directory;
  const auto path = directory.File("log");
  EXPECT_EQ(SetAside(path), "");
  directory.Write("log", "first");
  EXPECT_EQ(SetAside(path), path + ".old_1");
  std::filesystem::create_directory(path);
  directory.Write("log/inside", "second");
  EXPECT_EQ(SetAside(path), path + ".old_2");
  std::filesystem::create_symlink("nowhere", path);
  EXPECT_EQ(SetAside(path), path + ".old_3");
  EXPECT_EQ(directory.Read("log.old_1"), "first");
  EXPECT_EQ(directory.Read("log.old_2/inside"), "second");
  EXPECT_TRUE(std::filesystem::is_symlink(path + ".old_3"));
}

}  // namespace
}  // namespace curl_rl::experiments
