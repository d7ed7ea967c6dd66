// Where the tests' environments of Python are, and how they are made.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "envs/python/python_task.h"
#include "envs/registry.h"

namespace curl_rl::envs {

/// A file among modules/.
inline std::string ModuleFile(const std::string& name) { return CURL_RL_MODULES "/" + name; }

/// Lets Python find modules/, and leave nothing there. For the whole process.
inline void UseModules() {
  ::setenv("PYTHONPATH", CURL_RL_MODULES, 1);
  ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
}

/// Lets numpy take the C library's logarithms and the like, as this program does, and its own
/// OpenBLAS the kernels for AVX2: with AVX-512 both have others, whose last digit is another (a
/// start of quadruped_escape is divided by a norm). For the whole process.
inline void KeepNumpyOffAvx512() {
  ::setenv("NPY_DISABLE_CPU_FEATURES",
           "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4", 1);
  ::setenv("OPENBLAS_CORETYPE", "Haswell", 1);
}

/// Seen as state vectors; a second is long enough for everything but the start of Python.
inline EnvironmentOptions WithoutPixels(std::uint32_t seed = 1) {
  EnvironmentOptions options;
  options.seed = seed;
  options.pixels = false;
  return options;
}

inline EnvironmentOptions WithPixels(int side, bool resize = false) {
  EnvironmentOptions options;
  options.image_size = side;
  options.python.resize = resize;
  return options;
}

inline std::unique_ptr<Environment> MakePython(const std::string& text,
                                               const EnvironmentOptions& options) {
  return PythonTask(text).factory(options);
}

inline std::string MessageOf(const std::function<void()>& function) {
  try {
    function();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace curl_rl::envs
