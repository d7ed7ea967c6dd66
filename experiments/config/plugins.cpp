// Loads a library or a task file and registers what it brings, guarded against what it throws.
#include "experiments/config/plugins.h"

#include <dlfcn.h>
#include <elf.h>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "encoders/objective_plugin.h"
#include "envs/conformance.h"
#include "envs/file_kind.h"
#include "envs/plugin.h"
#include "envs/python/python_task.h"
#include "envs/registry.h"
#include "experiments/config/task_file.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

// Calls into a library, from which anything may be thrown; `what` says what it was to do.
template <typename Function>
auto Guarded(const std::string& what, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    throw std::runtime_error(what + ": " + error.what());
  } catch (...) {
    throw std::runtime_error(what + ": it threw something that is no std::exception");
  }
}

// The factory of a plug-in: what it makes is tried out before its first use, once for pixels and
// once without, since a wrong size would be written past the end of a buffer.
envs::Factory CheckedFactory(const std::string& path, const envs::EnvironmentInfo& info) {
  const auto checked = std::make_shared<std::map<bool, bool>>();
  const std::string what = path + ": environment '" + info.name + "'";
  return [factory = info.factory, what, checked](const envs::EnvironmentOptions& options) {
    bool& done = (*checked)[options.pixels];
    if (!done) {
      const auto faults = Guarded(what, [&] { return envs::CheckSizes(factory, options); });
      if (!faults.empty()) {
        throw std::runtime_error(what + " does not keep what its specs say: " + faults.front());
      }
      done = true;
    }
    return Guarded(what, [&] { return factory(options); });
  };
}

// Environment to file, of all that LoadPlugin registered.
std::map<std::string, std::string>& Origins() {
  static std::map<std::string, std::string> origins;
  return origins;
}

// Never destroyed: the registry, which lives as long as the process, points into the libraries.
std::vector<boost::dll::shared_library>& Libraries() {
  static auto* libraries = new std::vector<boost::dll::shared_library>;
  return *libraries;
}

// A library that is being copied is shorter than its headers say; the loader would map what is not
// there, and its first look at that ends the process.
void CheckWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!file || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return;  // the loader says what it is instead
  }
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  const auto require = [&](std::uint64_t begin, std::uint64_t bytes) {
    if (begin <= size && bytes <= size - begin) return;
    throw UsageError(path + ": is cut off: it has " + std::to_string(size) +
                     " bytes, and its headers speak of more; is it still being copied?");
  };
  require(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize);
  require(header.e_phoff, std::uint64_t{header.e_phnum} * header.e_phentsize);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    if (!file.read(reinterpret_cast<char*>(&part), sizeof part)) return;
    require(part.p_offset, part.p_filesz);
  }
}

