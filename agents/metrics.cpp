// Stacked by type first: most are float32, a temperature is float64.
#include "agents/metrics.h"

namespace curl_rl::agents {

Metrics PackMetrics(const NamedTensors& metrics, const std::vector<std::string>& order) {
  Metrics packed;
  std::vector<torch::Tensor> parts;
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    std::vector<torch::Tensor> same;
    for (const auto& name : order) {
      const auto found = metrics.find(name);
      if (found == metrics.end() || found->second.scalar_type() != type) continue;
      packed.names.push_back(name);
      same.push_back(found->second);
    }
    if (!same.empty()) parts.push_back(torch::stack(same).to(torch::kFloat64));
  }
  packed.values = parts.size() == 1 ? parts[0] : torch::cat(parts);
  return packed;
}

}  // namespace curl_rl::agents
