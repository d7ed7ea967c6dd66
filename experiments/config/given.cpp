// Reads configs key by key.
#include "experiments/config/given.h"

#include <filesystem>
#include <map>

#include "envs/nearest_name.h"
#include "experiments/config/earlier_keys.h"

namespace curl_rl::experiments {
namespace {

[[noreturn]] void FailUnknown(const EveryKey& keys, const std::string& key, const YAML::Mark& mark,
                              const YamlSource& source) {
  std::vector<std::string> names;
  for (const auto& setting : keys.settings()) names.push_back(setting.name);
  // A key at the wrong level (batch_size for agent.batch_size) is nearer than any spelling.
  std::string nearest = envs::NearestName(Shown(key), names);
  const std::string leaf = key.substr(key.rfind('.') + 1);
  for (const std::string& name : names) {
    if (name.substr(name.rfind('.') + 1) == leaf) nearest = name;
  }
  source.Fail(mark, "unknown key '" + Shown(key) + "'" +
                        (nearest.empty() ? "" : ", did you mean '" + nearest + "'?") +
                        " (`curl-rl config` lists every key)");
}

Given MakeGiven(const EveryKey& keys, const std::string& key, const YAML::Node& value,
                const YAML::Mark& mark, const YamlSource& source) {
  const KnownKey known = FindKey(key, keys.settings());
  if (known.key.empty()) FailUnknown(keys, key, mark, source);
  const YAML::Node today = known.earlier ? ValueToday(key, value, source) : value;
  const envs::Setting& setting = *FindSetting(keys.settings(), known.key);
  Given given{known.key, ParseValue(setting, today, source), source.Place(mark), ""};
  given.earlier_key = known.earlier;
  return given;
}

class FileReader {
 public:
  FileReader(const EveryKey& keys, const YamlSource& source, std::string folder)
      : keys_(keys), source_(source), folder_(std::move(folder)) {}

  std::vector<Given> Read(const YAML::Node& root) {
    AddMap(root, "", "");
    return std::move(all_);
  }

 private:
  void AddMap(const YAML::Node& map, const std::string& prefix, const std::string& task) {
    for (const auto& entry : map) {
      const YAML::Mark mark = entry.first.Mark();
      if (!entry.first.IsScalar()) source_.Fail(mark, "a key must be a word");
      const std::string word = entry.first.Scalar();
      const std::string key = prefix + word;
      if (word.find('.') != std::string::npos) {
        source_.Fail(mark, "'" + Shown(key) +
                               "': dots are for overrides, a file has nested maps (agent:, " +
                               "then its keys indented)");
      }
      CheckOnce(key, key, task, mark);
      if (key == "tasks" && task.empty()) {
        AddTasks(RequireMap(entry.second, key, mark));
      } else if (keys_.IsSection(key)) {
        AddMap(RequireMap(entry.second, key, mark), key + ".", task);
      } else {
        Add(key, entry.second, task, mark);
      }
    }
  }

  void AddTasks(const YAML::Node& tasks) {
    for (const auto& entry : tasks) {
      const YAML::Mark mark = entry.first.Mark();
      if (!entry.first.IsScalar() || entry.first.Scalar().empty()) {
        source_.Fail(mark, "tasks has the names of tasks as keys");
      }
      const std::string task = entry.first.Scalar();
      CheckOnce("tasks." + task, "tasks." + task, "", mark);
      AddMap(RequireMap(entry.second, "tasks." + task, mark), "", task);
    }
  }

  void Add(const std::string& key, const YAML::Node& value, const std::string& task,
           const YAML::Mark& mark) {
    Given given = MakeGiven(keys_, key, value, mark, source_);
    if (!task.empty() && (given.key == "task" || given.key == "plugins")) {
      source_.Fail(mark, key + " cannot be set for one task only");
    }
    if (given.key != key) CheckOnce(given.key, key, task, mark);
    given.folder = folder_;
    given.task = task;
    all_.push_back(std::move(given));
  }

  const YAML::Node& RequireMap(const YAML::Node& node, const std::string& key,
                               const YAML::Mark& mark) const {
    if (!node.IsMap()) {
      source_.Fail(node.Mark().is_null() ? mark : node.Mark(),
                   key + " must be a map of keys, got " + Describe(node));
    }
    return node;
  }

  // `shown` is how the file calls it.
  void CheckOnce(const std::string& key, const std::string& shown, const std::string& task,
                 const YAML::Mark& mark) {
    const auto [earlier, first] = seen_.emplace(task + "\n" + key, source_.Place(mark));
    if (!first) {
      source_.Fail(mark, "duplicate key '" + Shown(shown) + "', first at " + earlier->second);
    }
  }

  const EveryKey& keys_;
  const YamlSource& source_;
  const std::string folder_;
  std::vector<Given> all_;
  std::map<std::string, std::string> seen_;  // task and key -> where it was given
};

}  // namespace

std::vector<Given> GivenByFile(const std::string& text, const std::string& path,
                               const EveryKey& keys) {
  const YamlSource source{path};
  const YAML::Node root = ParseYaml(text, source);
  if (!root.IsMap() && !root.IsNull()) {
    source.Fail(root.Mark(), "a config must be a map of keys, got " + Describe(root));
  }
  return FileReader(keys, source, std::filesystem::path(path).parent_path().string()).Read(root);
}

std::optional<std::vector<std::string>> PluginsOfFile(const std::string& text,
                                                      const std::string& path) {
  const YAML::Node root = ParseYaml(text, YamlSource{path});
  if (!root.IsMap() || !root["plugins"] || !root["plugins"].IsSequence()) return std::nullopt;
  std::vector<std::string> plugins;
  for (const auto& plugin : root["plugins"]) {
    if (plugin.IsScalar()) plugins.push_back(plugin.Scalar());
  }
  return plugins;
}

Given GivenByOverride(const std::string& text, const EveryKey& keys) {
  const YamlSource source{text, false};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    source.Fail({}, "must have the form key=value, e.g. agent.batch_size=128");
  }
  const std::string key = text.substr(0, equals);
  if (keys.IsSection(key)) {
    source.Fail({}, "'" + key + "' is a map of keys; override one of them, e.g. " + key + ".…=…");
  }
  const std::string value = text.substr(equals + 1);
  const auto* setting = FindSetting(keys.settings(), key);
  // Text is taken as it stands, so that a path needs no YAML quoting.
  const bool is_text = setting != nullptr && std::holds_alternative<std::string*>(setting->value);
  return MakeGiven(keys, key, is_text ? YAML::Node(value) : ParseYaml(value, source), {}, source);
}

}  // namespace curl_rl::experiments
