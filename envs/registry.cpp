// The list of built-in tasks, looked up by name; a wrong name is answered with the nearest.
#include "envs/registry.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "envs/mujoco_environment.h"
#include "envs/nearest_name.h"
#include "envs/suite/suite.h"
#include "envs/toy_reach.h"

namespace curl_rl::envs {
namespace {

// The built-in environments. Not by self-registration, which a linker drops from a static library.
std::vector<EnvironmentInfo> BuiltIn() {
  std::vector<EnvironmentInfo> all;
  const auto add = [&all](const std::vector<EnvironmentInfo>& tasks) {
    all.insert(all.end(), tasks.begin(), tasks.end());
  };
#define CURL_RL_ADD_TASKS(Domain) add(suite::Domain##Tasks());
  CURL_RL_SUITE_DOMAINS(CURL_RL_ADD_TASKS)
#undef CURL_RL_ADD_TASKS
  add(ToyTasks());
  return all;
}

std::vector<EnvironmentInfo>& List() {
  static std::vector<EnvironmentInfo> list = BuiltIn();
  return list;
}

bool IsSnakeCase(const std::string& name) {
  return !name.empty() && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

const EnvironmentInfo* Lookup(const std::string& name) {
  for (const EnvironmentInfo& info : List()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace

void Register(EnvironmentInfo info) {
  if (!IsSnakeCase(info.name)) {
    throw std::invalid_argument("environment name '" + info.name +
                                "' is not snake_case (a-z, then a-z, 0-9 and _)");
  }
  if (Lookup(info.name) != nullptr) {
    throw std::invalid_argument("environment name '" + info.name + "' is taken");
  }
  if (!info.factory) {
    throw std::invalid_argument("environment '" + info.name + "' has no factory");
  }
  List().push_back(std::move(info));
}

const std::vector<EnvironmentInfo>& Environments() { return List(); }

const EnvironmentInfo& Find(const std::string& name) {
  if (const EnvironmentInfo* info = Lookup(name)) return *info;
  std::vector<std::string> names;
  std::string all;
  for (const EnvironmentInfo& info : List()) {
    names.push_back(info.name);
    all += (all.empty() ? "" : ", ") + info.name;
  }
  throw std::invalid_argument("unknown environment '" + name + "'" + DidYouMean(name, names) +
                              "\nknown: " + all);
}

std::unique_ptr<Environment> Make(const std::string& name, const EnvironmentOptions& options) {
  std::unique_ptr<Environment> environment = Find(name).factory(options);
  if (environment == nullptr) {
    throw std::runtime_error("the factory of environment '" + name + "' returned nothing");
  }
  if (options.disturbances.any() &&
      dynamic_cast<const MujocoEnvironment*>(environment.get()) == nullptr) {
    throw std::invalid_argument(name + " cannot be disturbed (" + TextOf(options.disturbances) +
                                "): it draws its frames itself, and disturbances change a scene "
                                "that MuJoCo draws; allowed: none");
  }
  return environment;
}

}  // namespace curl_rl::envs
