// What a run's numbers depend on, as text: kept in every checkpoint and compared at resuming.
#pragma once

#include <map>
#include <string>

#include "experiments/config/config.h"
#include "experiments/machine/torch_info.h"

namespace curl_rl::experiments {

using Settings = std::map<std::string, std::string>;

/// The keys of `config` that make it another experiment if they change. Where it runs, how long,
/// and what is written down may change between stop and resume.
Settings DecidingSettings(const ExperimentConfig& config);

/// What besides decides the last bits: device, threads, the CPU's instructions, versions.
/// `device` as LibTorch writes it, `threads` that it uses.
Settings MachineSettings(const ExperimentConfig& config, const std::string& device, int threads,
                         const TorchInfo& torch);

/// "threads 2 instead of 1, ...": every name whose value in `now` is not that in `saved`. A name
/// that either has not is left out: another version of this program wrote it.
std::string Differences(const Settings& saved, const Settings& now);

}  // namespace curl_rl::experiments
