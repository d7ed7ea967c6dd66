# Everything from outside, found once. Debian 12's packages by default; another LibTorch (CPU or
# CUDA) or MuJoCo is found through CMAKE_PREFIX_PATH.

find_package(Threads REQUIRED)

# MuJoCo: Debian's package has no CMake file; the official archive and the PyPI wheel have a
# versioned library name. The library must be the header's: its neighbourhood is searched first.
find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h REQUIRED)
file(GLOB curl_rl_mujoco_versioned LIST_DIRECTORIES false
  ${MUJOCO_INCLUDE_DIR}/../libmujoco.so.* ${MUJOCO_INCLUDE_DIR}/../lib/libmujoco.so.*)
find_library(MUJOCO_LIBRARY NAMES mujoco
  PATHS ${MUJOCO_INCLUDE_DIR}/.. ${MUJOCO_INCLUDE_DIR}/../lib NO_DEFAULT_PATH)
if(NOT MUJOCO_LIBRARY AND curl_rl_mujoco_versioned)
  list(GET curl_rl_mujoco_versioned 0 curl_rl_mujoco_first)
  set(MUJOCO_LIBRARY ${curl_rl_mujoco_first} CACHE FILEPATH "MuJoCo library" FORCE)
endif()
find_library(MUJOCO_LIBRARY NAMES mujoco)
if(NOT MUJOCO_LIBRARY)
  message(FATAL_ERROR "MuJoCo's library was not found: apt-get install libmujoco-dev, or name its "
    "folder in CMAKE_PREFIX_PATH")
endif()
# Include folders of the build only: curl_rlConfig.cmake names them anew, since CMake refuses to install
# a target that includes from inside the source folder, as .toolchain/ is.
add_library(curl_rl_mujoco INTERFACE)
target_include_directories(curl_rl_mujoco SYSTEM INTERFACE $<BUILD_INTERFACE:${MUJOCO_INCLUDE_DIR}>)
target_link_libraries(curl_rl_mujoco INTERFACE ${MUJOCO_LIBRARY})

# EGL's headers alone: its library is opened at run time.
find_path(CURL_RL_EGL_INCLUDE_DIR EGL/egl.h REQUIRED)

find_package(yaml-cpp REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options filesystem)
find_package(nlohmann_json REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_library(CURL_RL_ZSTD zstd REQUIRED)
find_path(CURL_RL_ZSTD_INCLUDE_DIR zstd.h REQUIRED)
find_library(CURL_RL_LZ4 lz4 REQUIRED)
find_path(CURL_RL_LZ4_INCLUDE_DIR lz4hc.h REQUIRED)

if(CURL_RL_TORCH)
  # A LibTorch with CUDA where CMAKE_PREFIX_PATH names one; else any.
  find_library(CURL_RL_TORCH_CUDA torch_cuda PATH_SUFFIXES lib)
  if(CURL_RL_TORCH_CUDA)
    set(curl_rl_torch_has_cuda TRUE)
    include(torch_cuda)
  else()
    find_package(Torch REQUIRED)
  endif()
  find_path(curl_rl_torch_header torch/all.h HINTS ${TORCH_INCLUDE_DIRS} NO_CACHE REQUIRED)
  file(STRINGS ${curl_rl_torch_header}/torch/all.h curl_rl_torch_wants_20 REGEX "C\\+\\+20")
  if(curl_rl_torch_wants_20)
    set(CMAKE_CXX_STANDARD 20)  # the project's own code is C++17
  endif()
  find_path(curl_rl_torch_version_header torch/version.h HINTS ${TORCH_INCLUDE_DIRS} NO_CACHE REQUIRED)
  file(STRINGS ${curl_rl_torch_version_header}/torch/version.h curl_rl_torch_numbers
    REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
  string(REGEX MATCHALL "[0-9]+" curl_rl_torch_version "${curl_rl_torch_numbers}")
  string(REPLACE ";" "." curl_rl_torch_version "${curl_rl_torch_version}")  # "1.13"
  find_package(OpenMP REQUIRED COMPONENTS CXX)  # as LibTorch is: its at::parallel_for is a template
  add_library(curl_rl_torch INTERFACE)
  target_include_directories(curl_rl_torch SYSTEM INTERFACE
    "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
  target_link_libraries(curl_rl_torch INTERFACE ${TORCH_LIBRARIES})
  if(CURL_RL_TORCH_GOMP)  # LibTorch brings a run-time library of its own: one is enough in a process
    target_compile_options(curl_rl_torch INTERFACE ${OpenMP_CXX_FLAGS})
    target_link_libraries(curl_rl_torch INTERFACE ${CURL_RL_TORCH_GOMP})
  else()
    target_link_libraries(curl_rl_torch INTERFACE OpenMP::OpenMP_CXX)
  endif()
  if(CURL_RL_TORCH_CUDA)
    target_compile_definitions(curl_rl_torch INTERFACE CURL_RL_CUDA)
    # libtorch_cuda registers the CUDA kernels when it is loaded; nothing refers to it by name, and some
    # compilers' linkers drop a library like that.
    target_link_options(curl_rl_torch INTERFACE "LINKER:--no-as-needed")
  endif()
  # LibTorch takes whatever BLAS the system has; the reference BLAS makes the encoder's linear layer
  # slower than all its convolutions (docs/performance.md). The CUDA wheel brings its own.
  find_library(CURL_RL_OPENBLAS NAMES openblas libopenblas.so.0)
  if(NOT CURL_RL_OPENBLAS AND NOT CURL_RL_TORCH_CUDA)
    message(WARNING "OpenBLAS was not found; training may be several times slower: "
      "apt-get install libopenblas0-openmp")
  endif()
endif()

if(CURL_RL_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(CURL_RL_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
