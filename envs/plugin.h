// What a shared library exports to be a plug-in: environments for a program that was built without
// them. In one .cpp of the library:
//
//   std::vector<curl_rl::envs::EnvironmentInfo> MyTasks() {
//     return {{"my_task", "what it is", "whence it comes", MakeMyTask}};
//   }
//   CURL_RL_PLUGIN(MyTasks)
//
// The library links curl_rl::envs and is named by `plugins:` in a config or by --plugin.
#pragma once

#include <mujoco/mujoco.h>

#include <cstdint>
#include <vector>

#include "envs/registry.h"

#if !defined(CURL_RL_VERSION) || !defined(CURL_RL_INTERFACE)
#error "link the CMake target curl_rl::envs of the installed package: it defines both"
#endif

namespace curl_rl::envs {

/// Of the struct Plugin itself; raised when its members change.
constexpr std::uint32_t kPluginNumber = 1;

/// What the library gives. C++ objects cross the border, so both sides must be built alike:
/// `number` is looked at first, then `built_for`, and only if both are the program's the rest.
struct Plugin {
  std::uint32_t number;
  const char* built_for;
  std::vector<EnvironmentInfo> (*environments)();
};

/// The name of the exported function, `const Plugin* curl_rl_plugin()`.
constexpr char kPluginSymbol[] = "curl_rl_plugin";

}  // namespace curl_rl::envs

#define CURL_RL_TEXT_(x) #x
#define CURL_RL_TEXT(x) CURL_RL_TEXT_(x)

// Compiler and standard library, as far as the layout of their types depends on them.
#if defined(__clang__)
#define CURL_RL_COMPILER "Clang " CURL_RL_TEXT(__clang_major__)
#elif defined(__GNUC__)
#define CURL_RL_COMPILER "GCC " CURL_RL_TEXT(__GNUC__)
#else
#define CURL_RL_COMPILER "an unknown compiler"
#endif
#if defined(_LIBCPP_VERSION)
#define CURL_RL_STANDARD_LIBRARY "libc++"
#elif defined(_GLIBCXX_DEBUG)
#define CURL_RL_STANDARD_LIBRARY "libstdc++ with debug containers"
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define CURL_RL_STANDARD_LIBRARY "libstdc++ with the ABI before C++11"
#else
#define CURL_RL_STANDARD_LIBRARY "libstdc++"
#endif

/// "curl_rl 0.1.0 (interface 1a2b3c4d), MuJoCo 222, GCC 12, libstdc++": what a plug-in and its
/// program must agree on; the interface is a hash of the headers whose classes both use. The macros
/// are those of the translation unit that expands it.
#define CURL_RL_BUILT_FOR                                     \
  "curl_rl " CURL_RL_VERSION " (interface " CURL_RL_INTERFACE \
  "), MuJoCo " CURL_RL_TEXT(mjVERSION_HEADER) ", " CURL_RL_COMPILER ", " CURL_RL_STANDARD_LIBRARY

/// Makes this library a plug-in. `function` takes nothing and returns
/// std::vector<curl_rl::envs::EnvironmentInfo>.
#define CURL_RL_PLUGIN(function)                                                               \
  extern "C" __attribute__((visibility("default"))) const curl_rl::envs::Plugin*               \
  curl_rl_plugin() {                                                                           \
    static const curl_rl::envs::Plugin plugin{curl_rl::envs::kPluginNumber, CURL_RL_BUILT_FOR, \
                                              function};                                       \
    return &plugin;                                                                            \
  }
