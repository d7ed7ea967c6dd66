#include "experiments/comparison/nearest.h"

#include <algorithm>
#include <cstddef>

namespace curl_rl::comparison {
namespace {

// Levenshtein's distance: insertions, deletions and replacements of one character.
std::size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string DidYouMean(const std::string& name, const std::vector<std::string>& known) {
  if (known.empty()) return "; there are none";
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
        return EditDistance(name, a) < EditDistance(name, b);
      });
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  return "; did you mean '" + *nearest + "'? There are " + list;
}

}  // namespace curl_rl::comparison
