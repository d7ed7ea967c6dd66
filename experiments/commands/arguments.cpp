// Parses words and options.
#include "experiments/commands/arguments.h"

#include <filesystem>
#include <iostream>
#include <system_error>

#include "envs/nearest_name.h"
#include "experiments/config/plugins.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace po = boost::program_options;

namespace {

// "--outptu" -> "; did you mean '--output'?"
std::string NearestOption(const po::options_description& options, const std::string& name) {
  std::vector<std::string> names = {"--help"};
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return envs::DidYouMean(name, names);
}

}  // namespace

std::optional<Arguments> ParseArguments(const ArgumentSpec& spec,
                                        const std::vector<std::string>& arguments) {
  po::options_description visible("options");
  visible.add(spec.options).add_options()("help,h", "this text");
  po::options_description all = visible;
  all.add_options()("words", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("words", -1);
  const std::string usage = " (usage: curl-rl " + spec.usage + ")";

  Arguments result;
  try {
    // No guessing: an abbreviated option would change its meaning when another is added.
    namespace style = po::command_line_style;
    po::store(po::command_line_parser(arguments)
                  .options(all)
                  .positional(positions)
                  .style(style::default_style & ~style::allow_guessing)
                  .run(),
              result.options);
  } catch (const po::unknown_option& error) {
    throw UsageError("unknown option '" + error.get_option_name() + "'" +
                     NearestOption(visible, error.get_option_name()) + usage);
  } catch (const po::error& error) {
    throw UsageError(error.what() + usage);
  }
  if (result.options.count("help") > 0) {
    std::cout << "usage: curl-rl " << spec.usage << "\n\n" << spec.about << "\n\n" << visible;
    return std::nullopt;
  }
  if (result.options.count("words") > 0) {
    result.words = result.options["words"].as<std::vector<std::string>>();
  }
  if (result.words.size() < spec.required_words) {
    throw UsageError(spec.words[result.words.size()] + " is missing" + usage);
  }
  if (!spec.more_words && result.words.size() > spec.words.size()) {
    throw UsageError("unexpected argument '" + result.words[spec.words.size()] + "'" + usage);
  }
  return result;
}

std::int64_t IntegerOption(const Arguments& arguments, const std::string& name, std::int64_t min,
                           std::int64_t max) {
  const std::int64_t value = arguments.options[name].as<std::int64_t>();
  if (value < min || value > max) {
    throw UsageError("--" + name + " is out of range: got " + std::to_string(value) + ", allowed " +
                     std::to_string(min) + " .. " + std::to_string(max));
  }
  return value;
}

bool IsOverride(const std::string& word) {
  std::error_code ignored;  // as of a text too long for a file's name
  return word.find('=') != std::string::npos && !std::filesystem::exists(word, ignored);
}

ConfigSources ConfigArguments(const std::vector<std::string>& words,
                              const std::vector<std::string>& plugins) {
  ConfigSources sources{{}, {}, plugins};
  for (const std::string& word : words) {
    // A word behind the first that is no file's name is an override that lacks its value.
    std::error_code none;  // as of a text too long for a file's name
    const bool named = &word == &words.front() || word.find('/') != std::string::npos ||
                       std::filesystem::path(word).has_extension() ||
                       std::filesystem::exists(word, none);
    const bool file = !IsOverride(word) && named;
    (file ? sources.files : sources.overrides).push_back(word);
  }
  return sources;
}

void AddPluginOption(ArgumentSpec* spec) {
  spec->options.add_options()("plugin", po::value<std::vector<std::string>>()->composing(),
                              "FILE.so or FILE.yaml: load its environments; may be repeated");
}

std::vector<std::string> PluginOption(const Arguments& arguments) {
  if (arguments.options.count("plugin") == 0) return {};
  return arguments.options["plugin"].as<std::vector<std::string>>();
}

void AddDisturbOption(ArgumentSpec* spec, const std::string& several) {
  const std::string help =
      "what it looks like, anew each episode: colors, camera, light, noise=easy | medium | hard, "
      "pictures=STRENGTH:FOLDER, video=STRENGTH:FILE, with commas; may be repeated: " +
      several;
  spec->options.add_options()("disturb", po::value<std::vector<std::string>>()->composing(),
                              help.c_str());
}

std::vector<envs::Disturbances> DisturbOption(const Arguments& arguments) {
  std::vector<envs::Disturbances> all;
  if (arguments.options.count("disturb") == 0) return all;
  for (const auto& text : arguments.options["disturb"].as<std::vector<std::string>>()) {
    try {
      all.push_back(envs::ParseDisturbances(text));
    } catch (const std::invalid_argument& error) {
      throw UsageError(std::string("--disturb: ") + error.what());
    }
  }
  return all;
}

envs::Disturbances DisturbOptionTogether(const Arguments& arguments) {
  if (arguments.options.count("disturb") == 0) return {};
  try {
    return envs::ParseDisturbances(arguments.options["disturb"].as<std::vector<std::string>>());
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--disturb: ") + error.what());
  }
}

const envs::EnvironmentInfo& FindEnvironment(const std::string& name) {
  try {
    return envs::Find(BringsTask(name) ? LoadPlugin(name).front() : name);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace curl_rl::experiments
