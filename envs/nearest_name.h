// Proposals for a misspelt name.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::envs {

/// The candidate that takes the fewest insertions, deletions, substitutions and swaps of neighbours
/// to become `name`; the first of equals. To go on behind `name` with _MORE or .MORE counts as one.
/// Empty if none is near: more edits than half the longer word's letters.
std::string NearestName(const std::string& name, const std::vector<std::string>& candidates);

/// "; did you mean 'NEAREST'?" or, if none is near, "". To be put behind an error message.
std::string DidYouMean(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace curl_rl::envs
