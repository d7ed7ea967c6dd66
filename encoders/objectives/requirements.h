// What objectives refuse when they are made; errors begin with the setting's name.
#pragma once

#include <cstdint>
#include <string>

#include "encoders/objective.h"

namespace curl_rl::encoders {

/// Throws unless a batch has another row; `why`: "other rows are the negatives".
void RequireOtherRows(const ObjectiveContext& context, const std::string& why);

/// Throws unless a queue of `size` keys holds a batch. 0 passes: whether there may be no queue is
/// the setting's range.
void RequireQueueOfABatch(std::int64_t size, const ObjectiveContext& context);

}  // namespace curl_rl::encoders
