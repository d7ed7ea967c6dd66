// Takes the names of Python's tasks apart.
#include "envs/python/python_task.h"

#include <cctype>
#include <filesystem>
#include <stdexcept>

#include "envs/python/hosted_environment.h"

namespace curl_rl::envs {
namespace {

constexpr const char* kKinds[] = {"gymnasium", "dm_env", "python"};

bool IsFile(const std::string& where) { return std::filesystem::path(where).extension() == ".py"; }

HostedTask Parse(const std::string& text) {
  HostedTask task;
  task.spec = text;
  const std::size_t colon = text.find(':');
  task.kind = text.substr(0, colon);
  task.make = text.substr(colon + 1);
  if (task.kind != "gymnasium") {
    const std::size_t last = task.make.rfind(':');
    if (last == std::string::npos) {
      throw std::invalid_argument(text + ": names no function; allowed: " + task.kind +
                                  ":MODULE:FUNCTION or " + task.kind + ":FILE.py:FUNCTION");
    }
    task.where = task.make.substr(0, last);
    task.make = task.make.substr(last + 1);
    if (task.where.empty()) {
      throw std::invalid_argument(text +
                                  ": names no module; allowed: MODULE or FILE.py before ':'");
    }
  }
  if (task.make.empty()) throw std::invalid_argument(text + ": nothing stands behind the last ':'");
  return task;
}

std::string SnakeCase(const std::string& text) {
  std::string name;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0) {
      name += static_cast<char>(std::tolower(c));
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

std::string NameOf(const HostedTask& task) {
  const std::string where =
      IsFile(task.where) ? std::filesystem::path(task.where).stem().string() : task.where;
  return SnakeCase(task.kind + "_" + where + "_" + task.make);
}

}  // namespace

bool IsPythonTask(const std::string& text) {
  for (const char* kind : kKinds) {
    if (text.rfind(std::string(kind) + ":", 0) == 0) return true;
  }
  return false;
}

std::string AbsolutePythonTask(const std::string& text, const std::string& folder) {
  const std::size_t first = text.find(':'), last = text.rfind(':');
  const std::string where = last > first ? text.substr(first + 1, last - first - 1) : "";
  if (!IsFile(where) || text.rfind("gymnasium:", 0) == 0) return text;
  const auto path = std::filesystem::absolute(std::filesystem::path(folder) / where);
  return text.substr(0, first + 1) + path.lexically_normal().string() + text.substr(last);
}

EnvironmentInfo PythonTask(const std::string& text) {
  const HostedTask task = Parse(text);
  const std::string what = task.kind == "gymnasium"
                               ? "an environment of Gymnasium"
                               : "what Python's function " + task.make + " makes";
  return {NameOf(task), what, text,
          [task](const EnvironmentOptions& options) { return MakeHosted(task, options); }};
}

}  // namespace curl_rl::envs
