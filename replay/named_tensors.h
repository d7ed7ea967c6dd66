// Tensors by name: the plain data in which everything is saved.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

namespace curl_rl::replay {

/// State or metrics as plain data: tensors by name, in alphabetical order. What `Save` writes,
/// `Load` reads; the file format is somebody else's affair.
using NamedTensors = std::map<std::string, torch::Tensor>;

/// The tensor `name`. Throws std::runtime_error that names it if it is missing.
const torch::Tensor& Get(const NamedTensors& tensors, const std::string& name);

/// The name of the first tensor that holds a NaN or an infinity; "": none does.
std::string FirstNotFinite(const NamedTensors& tensors);

}  // namespace curl_rl::replay
