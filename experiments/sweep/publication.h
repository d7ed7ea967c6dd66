// The runs of a campaign as result files that can stand on their own, checked before they are
// written.
#pragma once

#include <optional>
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

/// The files BASE.csv, .yaml and .json of an earlier publication of `campaign`; nullopt if none of
/// them is there. Throws UsageError if they are somebody else's.
std::optional<Publication> ReadPublication(const std::string& base, const std::string& campaign);

/// The elements that `earlier` does not hold: what is left to run where the folders of those are
/// gone. Throws UsageError if they are of another build than this program's `commit`.
std::vector<Element> NotPublished(const std::vector<Element>& elements, const Publication& earlier,
                                  const std::string& commit);

/// Reads every run of the campaign's grid; one that is not there, or not finished, and that
/// `earlier` holds is taken over from it: what was published is not lost with a folder of runs.
/// Checks that
/// - each is there and finished (`partial`: those that are, at least one; the record says which are
///   missing, and where they stopped),
/// - each was made from start to end by one and the same build, of a commit without changes, with
///   the same versions of LibTorch and MuJoCo on one kind of device,
/// - that commit holds the campaign's file as it is today: it was declared before it was run. Asks
///   git, in the file's folder.
/// Throws UsageError that names the first run or fact at fault.
Publication MakePublication(const Campaign& campaign, const std::vector<Element>& elements,
                            bool partial, const std::optional<Publication>& earlier = std::nullopt);

}  // namespace curl_rl::experiments
