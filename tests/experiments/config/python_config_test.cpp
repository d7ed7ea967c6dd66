// Environments of Python in a config: named, found again, and run by the Python that is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "envs/registry.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "tests/experiments/error_message.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PythonConfig, ATaskOfPythonIsAPlugInWithAName) {
  const TemporaryDirectory directory;
  const auto file = directory.Write("tasks/c.yaml", "task: python:own/fish.py:make\n");
  const std::string text = "python:" + directory.File("tasks/own/fish.py") + ":make";
  const auto config = ReadConfig(file, {});
  EXPECT_EQ(config.task, "python_fish_make");
  EXPECT_THAT(config.plugins, ElementsAre(text));
  EXPECT_EQ(envs::Find(config.task).source, text);
  EXPECT_EQ(RunDirectoryOf(config), "runs/python_fish_make/curl/seed_1");

  // As a run's config.yaml says it.
  const auto written = directory.Write("run/config.yaml", WriteConfig(config));
  const auto again = ReadConfig(written, {});
  EXPECT_EQ(again.task, config.task);
  EXPECT_EQ(again.plugins, config.plugins);
}

TEST(PythonConfig, OfTheCommandLineIsFoundFromTheWorkingDirectory) {
  const auto config = ReadConfig("", {"task=dm_env:a/bird.py:make"});
  EXPECT_THAT(config.plugins,
              ElementsAre("dm_env:" + std::filesystem::absolute("a/bird.py").string() + ":make"));
  EXPECT_EQ(ReadConfig("", {"task=gymnasium:Pendulum-v1"}).task, "gymnasium_pendulum_v1");
}

TEST(PythonConfig, APythonIsFoundAgainFromElsewhere) {
  const TemporaryDirectory directory;
  const auto file = directory.Write("c.yaml", "environment: {python: venv/bin/python}\n");
  EXPECT_EQ(ReadConfig(file, {}).environment.python, directory.File("venv/bin/python"));
  EXPECT_EQ(ReadConfig(file, {"environment.python=python3.9"}).environment.python, "python3.9");
  EXPECT_EQ(ReadConfig("", {}).environment.python, "");
}

TEST(PythonConfig, WhatNamesNothingIsRefusedWithItsPlace) {
  const TemporaryDirectory directory;
  const auto file = directory.Write("c.yaml", "seed: 1\ntask: python:cat.py\n");
  EXPECT_THAT(Message([&] { ReadConfig(file, {}); }),
              AllOf(HasSubstr("c.yaml:2:1: task: python:cat.py: "), HasSubstr("names no function"),
                    HasSubstr("allowed: python:MODULE:FUNCTION or python:FILE.py:FUNCTION")));
  EXPECT_THAT(Message([&] {
                ReadConfig({{}, {"task=python:/a/dog.py:make", "plugins=[python:/b/dog.py:make]"}});
              }),
              HasSubstr("environment name 'python_dog_make' is taken"));
}

}  // namespace
}  // namespace curl_rl::experiments
