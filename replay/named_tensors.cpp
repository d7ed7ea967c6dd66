// Looking up, checking and copying tensors by name.
#include "replay/named_tensors.h"

#include <sstream>
#include <stdexcept>

namespace curl_rl::replay {

const torch::Tensor& Get(const NamedTensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw std::runtime_error("there is no tensor '" + name + "'");
  return found->second;
}

std::string FirstNotFinite(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) return name;
  }
  return "";
}

void CopyInto(const NamedTensors& from, NamedTensors& to) {
  for (const auto& [name, tensor] : from) {
    auto& own = to[name];
    if (own.defined() && own.sizes() == tensor.sizes() && own.dtype() == tensor.dtype()) {
      own.copy_(tensor);
    } else {
      own = tensor.clone();
    }
  }
}

void CheckLike(const NamedTensors& needed, const NamedTensors& saved, const std::string& what) {
  for (const auto& [name, tensor] : needed) {
    const auto found = saved.find(name);
    if (found == saved.end())
      throw std::runtime_error(what + ": there is no tensor '" + name + "'");
    const auto& other = found->second;
    if (other.sizes() == tensor.sizes() && other.scalar_type() == tensor.scalar_type()) continue;
    std::ostringstream message;
    message << what << ": '" << name << "' is " << other.scalar_type() << ' ' << other.sizes()
            << ", needed: " << tensor.scalar_type() << ' ' << tensor.sizes();
    throw std::runtime_error(message.str());
  }
}

void AddStateOf(const torch::nn::Module& module, const std::string& prefix, NamedTensors& tensors) {
  for (const auto& item : module.named_parameters()) {
    tensors[prefix + item.key()] = item.value().detach();
  }
  for (const auto& item : module.named_buffers()) {
    tensors[prefix + item.key()] = item.value().detach();
  }
}

}  // namespace curl_rl::replay
