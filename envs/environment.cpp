// What all environments have alike: sizes, the check of actions, no snapshots unless overridden.
#include "envs/environment.h"

#include <stdexcept>

namespace curl_rl::envs {

std::size_t ObservationSpec::pixel_count() const {
  return static_cast<std::size_t>(height) * width * channels;
}

int ObservationSpec::state_size() const {
  int size = 0;
  for (const StateEntry& entry : state) size += entry.size;
  return size;
}

void CheckAction(const ActionSpec& spec, const std::vector<double>& action) {
  if (action.size() != static_cast<std::size_t>(spec.size)) {
    throw std::invalid_argument("action has " + std::to_string(action.size()) +
                                " components, the environment takes " + std::to_string(spec.size));
  }
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (!(action[i] >= -1.0 && action[i] <= 1.0)) {  // a NaN compares false
      throw std::invalid_argument("action component " + std::to_string(i) + " is " +
                                  std::to_string(action[i]) + ", allowed is [-1, 1]");
    }
  }
}

std::vector<std::uint8_t> Environment::Snapshot() const {
  throw std::logic_error("this environment cannot be saved: it has no Snapshot");
}

void Environment::Restore(const std::vector<std::uint8_t>&) {
  throw std::logic_error("this environment cannot be restored: it has no Restore");
}

}  // namespace curl_rl::envs
