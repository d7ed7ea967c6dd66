// Finds and hashes the files of a task.
#include "experiments/config/task_files.h"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <filesystem>
#include <vector>

#include "envs/model_files.h"
#include "envs/registry.h"
#include "experiments/config/backdrop_files.h"
#include "experiments/config/plugins.h"
#include "experiments/config/task_file.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

// Names made of content, told apart from all others: any constant would do.
std::string HashOf(const std::string& bytes) {
  const boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
  return boost::uuids::to_string(generator(bytes.data(), bytes.size()));
}

// The task file or library first, or the model of a task of this program that reads one.
std::vector<std::string> PathsOfTask(const ExperimentConfig& config) {
  const std::string source = FileOfEnvironment(config.task);
  if (source.empty()) {
    for (const envs::EnvironmentInfo& info : envs::Environments()) {
      if (info.name != config.task || !info.files) continue;
      envs::EnvironmentOptions options;
      options.python.program = config.environment.python;
      return info.files(options);
    }
    return {};
  }
  std::vector<std::string> paths = {source};
  if (IsTaskFile(source)) {
    for (const auto& path : envs::FilesOfModel(ModelOfTaskFile(source))) paths.push_back(path);
  }
  return paths;
}

}  // namespace

TaskFiles FilesOfTask(const ExperimentConfig& config) {
  const std::vector<std::string> paths = PathsOfTask(config);
  TaskFiles files;
  for (const std::string& path : paths) {
    const fs::path folder = fs::path(paths.front()).parent_path();
    files[fs::path(path).lexically_proximate(folder).string()] = HashOf(ReadWholeFile(path));
  }
  for (const std::string& path : BackdropFilesOf(config)) files[path] = HashOf(ReadWholeFile(path));
  return files;
}

std::string ChangesOf(const TaskFiles& before, const TaskFiles& now) {
  std::string text;
  const auto add = [&](const std::string& name, const char* what) {
    text += (text.empty() ? "" : ", ") + name + what;
  };
  for (const auto& [name, hash] : before) {
    const auto found = now.find(name);
    if (found == now.end()) {
      add(name, " is gone");
    } else if (found->second != hash) {
      add(name, " has changed");
    }
  }
  for (const auto& [name, hash] : now) {
    if (before.count(name) == 0) add(name, " is new");
  }
  return text;
}

}  // namespace curl_rl::experiments
