// Nothing is left of a host: no process, no descriptor, no memory, no file.
#include "envs/python/host_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/envs/python/python_modules.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::envs {
namespace {

namespace fs = std::filesystem;
using experiments::TemporaryDirectory;

// CURL_RL_STARTS asks for more: a start of Python takes tenths of a second where other work is.
int Starts() {
  const char* const asked = std::getenv("CURL_RL_STARTS");
  return asked != nullptr ? std::stoi(asked) : 100;
}

class HostProcessTest : public testing::Test {
 protected:
  HostProcessTest() { UseModules(); }
};

// "Z": it has ended, and whoever began it has not asked yet.
bool Lives(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line;
  std::getline(stat, line);
  const auto behind_name = line.rfind(')');
  return behind_name != std::string::npos && line.at(behind_name + 2) != 'Z';
}

// Every process that this thread has started, ended ones that nobody asked after too.
std::set<std::string> Children() {
  std::set<std::string> children;
  std::ifstream file("/proc/thread-self/children");
  for (std::string pid; file >> pid;) children.insert(pid);
  return children;
}

int Descriptors() {
  return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

int Mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    count += line.find("curl-rl environment") != std::string::npos;
  }
  return count;
}

std::set<std::string> Names(const char* folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().string());
  return names;
}

bool Within(int seconds, const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < until) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_F(HostProcessTest, ManyStartsAndStopsLeaveNothing) {
  const auto files = Names("/dev/shm");
  const auto modules = Names(CURL_RL_MODULES);
  const int descriptors = Descriptors();
  for (int i = 0, starts = Starts(); i < starts; ++i) {
    const auto environment = MakePython("python:reach:make", WithoutPixels());
    if (i % 3 == 0) continue;  // not even begun
    environment->Reset();
    environment->Step({0.5});
  }
  EXPECT_THAT(Children(), testing::IsEmpty());
  EXPECT_EQ(Descriptors(), descriptors);
  EXPECT_EQ(Mappings(), 0);
  EXPECT_EQ(Names(CURL_RL_MODULES), modules);
  EXPECT_EQ(Names("/dev/shm"), files);  // others may come meanwhile, but not by this test
}

TEST_F(HostProcessTest, SeveralAtOnceAreIndependent) {
  std::vector<std::unique_ptr<Environment>> environments;
  for (int i = 0; i < 8; ++i) {
    environments.push_back(MakePython("python:reach:make", WithoutPixels(5)));
    environments.back()->Reset();
  }
  EXPECT_EQ(Children().size(), 8);
  environments.front().reset();
  std::set<double> rewards;
  for (int i = 1; i < 8; ++i) rewards.insert(environments[i]->Step({0.5}).reward);
  EXPECT_EQ(rewards.size(), 1);
  environments.clear();
  EXPECT_THAT(Children(), testing::IsEmpty());
}

// Whoever made one may be gone when it is played: the thread that a process began with matters not.
TEST_F(HostProcessTest, OutlivesTheThreadThatMadeIt) {
  std::unique_ptr<Environment> environment;
  std::thread([&] { environment = MakePython("python:reach:make", WithoutPixels()); }).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  environment->Reset();
  EXPECT_NO_THROW(environment->Step({0.5}));
}

TEST_F(HostProcessTest, TakesItsChildrenWithIt) {
  const auto group_lives = [](pid_t group) { return ::kill(-group, 0) == 0; };
  pid_t group = -1;
  {
    const auto environment = MakePython("python:faults:leaves_a_child", WithoutPixels());
    ASSERT_EQ(Children().size(), 1);
    group = std::stoi(*Children().begin());
    EXPECT_TRUE(group_lives(group));
  }
  // A container's first process may be slow to ask after orphans.
  EXPECT_TRUE(Within(10, [&] {
    if (!group_lives(group)) return true;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string pid = entry.path().filename();
      if (std::isdigit(pid[0]) == 0 || !Lives(pid)) continue;
      if (::getpgid(std::stoi(pid)) == group) return false;
    }
    return true;
  }));
}

// However busy it is, and its children are.
TEST_F(HostProcessTest, EndsWithAParentThatIsKilled) {
  const TemporaryDirectory directory;
  ::setenv("PIDS", directory.File("pids").c_str(), 1);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    try {
      const auto environment = MakePython("python:faults:is_busy", WithoutPixels());
      environment->Reset();
      for (;;) environment->Step({0.5});
    } catch (...) {
    }
    ::_exit(1);
  }
  EXPECT_TRUE(Within(60, [&] { return fs::exists(directory.File("pids")); }));
  std::istringstream pids(directory.Read("pids"));
  std::string host, child;
  pids >> host >> child;
  ASSERT_FALSE(child.empty());
  EXPECT_TRUE(Lives(host));
  EXPECT_TRUE(Lives(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(Within(10, [&] { return !Lives(host) && !Lives(child); }));
}

}  // namespace
}  // namespace curl_rl::envs
