// The runs of a campaign as result files that can stand on their own, checked before they are
// written.
#pragma once

#include <string>
#include <vector>

#include "experiments/sweep/campaign.h"

namespace curl_rl::experiments {

/// What is kept of a campaign: the texts of NAME.csv, NAME.yaml and NAME.json.
struct Publication {
  std::string results;  // task, method, seed, env_step, episode, episode_return, wall_time_s
  std::string configs;  // the resolved config of each task and method, a YAML document each
  std::string record;   // question, commands, versions, machine, state and end of every run
};

/// Reads every run of the campaign's grid and checks that
/// - each is there and finished (`partial`: those that are, at least one; the record says which are
///   missing, and where they stopped),
/// - each was made from start to end by one and the same build, of a commit without changes, with
///   the same versions of LibTorch and MuJoCo on one kind of device,
/// - that commit holds the campaign's file as it is today: it was declared before it was run. Asks
///   git, in the file's folder.
/// Throws UsageError that names the first run or fact at fault.
Publication MakePublication(const Campaign& campaign, const std::vector<Element>& elements,
                            bool partial);

}  // namespace curl_rl::experiments