const boost::dll::shared_library& Open(const std::string& path) {
  CheckWhole(path);
  boost::dll::shared_library library;
  std::error_code error;  // says less than dlerror
  // All symbols now, so that a missing one is found here; local, so that its own are its own.
  library.load(path, error, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  if (error) {
    const char* reason = ::dlerror();
    throw UsageError(path + ": cannot be loaded as a shared library: " +
                     (reason != nullptr ? reason : error.message()));
  }
  Libraries().push_back(std::move(library));
  return Libraries().back();
}

// What the library exports under `symbol`, if it was built for this program.
template <typename Plugin>
const Plugin& EntryOf(const boost::dll::shared_library& library, const std::string& path,
                      const char* symbol, std::uint32_t number, const std::string& this_program) {
  const auto entry = library.get<const Plugin*()>(symbol);
  const Plugin* plugin = Guarded(path, [&] { return entry(); });
  if (plugin == nullptr) throw UsageError(path + ": its " + symbol + "() returned nothing");
  const std::string advice = "; build it again against this program's curl_rl";
  if (plugin->number != number) {
    throw UsageError(path + ": is a plug-in of interface " + std::to_string(plugin->number) +
                     ", this program takes interface " + std::to_string(number) + advice);
  }
  const std::string built_for = plugin->built_for;
  if (built_for != this_program) {
    throw UsageError(path + ": is a plug-in for " + built_for + ", this program is " +
                     this_program + advice);
  }
  return *plugin;
}

void RegisterObjectivesOf(const boost::dll::shared_library& library, const std::string& path) {
#ifdef CURL_RL_TORCH_VERSION
  const auto& plugin = EntryOf<encoders::ObjectivePlugin>(
      library, path, encoders::kObjectivePluginSymbol, encoders::kObjectivePluginNumber,
      CURL_RL_OBJECTIVES_BUILT_FOR(CURL_RL_TORCH_VERSION));
  for (auto& own : Guarded(path, [&] { return plugin.objectives(); })) {
    try {
      encoders::RegisterOwnObjective(std::move(own));
    } catch (const std::invalid_argument& error) {
      throw UsageError(path + ": " + error.what());
    }
  }
#else
  (void)library;
  throw UsageError(path + ": has objectives; this program was built without LibTorch and has none");
#endif
}

// Registers the library's objectives; its environments are left to be registered.
std::vector<envs::EnvironmentInfo> EnvironmentsOf(const std::string& path) {
  if (IsTaskFile(path)) return {TaskOfFile(path)};
  const auto& library = Open(path);
  const bool objectives = library.has(encoders::kObjectivePluginSymbol);
  const bool environments = library.has(envs::kPluginSymbol);
  if (!objectives && !environments) {
    throw UsageError(path + ": is not a plug-in of curl_rl: it exports neither " +
                     envs::kPluginSymbol + " (as the macro CURL_RL_PLUGIN of envs/plugin.h does) " +
                     "nor " + encoders::kObjectivePluginSymbol +
                     " (CURL_RL_OBJECTIVE_PLUGIN of encoders/objective_plugin.h)");
  }
  if (objectives) RegisterObjectivesOf(library, path);
  if (!environments) return {};
  const auto& plugin = EntryOf<envs::Plugin>(library, path, envs::kPluginSymbol,
                                             envs::kPluginNumber, CURL_RL_BUILT_FOR);
  std::vector<envs::EnvironmentInfo> infos = Guarded(path, [&] { return plugin.environments(); });
  if (infos.empty()) throw UsageError(path + ": is a plug-in without environments");
  for (envs::EnvironmentInfo& info : infos) {
    if (info.factory) info.factory = CheckedFactory(path, info);
  }
  return infos;
}

// Returns its name. No process is started before somebody plays it.
std::string RegisterPythonTask(const std::string& text) {
  try {
    envs::EnvironmentInfo info = envs::PythonTask(text);
    const std::string name = info.name;
    for (const auto& known : envs::Environments()) {
      if (known.name == name && known.source == text) return name;
    }
    envs::Register(std::move(info));
    return name;
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

bool IsTaskFile(const std::string& path) {
  const fs::path extension = fs::path(path).extension();
  return extension == ".yaml" || extension == ".yml";
}

bool BringsTask(const std::string& text) { return IsTaskFile(text) || envs::IsPythonTask(text); }

std::string AbsolutePlugin(const std::string& path, const std::string& folder) {
  if (path.empty()) return path;
  if (envs::IsPythonTask(path)) return envs::AbsolutePythonTask(path, folder);
  return fs::absolute(fs::path(folder) / path).lexically_normal().string();
}

std::vector<std::string> LoadPlugin(const std::string& path) {
  static std::map<fs::path, std::vector<std::string>> loaded;  // by where it really is
  if (envs::IsPythonTask(path)) return {RegisterPythonTask(AbsolutePlugin(path, ""))};
  std::error_code failure;
  const fs::path real = fs::canonical(path, failure);
  if (failure == std::errc::no_such_file_or_directory) throw UsageError(path + ": no such file");
  if (failure) throw UsageError(path + ": cannot be read: " + failure.message());
  if (const auto status = fs::status(real, failure); !fs::is_regular_file(status)) {
    throw UsageError(path + ": is " + envs::KindOfFile(status) + ", a plug-in is needed");
  }
  if (const auto found = loaded.find(real); found != loaded.end()) return found->second;

  std::vector<std::string> names;
  for (envs::EnvironmentInfo& info : EnvironmentsOf(real.string())) {
    names.push_back(info.name);
    const std::string name = info.name;
    try {
      envs::Register(std::move(info));
    } catch (const std::invalid_argument& error) {
      throw UsageError(path + ": " + error.what());
    }
    Origins()[name] = real.string();
  }
  loaded[real] = names;
  return names;
}

std::string FileOfEnvironment(const std::string& name) {
  const auto found = Origins().find(name);
  return found == Origins().end() ? "" : found->second;
}

}  // namespace curl_rl::experiments
