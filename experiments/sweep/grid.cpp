// Expands the axes of a sweep.
#include "experiments/sweep/grid.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "envs/nearest_name.h"
#include "experiments/config/config_files.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/plugins.h"
#include "experiments/config/yaml_source.h"
#include "experiments/sweep/run_log.h"

namespace curl_rl::experiments {
namespace {

constexpr std::size_t kMostRuns = 10000;  // beyond that a typing error is likelier than a wish

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::optional<std::int64_t> ParseSeed(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return value;
}

// Values may hold what no file name should: a path's slashes, a space.
std::string AsFileName(std::string text) {
  for (char& c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (!plain && std::string("._+-=,").find(c) == std::string::npos) c = '_';
  }
  return text;
}

// A key that the sweep decides itself, or that is given a second time, would be overridden
// silently.
void CheckKeys(const GridOptions& options) {
  const std::map<std::string, std::string> own = {
      {"task", "--tasks"}, {"seed", "--seeds"}, {"run_dir", "--output"}};
  std::map<std::string, std::string> given;  // key -> where
  const auto note = [&](const std::string& key, const std::string& where) {
    const auto found = own.find(key);
    if (found != own.end()) {
      throw UsageError(where + ": a sweep takes " + key + " from " + found->second);
    }
    const auto [before, added] = given.emplace(key, where);
    if (!added) throw UsageError(where + ": " + key + " is given before, as " + before->second);
  };
  for (const std::string& text : options.overrides) {
    note(text.substr(0, text.find('=')), "override '" + text + "'");
  }
  for (const SweptSetting& setting : options.settings) {
    note(setting.key, "--set " + setting.key);
  }
}

// Every choice of one value a setting, as overrides; one empty choice if there are no settings.
std::vector<std::vector<std::string>> Choices(const std::vector<SweptSetting>& settings) {
  std::vector<std::vector<std::string>> choices = {{}};
  for (const SweptSetting& setting : settings) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& choice : choices) {
      for (const std::string& value : setting.values) {
        longer.push_back(choice);
        longer.back().push_back(setting.key + "=" + value);
      }
    }
    choices = std::move(longer);
  }
  return choices;
}

// The last part of a dotted key, unless two swept keys share it. As comparisons name methods.
std::string ShortKey(const std::string& key, const std::vector<SweptSetting>& settings) {
  const std::string leaf = key.substr(key.rfind('.') + 1);
  const auto shares = [&](const SweptSetting& other) {
    return other.key.substr(other.key.rfind('.') + 1) == leaf;
  };
  return std::count_if(settings.begin(), settings.end(), shares) > 1 ? key : leaf;
}

// A setting with one value names nothing: it is the same for all.
std::string MethodOf(const ExperimentConfig& config, const std::vector<SweptSetting>& settings,
                     const std::vector<std::string>& choice) {
  std::string method = config.method;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& key = settings[i].key;
    if (settings[i].values.size() < 2 || key == "method") continue;
    method += "," + ShortKey(key, settings) + choice[i].substr(key.size());
  }
  return method;
}

// A method's file: one of the shipped ones by its name, or a path.
std::string MethodFile(const std::string& method) {
  const std::string shipped = ShippedConfig("methods", method);
  if (!shipped.empty()) return shipped;
  std::error_code none;  // as of a text too long for a file's name
  if (std::filesystem::exists(method, none) || method.find('/') != std::string::npos ||
      std::filesystem::path(method).has_extension()) {
    return ConfigPath(method);
  }
  const auto names = ShippedConfigs("methods");
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  throw UsageError("--methods: unknown method '" + method + "'" + envs::DidYouMean(method, names) +
                   " (there are " + all + "; or name a file FILE.yaml)");
}

std::vector<std::string> FilesOf(const std::vector<std::string>& configs, const std::string& task,
                                 const std::string& method) {
  std::vector<std::string> files;
  const std::string of_task = ShippedConfig("tasks", task);
  if (!of_task.empty()) files.push_back(of_task);
  files.insert(files.end(), configs.begin(), configs.end());
  if (!method.empty()) files.push_back(MethodFile(method));
  return files;
}

