# A LibTorch with CUDA (PyPI's wheel, the official archive), linked by hand: its own CMake files want a
# whole CUDA toolkit with nvcc even where no kernel is compiled, and set the flags of the project that
# includes them. What is needed is less: CUDA's runtime headers and library, and nvcc for a few kernels.
#
# Sets TORCH_INCLUDE_DIRS, TORCH_LIBRARIES, CURL_RL_NVCC_FOUND and, if LibTorch brings one, CURL_RL_TORCH_GOMP.

get_filename_component(curl_rl_torch_root ${CURL_RL_TORCH_CUDA} DIRECTORY)
get_filename_component(curl_rl_torch_root ${curl_rl_torch_root} DIRECTORY)

option(CURL_RL_NVCC "Compile the project's CUDA kernels (off: the GPU runs their plain twins)" ON)
set(CURL_RL_NVCC_FOUND FALSE)
if(CURL_RL_NVCC)
  # Turing to Hopper, and what newer processors can translate.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90)
  endif()
  set(CMAKE_CUDA_STANDARD 17)
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    set(CURL_RL_NVCC_FOUND TRUE)
  else()
    message(WARNING "nvcc was not found: batches will be gathered on the GPU by tensor operations, "
      "which takes several passes. Name it in CMAKE_CUDA_COMPILER, or set CURL_RL_NVCC=OFF.")
  endif()
endif()

# NVIDIA's wheels lie beside LibTorch's; else a toolkit does.
file(REAL_PATH ${curl_rl_torch_root} curl_rl_wheels)  # through .toolchain/'s links
get_filename_component(curl_rl_wheels ${curl_rl_wheels} DIRECTORY)
file(GLOB curl_rl_cuda_roots LIST_DIRECTORIES true
  ${curl_rl_wheels}/nvidia/cu[0-9]* ${curl_rl_wheels}/nvidia/cuda_runtime)
find_path(CURL_RL_CUDA_INCLUDE_DIR crt/host_config.h  # the last to be there: a wheel of its own
  HINTS ${curl_rl_cuda_roots} ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES include)
find_library(CURL_RL_CUDART NAMES cudart libcudart.so.13 libcudart.so.12 NAMES_PER_DIR
  HINTS ${curl_rl_cuda_roots} ${curl_rl_torch_root} ENV CUDA_HOME PATHS /usr/local/cuda
  PATH_SUFFIXES lib lib64)
if(NOT CURL_RL_CUDA_INCLUDE_DIR OR NOT CURL_RL_CUDART)
  message(FATAL_ERROR "${CURL_RL_TORCH_CUDA} needs CUDA's runtime: its headers "
    "(crt/host_config.h: ${CURL_RL_CUDA_INCLUDE_DIR}) and library (cudart: ${CURL_RL_CUDART}) were not "
    "both found. Name the folder of a CUDA toolkit in CMAKE_PREFIX_PATH")
endif()

set(TORCH_INCLUDE_DIRS ${curl_rl_torch_root}/include
  ${curl_rl_torch_root}/include/torch/csrc/api/include ${CURL_RL_CUDA_INCLUDE_DIR})
# PyPI's libtorch exports parts of std::filesystem, of another libstdc++, that call what is not there:
# the system's library must be asked first.
set(TORCH_LIBRARIES stdc++)
foreach(name torch torch_cpu torch_cuda c10 c10_cuda)
  list(APPEND TORCH_LIBRARIES ${curl_rl_torch_root}/lib/lib${name}.so)
endforeach()
list(APPEND TORCH_LIBRARIES ${CURL_RL_CUDART})
find_library(CURL_RL_TORCH_GOMP libgomp.so.1 PATHS ${curl_rl_torch_root}/lib NO_DEFAULT_PATH)
message(STATUS "LibTorch with CUDA: ${curl_rl_torch_root}; CUDA runtime: ${CURL_RL_CUDART}")
