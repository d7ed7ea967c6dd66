// An update's metrics as one vector.
#pragma once

#include <string>
#include <vector>

#include "agents/agent.h"

namespace curl_rl::agents {

/// `metrics` (scalars of float32 or float64, on one device) in the order of `order`; names that it
/// lacks are left out. On a GPU a handful of launches, however many there are.
Metrics PackMetrics(const NamedTensors& metrics, const std::vector<std::string>& order);

}  // namespace curl_rl::agents