Element MakeElement(const GridOptions& options, const std::vector<std::string>& files,
                    const std::string& task, const std::vector<std::string>& choice,
                    std::int64_t seed) {
  Element element;
  std::vector<std::string> overrides = options.overrides;
  if (!task.empty()) overrides.push_back("task=" + task);
  overrides.insert(overrides.end(), choice.begin(), choice.end());
  overrides.push_back("seed=" + std::to_string(seed));
  element.config = ReadConfig({files, overrides, options.plugins});
  element.method = MethodOf(element.config, options.settings, choice);
  element.config.run_dir = options.output + "/" + element.config.task + "/" +
                           AsFileName(element.method) + "/seed_" + std::to_string(seed);
  overrides.push_back("run_dir=" + element.config.run_dir);
  element.arguments = {"train"};
  element.arguments.insert(element.arguments.end(), files.begin(), files.end());
  element.arguments.insert(element.arguments.end(), overrides.begin(), overrides.end());
  for (const std::string& plugin : options.plugins) {
    element.arguments.insert(element.arguments.end(), {"--plugin", plugin});
  }
  return element;
}

}  // namespace

std::string Element::name() const {
  return config.task + " " + method + " seed " + std::to_string(config.seed);
}

std::string Element::log_path(const std::string& output) const {
  return output + "/logs/" + config.task + "," + AsFileName(method) + ",seed_" +
         std::to_string(config.seed) + ".log";
}

std::vector<std::int64_t> ParseSeeds(const std::string& text) {
  const auto fail = [&](const std::string& why) {
    throw UsageError("--seeds: got '" + Shown(text) + "', " + why + "; allowed: 0-4 or 1,3,7-9");
  };
  std::vector<std::int64_t> seeds;
  for (const std::string& part : Split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = ParseSeed(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : ParseSeed(part.substr(dash + 1));
    if (!first || !last)
      fail("'" + Shown(part) + "' is neither a seed (0 to 4294967295) nor a range of seeds");
    if (*last < *first) fail("the range '" + part + "' runs downwards");
    if (*last - *first >= static_cast<std::int64_t>(kMostRuns)) {
      fail("the range '" + part + "' is longer than " + std::to_string(kMostRuns));
    }
    for (std::int64_t seed = *first; seed <= *last; ++seed) {
      if (std::find(seeds.begin(), seeds.end(), seed) != seeds.end()) {
        fail("seed " + std::to_string(seed) + " is given twice");
      }
      seeds.push_back(seed);
    }
  }
  return seeds;
}

std::vector<std::string> ParseList(const std::string& text, const std::string& option) {
  std::vector<std::string> words = Split(text, ',');
  std::set<std::string> seen;
  for (const std::string& word : words) {
    if (word.empty()) {
      throw UsageError(option + ": got '" + Shown(text) + "', an item is empty; allowed: a,b,c");
    }
    if (!seen.insert(word).second) {
      throw UsageError(option + ": got '" + Shown(text) + "', '" + Shown(word) +
                       "' is given twice");
    }
  }
  return words;
}

SweptSetting ParseSetting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--set: got '" + Shown(text) +
                     "', expected key=value,value, e.g. agent.batch_size=128,512");
  }
  const std::string key = text.substr(0, equals);
  return {key, ParseList(text.substr(equals + 1), "--set " + key)};
}

std::vector<Element> ExpandGrid(const GridOptions& options) {
  CheckKeys(options);
  const auto choices = Choices(options.settings);
  const std::vector<std::string> own = {""};
  const auto& tasks = options.tasks.empty() ? own : options.tasks;
  const auto& methods = options.methods.empty() ? own : options.methods;
  const std::size_t count = tasks.size() * methods.size() * choices.size() * options.seeds.size();
  if (count > kMostRuns) {
    throw UsageError("the grid has " + std::to_string(count) + " runs; allowed: at most " +
                     std::to_string(kMostRuns));
  }

  std::vector<Element> elements;
  std::map<std::string, std::string> folders;  // -> the method that was asked for
  for (const std::int64_t seed : options.seeds) {
    for (const std::string& task : tasks) {
      for (const std::string& method : methods) {
        const auto files = FilesOf(options.configs, task, method);
        for (const auto& choice : choices) {
          Element element = MakeElement(options, files, task, choice, seed);
          const std::string& folder = element.config.run_dir;
          const auto [other, added] = folders.emplace(folder, method);
          if (!added) {
            const std::string both = method.empty() || method == other->second
                                         ? ""
                                         : " (" + other->second + ", " + method + ")";
            throw UsageError("two runs of the grid would share the folder " + folder + both +
                             ": give the methods different labels (method: NAME), or the tasks");
          }
          elements.push_back(std::move(element));
        }
      }
    }
  }
  return elements;
}

std::vector<std::string> Evaluated(const std::vector<Element>& elements) {
  std::vector<std::string> run_dirs;
  for (const Element& element : elements) {
    if (NewestEvaluation(element.config.run_dir)) run_dirs.push_back(element.config.run_dir);
  }
  return run_dirs;
}

}  // namespace curl_rl::experiments
