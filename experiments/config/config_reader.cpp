// Applies what files and overrides say.
#include "experiments/config/config_reader.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "envs/disturbances.h"
#include "envs/nearest_name.h"
#include "envs/registry.h"
#include "experiments/config/config_files.h"
#include "experiments/config/given.h"
#include "experiments/config/plugins.h"

namespace curl_rl::experiments {
namespace {

using Source = std::vector<Given>;                  // a file, or all overrides
using Places = std::map<std::string, std::string>;  // key -> where it was given

// --- Environments from files ---------------------------------------------------------------------

// The task and the plug-ins, which decide what other keys may say.
void ApplyEnvironments(const std::vector<Source>& sources, const std::vector<std::string>& plugins,
                       ExperimentConfig& config, Places& places) {
  for (const Source& source : sources) {
    for (const Given& given : source) {
      if (given.key == "plugins") {
        config.plugins = std::get<std::vector<std::string>>(given.value);
        for (std::string& path : config.plugins) path = AbsolutePlugin(path, given.folder);
      } else if (given.key == "task") {
        config.task = std::get<std::string>(given.value);
        if (BringsTask(config.task)) config.task = AbsolutePlugin(config.task, given.folder);
      } else {
        continue;
      }
      places[given.key] = given.place;
    }
  }
  if (plugins.empty()) return;
  config.plugins.clear();
  for (const std::string& path : plugins) config.plugins.push_back(AbsolutePlugin(path, ""));
  places["plugins"] = "--plugin";
}

void LoadEnvironments(ExperimentConfig& config) {
  const auto load = [](const char* key, const std::string& path) {
    try {
      return LoadPlugin(path);
    } catch (const UsageError& error) {
      throw ConfigError({key}, error.what());
    }
  };
  for (const std::string& plugin : config.plugins) load("plugins", plugin);
  if (!BringsTask(config.task)) return;
  config.plugins.push_back(config.task);
  config.task = load("task", config.task).front();
}

// Another name may be that of a plug-in which this run does not load; one close to a task's is a
// typing error, and what stands under it would be silently left out.
void CheckTaskNames(const Source& source) {
  std::vector<std::string> names;
  for (const auto& info : envs::Environments()) names.push_back(info.name);
  for (const Given& given : source) {
    if (given.task.empty()) continue;
    if (std::find(names.begin(), names.end(), given.task) != names.end()) continue;
    const std::string nearest = envs::DidYouMean(Shown(given.task), names);
    if (nearest.empty()) continue;
    throw UsageError(given.place + ": tasks: unknown task '" + Shown(given.task) + "'" + nearest);
  }
}

// --- All other keys ------------------------------------------------------------------------------

// What holds in the end: the later source wins, in a file what is said for the task.
std::map<std::string, const Given*> Newest(const std::vector<Source>& sources,
                                           const std::string& task) {
  std::map<std::string, const Given*> newest;
  for (const Source& source : sources) {
    for (const bool for_task : {false, true}) {
      for (const Given& given : source) {
        if (given.task == (for_task ? task : "")) newest[given.key] = &given;
      }
    }
  }
  newest.erase("task");
  newest.erase("plugins");
  return newest;
}

// Whether a later source than that of `given` chooses other parts: what was said of a part that is
// then left out is overridden with it.
bool IsSuperseded(const Given& given, const std::vector<Source>& sources,
                  const std::map<std::string, const Given*>& newest,
                  const ExperimentConfig& config) {
  const auto chooser = newest.find(EveryKey::ChooserOf(given.key, config));
  if (chooser == newest.end()) return false;
  const auto holds = [](const Source& source, const Given& wanted) {
    return std::any_of(source.begin(), source.end(),
                       [&](const Given& each) { return &each == &wanted; });
  };
  for (const Source& source : sources) {
    if (holds(source, *chooser->second)) return false;  // it comes first, or with it
    if (holds(source, given)) return true;
  }
  return false;
}

void Apply(const std::vector<Source>& sources, const std::map<std::string, const Given*>& newest,
           ExperimentConfig& config) {
  const auto apply = [&](const envs::Setting& setting) {
    const auto given = newest.find(setting.name);
    if (given != newest.end()) SetValue(setting, given->second->value);
  };
  // 1. What is chosen, since that decides which settings there are. Selections come last: after
  // one the description is void.
  for (const bool selections : {false, true}) {
    for (const envs::Setting& setting : config.Describe()) {
      if (std::holds_alternative<envs::Choice>(setting.value) && !selections) apply(setting);
      if (std::holds_alternative<envs::Selection>(setting.value) && selections) {
        apply(setting);
      }
    }
  }
  // 2. Every value. A config that an earlier version wrote has the keys of all parts.
  const envs::Settings settings = config.Describe();
  for (const auto& [key, given] : newest) {
    if (const auto* setting = FindSetting(settings, key)) {
      if (!std::holds_alternative<envs::Selection>(setting->value)) {
        SetValue(*setting, given->value);
      }
    } else if (!given->earlier_key && !IsSuperseded(*given, sources, newest, config)) {
      throw UsageError(given->place + ": " + EveryKey::WhyNotThere(key, config));
    }
  }
}

// A Python that is named by its path is found again from elsewhere.
void MakePythonAbsolute(const std::map<std::string, const Given*>& newest,
                        ExperimentConfig& config) {
  const auto given = newest.find("environment.python");
  std::string& python = config.environment.python;
  if (given == newest.end() || python.find('/') == std::string::npos) return;
  // Not where a link leads: a virtual environment is known by the link's folder.
  python = std::filesystem::absolute(std::filesystem::path(given->second->folder) / python)
               .lexically_normal()
               .string();
}

// So are the pictures and videos of disturbances.
void MakeDisturbancesAbsolute(const std::map<std::string, const Given*>& newest,
                              ExperimentConfig& config) {
  const auto make_absolute = [&newest](const char* key, std::vector<std::string>& texts) {
    const auto given = newest.find(key);
    for (std::string& text : texts) {
      try {
        envs::Disturbances disturbances = envs::ParseDisturbances(text);
        if (disturbances.from.empty()) continue;
        const auto folder = std::filesystem::path(given->second->folder);
        disturbances.from =
            std::filesystem::absolute(folder / disturbances.from).lexically_normal().string();
        text = envs::TextOf(disturbances);
      } catch (const std::invalid_argument& error) {
        throw ConfigError({key}, error.what());
      }
    }
  };
  make_absolute("environment.disturb", config.environment.disturb);
  make_absolute("eval_disturbances", config.eval_disturbances);
}

// `from` has the files' names, for an error that is of no key that was given.
ExperimentConfig Resolve(const std::vector<Source>& sources, const ConfigSources& from) {
  ExperimentConfig config;
  Places places;
  ApplyEnvironments(sources, from.plugins, config, places);
  try {
    LoadEnvironments(config);
    for (const Source& source : sources) CheckTaskNames(source);
    const auto newest = Newest(sources, config.task);
    for (const auto& [key, given] : newest) places[key] = given->place;
    Apply(sources, newest, config);
    MakePythonAbsolute(newest, config);
    MakeDisturbancesAbsolute(newest, config);
    Validate(config);
  } catch (const ConfigError& error) {
    for (const std::string& key : error.keys()) {
      const auto place = places.find(key);
      if (place != places.end()) throw UsageError(place->second + ": " + error.what());
    }
    std::string files;
    for (const std::string& file : from.files) files += (files.empty() ? "" : ", ") + file;
    throw UsageError(files.empty() ? error.what() : files + ": " + error.what());
  }
  return config;
}

struct Text {
  std::string path, text;
};

// Loads the libraries that a config names, since objectives bring keys. What is wrong with one is
// told where it is named, when everything is read (LoadEnvironments); until then its message is
// returned.
std::string LoadLibraries(const std::vector<Text>& files, const ConfigSources& sources) {
  std::vector<std::string> libraries;  // of the last file that names any
  for (const Text& file : files) {
    if (const auto named = PluginsOfFile(file.text, file.path)) {
      libraries.clear();
      const auto folder = std::filesystem::path(file.path).parent_path().string();
      for (const auto& path : *named) libraries.push_back(AbsolutePlugin(path, folder));
    }
  }
  for (const std::string& text : sources.overrides) {
    if (text.rfind("plugins=", 0) != 0) continue;
    const auto named = PluginsOfFile("plugins: " + text.substr(text.find('=') + 1), text);
    if (named) libraries = *named;
  }
  if (!sources.plugins.empty()) libraries = sources.plugins;
  std::string problem;
  for (const auto& path : libraries) {
    if (BringsTask(path)) continue;
    try {
      LoadPlugin(path);
    } catch (const std::runtime_error& error) {
      problem = error.what();
    }
  }
  return problem;
}

}  // namespace

ExperimentConfig ReadConfig(const ConfigSources& sources) {
  std::vector<Text> files;
  for (const std::string& file : sources.files) {
    const std::string path = ConfigPath(file);
    files.push_back({path, ReadTextFile(path)});
  }
  const auto problem = LoadLibraries(files, sources);
  const EveryKey keys;
  std::vector<Source> given;
  try {
    for (const Text& file : files) given.push_back(GivenByFile(file.text, file.path, keys));
  } catch (const UsageError& error) {
    if (problem.empty()) throw;
    throw UsageError(std::string(error.what()) + "; of the plug-ins, " + problem);
  }
  auto& overrides = given.emplace_back();
  for (const std::string& text : sources.overrides) {
    overrides.push_back(GivenByOverride(text, keys));
  }
  return Resolve(given, sources);
}

ExperimentConfig ReadConfig(const std::string& path, const std::vector<std::string>& overrides,
                            const std::vector<std::string>& plugins) {
  ConfigSources sources{{}, overrides, plugins};
  if (!path.empty()) sources.files.push_back(path);
  return ReadConfig(sources);
}

ExperimentConfig ParseConfig(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides) {
  const EveryKey keys;
  std::vector<Source> given = {GivenByFile(text, path, keys), {}};
  for (const std::string& change : overrides) {
    given.back().push_back(GivenByOverride(change, keys));
  }
  ConfigSources sources{{}, overrides, {}};
  if (!path.empty()) sources.files.push_back(path);
  return Resolve(given, sources);
}

std::string RunDirectoryOf(const ExperimentConfig& config) {
  if (!config.run_dir.empty()) return config.run_dir;
  return "runs/" + config.task + "/" + config.method + "/seed_" + std::to_string(config.seed);
}

}  // namespace curl_rl::experiments
