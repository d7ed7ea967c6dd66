// The known name at the least edit distance, if it is near enough to be meant.
#include "envs/nearest_name.h"

#include <algorithm>

namespace curl_rl::envs {
namespace {

// Optimal string alignment distance (Damerau 1964, restricted): the usual dynamic programme over
// prefixes, of which three rows are kept.
std::size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// "queue" is meant as "queue_size", however long that is.
bool Continues(const std::string& candidate, const std::string& name) {
  return !name.empty() && candidate.size() > name.size() && candidate.rfind(name, 0) == 0 &&
         (candidate[name.size()] == '_' || candidate[name.size()] == '.');
}

}  // namespace

std::string NearestName(const std::string& name, const std::vector<std::string>& candidates) {
  std::string nearest;
  std::size_t fewest = 0;
  for (const std::string& candidate : candidates) {
    const auto [shorter, longer] = std::minmax({name.size(), candidate.size()});
    const bool continues = Continues(candidate, name);
    if (!continues && 2 * (longer - shorter) > longer) continue;  // the distance is at least that
    const std::size_t distance = continues ? 1 : EditDistance(name, candidate);
    if (2 * distance > longer) continue;
    if (nearest.empty() || distance < fewest) {
      nearest = candidate;
      fewest = distance;
    }
  }
  return nearest;
}

std::string DidYouMean(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace curl_rl::envs
