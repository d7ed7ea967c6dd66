// The command `export`: the weights of a run's agent as one file.
#include <cstdio>
#include <string>
#include <vector>

#include "agents/reference_format.h"
#include "experiments/checkpoints/checkpoint.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/checkpoints/weights.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/command.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {

int ExportCommand(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ArgumentSpec spec{
      "export RUN_DIR FILE.safetensors [options]",
      "Writes the weights of a run's agent as safetensors, for Python or `curl-rl import`."};
  spec.words = {"RUN_DIR", "FILE.safetensors"};
  spec.required_words = 2;
  auto add = spec.options.add_options();
  add("checkpoint", po::value<std::string>()->default_value("latest"), "latest | best | ENV_STEP");
  add("names", po::value<std::string>()->default_value("own"),
      "own | reference: of the tensors; the reference implementation's are actor.*, critic.*,\n"
      "critic_target.*, curl.W, log_alpha");
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  const auto& run_dir = parsed->words[0];
  const auto& path = parsed->words[1];
  const auto names = parsed->options["names"].as<std::string>();
  if (names != "own" && names != "reference") {
    throw UsageError("--names cannot be '" + names + "', allowed: own | reference");
  }
  const auto config = ReadConfig(run_dir + "/config.yaml", {}, PluginOption(*parsed));
  const auto saved = ReadAgent(run_dir, parsed->options["checkpoint"].as<std::string>());
  auto weights = WeightsOf(saved.tensors);
  if (names == "reference") weights = agents::ToReference(weights);

  PendingFile pending(path);
  WriteSafetensors(pending.write_path(), weights,
                   {{"env_step", std::to_string(saved.env_step)}, {"config", WriteConfig(config)}});
  pending.Commit();
  std::printf("%s: %zu tensors of the checkpoint of env step %lld\n", path.c_str(), weights.size(),
              static_cast<long long>(saved.env_step));
  return 0;
}

}  // namespace curl_rl::experiments
