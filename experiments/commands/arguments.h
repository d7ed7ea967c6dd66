// A command's arguments, parsed by Boost.Program_options in one way for all commands.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "envs/registry.h"
#include "experiments/config/config_reader.h"

namespace curl_rl::experiments {

/// What a command takes: options, and words by position.
struct ArgumentSpec {
  std::string usage;  // "rollout ENV [options]"
  std::string about;  // a paragraph for --help
  boost::program_options::options_description options = {};
  std::vector<std::string> words = {};  // names of the positions: {"ENV"}
  std::size_t required_words = 0;
  bool more_words = false;  // the last position may repeat
};

struct Arguments {
  boost::program_options::variables_map options;
  std::vector<std::string> words;
};

/// Parses, or prints the help to stdout and returns nullopt if --help is among `arguments`. Throws
/// UsageError for an unknown option, a wrong value, a missing or surplus word.
std::optional<Arguments> ParseArguments(const ArgumentSpec& spec,
                                        const std::vector<std::string>& arguments);

/// The whole number that an option was given, in [min, max]; UsageError for another. (Boost's own
/// reading would take -1 for an unsigned number and wrap it.)
std::int64_t IntegerOption(const Arguments& arguments, const std::string& name, std::int64_t min,
                           std::int64_t max);

/// Whether a word is an override key=value: a file's name may have a '=' too, as the folders that a
/// sweep makes do.
bool IsOverride(const std::string& word);

/// What words of configs and overrides name, each in its order (IsOverride tells them apart).
ConfigSources ConfigArguments(const std::vector<std::string>& words,
                              const std::vector<std::string>& plugins = {});

/// The option --plugin FILE, for commands that make environments.
void AddPluginOption(ArgumentSpec* spec);

/// The files that --plugin named, in order.
std::vector<std::string> PluginOption(const Arguments& arguments);

/// The option --disturb, for commands that show frames; `several`: what more than one of them mean.
void AddDisturbOption(ArgumentSpec* spec, const std::string& several);

/// What each --disturb named, in order. UsageError for what is no disturbance.
std::vector<envs::Disturbances> DisturbOption(const Arguments& arguments);

/// What all of them named together.
envs::Disturbances DisturbOptionTogether(const Arguments& arguments);

/// The environment that a word names: a task file FILE.yaml, which is loaded first, or a name, for
/// which UsageError proposes the nearest.
const envs::EnvironmentInfo& FindEnvironment(const std::string& name);

}  // namespace curl_rl::experiments
