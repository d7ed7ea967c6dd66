// A run's evaluations as series over env steps or over time.
#include "experiments/comparison/statistics/run.h"

#include <algorithm>
#include <cmath>

namespace curl_rl::comparison {

bool Run::has_wall_time() const {
  return std::none_of(evaluations.begin(), evaluations.end(),
                      [](const Evaluation& e) { return std::isnan(e.wall_time_s); });
}

std::string Run::name() const { return method + " on " + task + ", seed " + std::to_string(seed); }

Series Run::by_env_step() const {
  Series series;
  for (const Evaluation& evaluation : evaluations) {
    series.x.push_back(static_cast<double>(evaluation.env_step));
    series.y.push_back(evaluation.score);
  }
  return series;
}

Series Run::by_wall_time() const {
  Series series;
  for (const Evaluation& evaluation : evaluations) {
    // A clock that stands still or steps back (a resumed run) gives no second point at one time.
    if (!series.x.empty() && !(evaluation.wall_time_s > series.x.back())) continue;
    series.x.push_back(evaluation.wall_time_s);
    series.y.push_back(evaluation.score);
  }
  return series;
}

}  // namespace curl_rl::comparison
