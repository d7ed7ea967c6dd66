// State dictionaries as Python's torch.save writes them, without Python and without running
// anything.
#pragma once

#include <string>

#include "replay/named_tensors.h"

namespace curl_rl::experiments {

/// The tensors of the zip file `bytes`, read from `path`. LibTorch's unpickler knows tensors,
/// numbers, texts and containers, and calls nothing: a pickle with any other object is refused.
/// Throws std::runtime_error that begins with `path`.
replay::NamedTensors ReadStateDictionary(const std::string& path, const std::string& bytes);

}  // namespace curl_rl::experiments
