// State, batches and metrics as plain data.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>

namespace curl_rl::replay {

/// Tensors by name, in alphabetical order. What `Save` writes, `Load` reads; the file format is
/// somebody else's affair.
using NamedTensors = std::map<std::string, torch::Tensor>;

/// The tensor `name`. Throws std::runtime_error that names it if it is missing.
const torch::Tensor& Get(const NamedTensors& tensors, const std::string& name);

/// The name of the first tensor that holds a NaN or an infinity; "": none does.
std::string FirstNotFinite(const NamedTensors& tensors);

/// Copies `from` into `to`: into the tensor of the same name where it has the same shape and type,
/// else as a new one. What `from` does not name stays.
void CopyInto(const NamedTensors& from, NamedTensors& to);

/// Throws std::runtime_error that names the first tensor of `needed` that `saved` lacks or has in
/// another shape or type; `what`: "saved agent".
void CheckLike(const NamedTensors& needed, const NamedTensors& saved, const std::string& what);

/// Adds all parameters and buffers of `module`, detached, as `prefix`<name>. They share its memory.
void AddStateOf(const torch::nn::Module& module, const std::string& prefix, NamedTensors& tensors);

}  // namespace curl_rl::replay
