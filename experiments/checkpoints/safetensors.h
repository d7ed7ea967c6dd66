// Named tensors in a file of the safetensors format: a length, a JSON header, the raw bytes.
// Nothing in such a file is ever executed; Python reads it with safetensors.torch.load_file.
#pragma once

#include <map>
#include <string>

#include "replay/named_tensors.h"

namespace curl_rl::experiments {

/// Writes and syncs `path`, which must not exist. Tensors of any device; float32, float64,
/// bfloat16, int64, uint8. `metadata` is kept as text. Throws std::runtime_error naming the file.
void WriteSafetensors(const std::string& path, const replay::NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {});

/// The tensors of a file, on the CPU. Throws std::runtime_error that names the file and what is
/// wrong: unreadable, too short, a header that is no JSON, an unknown dtype, sizes that do not fit
/// the shape, overlapping or missing bytes.
replay::NamedTensors ReadSafetensors(const std::string& path);

}  // namespace curl_rl::experiments
