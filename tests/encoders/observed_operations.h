// Which operations of LibTorch's some work runs, forward and backward.
#pragma once

#include <ATen/record_function.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace curl_rl::encoders {

/// Operations that wait for the device or whose result's shape depends on data; a CUDA graph
/// records none of them.
inline const std::vector<std::string>& HostReads() {
  static const std::vector<std::string> names = {"aten::item",          "aten::_local_scalar_dense",
                                                 "aten::is_nonzero",    "aten::nonzero",
                                                 "aten::masked_select", "aten::unique",
                                                 "aten::_unique2",      "aten::equal",
                                                 "aten::nonzero_numpy", "aten::one_hot",
                                                 "aten::bincount"};
  return names;
}

/// Notes the operations of this thread and of autograd's as long as it lives; one at a time.
class Observer {
 public:
  Observer() : handle_(at::addGlobalCallback(at::RecordFunctionCallback(&Note))) { Seen().clear(); }
  ~Observer() { at::removeCallback(handle_); }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  static std::vector<std::string>& Seen() {
    static std::vector<std::string> seen;
    return seen;
  }

 private:
  static std::unique_ptr<at::ObserverContext> Note(const at::RecordFunction& function) {
    Seen().emplace_back(function.name());
    return nullptr;
  }

  at::CallbackHandle handle_;
};

/// The names of all operations that `work` runs.
inline std::vector<std::string> OperationsOf(const std::function<void()>& work) {
  const Observer observer;
  work();
  return Observer::Seen();
}

}  // namespace curl_rl::encoders
