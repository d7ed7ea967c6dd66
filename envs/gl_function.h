// A function of a GL library that was opened at run time.
#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace curl_rl::envs {

/// Sets `function` to the library's (a handle of dlopen) of that name. Throws std::runtime_error if
/// it has none.
template <typename Function>
void Load(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) throw std::runtime_error(std::string("no function ") + name);
}

}  // namespace curl_rl::envs
