// The page of all published results: made from the result files alone, so that it can be checked.
#pragma once

#include <string>
#include <vector>

#include "experiments/comparison/report/figures.h"

namespace curl_rl::comparison {

struct ResultsPage {
  std::string markdown;
  std::vector<Figure> figures;  // that the page shows as <image_folder>/<name>.svg
};

/// Reads every results CSV in `folder`. One whose record NAME.json names a campaign becomes a
/// section: question, seeds, build, learning curves, scores beside the paper's, verdicts, and,
/// where NAME.md is there, what its writer concludes from it; before all of them, learned.md, what
/// they tell together. The others, from before there were
/// campaigns, are rows of one table. `image_folder` is relative to the page.
///
/// The same files give the same bytes. Throws InputError for a file that cannot be used.
ResultsPage MakeResultsPage(const std::string& folder, const std::string& image_folder,
                            const Options& options = {});

}  // namespace curl_rl::comparison
