// Errors that name a setting, what it is and what it may be.
#include "encoders/objectives/requirements.h"

#include <stdexcept>

namespace curl_rl::encoders {

void RequireOtherRows(const ObjectiveContext& context, const std::string& why) {
  if (context.batch_size >= 2) return;
  throw std::invalid_argument("agent.batch_size: got " + std::to_string(context.batch_size) +
                              ", allowed: at least 2 (" + why + ")");
}

void RequireQueueOfABatch(std::int64_t size, const ObjectiveContext& context) {
  if (size == 0 || size >= context.batch_size) return;
  throw std::invalid_argument("queue_size: got " + std::to_string(size) + ", allowed: at least " +
                              std::to_string(context.batch_size) + ", a batch");
}

}  // namespace curl_rl::encoders
