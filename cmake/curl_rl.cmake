# How every target of this project is built: warnings, sanitizers, include root, and the
# precompiled headers that targets share. One function a kind of target.

add_library(curl_rl_options INTERFACE)
target_include_directories(curl_rl_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(curl_rl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # -Wpedantic's: the published scores are one literal
  target_compile_options(curl_rl_options INTERFACE -Wno-overlength-strings)
endif()
if(CURL_RL_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # which cannot tell through their code; the release build does
    target_compile_options(curl_rl_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_compile_options(curl_rl_options INTERFACE
    -fsanitize=${CURL_RL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(curl_rl_options INTERFACE -fsanitize=${CURL_RL_SANITIZE})
endif()
if(CURL_RL_FUZZ)  # coverage for libFuzzer in everything; its main only in the targets
  target_compile_options(curl_rl_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# LibTorch's headers cost a source five seconds, though they are precompiled: what they instantiate is instantiated
# anew; nlohmann's and Boost's cost two. What is read once for sixteen sources is read a sixteenth as often.
set(CMAKE_UNITY_BUILD ${CURL_RL_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16)

# Sources that name things of their own as others of their target do.
function(curl_rl_compiled_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# The rooms of experiments/ wait for these, for LibTorch or a disk far more than for themselves: -O1, with vectors,
# compiles them in two thirds of the time of -O3, which these, whose loops count, are compiled with.
set(curl_rl_optimised agents encoders envs packed_frames replay)
set(curl_rl_quick $<$<CONFIG:Release>:-O1> $<$<CONFIG:Release>:-ftree-vectorize>)

# curl_rl_library(NAME SOURCES a.cpp ... LINK target ...): the library of one folder, `curl_rl_NAME`,
# alias `curl_rl::NAME`; it is installed (install.cmake).
function(curl_rl_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(curl_rl_${name} STATIC ${ARG_SOURCES})
  add_library(curl_rl::${name} ALIAS curl_rl_${name})
  set_target_properties(curl_rl_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(curl_rl_${name} PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:curl_rl_options>)
  target_include_directories(curl_rl_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/curl_rl>)
  target_compile_features(curl_rl_${name} PUBLIC cxx_std_17)
  if(NOT name IN_LIST curl_rl_optimised)
    target_compile_options(curl_rl_${name} PRIVATE ${curl_rl_quick})
  endif()
  set_property(GLOBAL APPEND PROPERTY curl_rl_libraries curl_rl_${name})
endfunction()

# curl_rl_torch_library(...): the same for a folder that uses LibTorch. The first such target
# compiles LibTorch's headers once as a precompiled header; the others reuse it. Not <torch/torch.h>: what
# it instantiates anew in every source, optimisers, data sets and all layers, takes four seconds more each.
set(curl_rl_torch_headers <torch/autograd.h> <torch/nn/module.h> <torch/nn/modules/linear.h>
  <torch/nn/modules/normalization.h> <torch/utils.h>)
function(curl_rl_torch_library name)
  curl_rl_library(${name} ${ARGN})
  target_link_libraries(curl_rl_${name} PUBLIC curl_rl_torch)
  curl_rl_use_torch_header(curl_rl_${name})
endfunction()

function(curl_rl_use_torch_header target)
  get_property(owner GLOBAL PROPERTY curl_rl_torch_header_owner)
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
    # The header was compiled with a library's -fPIC; an executable's -fPIE would not match.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  else()
    target_precompile_headers(${target} PRIVATE ${curl_rl_torch_headers})
    set_property(GLOBAL PROPERTY curl_rl_torch_header_owner ${target})
  endif()
endfunction()

# curl_rl_optional_source(NAME OPTION VARIABLE "help" PACKAGE PREFIX module ... WITH a.cpp ... WITHOUT b.cpp ...
# LACKING "message"): a source of library NAME that needs libraries which the project can do without,
# found by pkg-config unless the option is off, and its stand-in. PREFIX_FOUND says which it is.
function(curl_rl_optional_source name)
  cmake_parse_arguments(ARG "" "" "OPTION;PACKAGE;WITH;WITHOUT;LACKING" ${ARGN})
  list(POP_FRONT ARG_OPTION option help)
  list(POP_FRONT ARG_PACKAGE prefix)
  option(${option} "${help}" ON)
  if(${option})
    find_package(PkgConfig)
    if(PkgConfig_FOUND)
      pkg_check_modules(${prefix} IMPORTED_TARGET GLOBAL ${ARG_PACKAGE})
    endif()
  else()
    unset(${prefix}_FOUND CACHE)
  endif()
  if(${prefix}_FOUND)
    target_sources(curl_rl_${name} PRIVATE ${ARG_WITH})
    target_link_libraries(curl_rl_${name} PRIVATE PkgConfig::${prefix})
    return()
  endif()
  target_sources(curl_rl_${name} PRIVATE ${ARG_WITHOUT})
  if(${option})
    message(STATUS ${ARG_LACKING})
  endif()
endfunction()

# curl_rl_hash_of(VARIABLE FOLDER HEADER ...): eight digits that change with any of these files. A
# program and a plug-in that disagree on their classes must not meet, whatever their version says.
function(curl_rl_hash_of variable folder)
  set(hashes)
  foreach(header ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${header})
    file(SHA256 ${folder}/${header} hash)
    string(APPEND hashes ${hash})
  endforeach()
  string(SHA256 hash "${hashes}")
  string(SUBSTRING ${hash} 0 8 hash)
  set(${variable} ${hash} PARENT_SCOPE)
endfunction()

# Sources of a target whose loops tell a fuzzer nothing about its input and would take half its time.
function(curl_rl_not_to_be_traced)
  if(CURL_RL_FUZZ)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link
      SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# Tests wait for what they test, not for themselves: -O1 and headers of their own that are compiled
# once, with GoogleTest, make them compile in half the time of -O3 with LibTorch's alone.
function(curl_rl_test_header owner)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${owner}.cpp "// Owns a precompiled header.\n")
  add_library(${owner} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${owner}.cpp)
  target_link_libraries(${owner} PRIVATE curl_rl_options GTest::gmock ${ARGN})
  target_compile_features(${owner} PRIVATE cxx_std_17)
  set_target_properties(${owner} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${owner} PRIVATE -fPIC ${curl_rl_quick})
  target_precompile_headers(${owner} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endfunction()

function(curl_rl_use_test_header target owner)
  target_precompile_headers(${target} REUSE_FROM ${owner})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIC ${curl_rl_quick})
endfunction()

# Of every test, those that add_test makes too.
set(curl_rl_test_properties)
if(CURL_RL_SANITIZE STREQUAL "thread")
  set(curl_rl_test_properties ENVIRONMENT_MODIFICATION
    TSAN_OPTIONS=set:suppressions=${PROJECT_SOURCE_DIR}/tests/thread_sanitizer.supp)
endif()

# curl_rl_test(NAME LABEL unit|contract|golden|smoke|learning SOURCES ... LINK ... [TORCH] [WHOLE]
# [TIMEOUT s]): one GoogleTest program, every case of it a CTest test. WHOLE: the program is the test, for
# many short cases with LibTorch, whose start takes a second each; its cases are found by --gtest_filter,
# and what became of each is in build/PRESET/whole_tests/NAME.xml (scripts/skipped_tests.py reads it).
function(curl_rl_test name)
  cmake_parse_arguments(ARG "TORCH;WHOLE" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE curl_rl_options ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    CURL_RL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CURL_RL_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(ARG_TORCH)
    curl_rl_use_test_header(${name} test_torch_header)
  else()
    curl_rl_use_test_header(${name} test_header)
  endif()
  if(ARG_WHOLE)
    set(results ${PROJECT_BINARY_DIR}/whole_tests/${name}.xml)
    add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${results} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 600 COST 100
      ENVIRONMENT OMP_NUM_THREADS=1 ${curl_rl_test_properties})
    return()
  endif()
  # The longest first: else the last of them, begun when all others have ended, has one core busy. What
  # CTest has measured itself counts more, but a new build folder has no measurements.
  set(cost_of_smoke 100)
  set(cost_of_contract 50)
  set(cost ${cost_of_${ARG_LABEL}})
  if(NOT cost)
    set(cost 0)
  endif()
  # One thread a test program: CTest runs several at once, and waiting OpenMP threads burn a core each.
  gtest_discover_tests(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} COST ${cost}
    ENVIRONMENT OMP_NUM_THREADS=1 ${curl_rl_test_properties}
    DISCOVERY_TIMEOUT 60)
endfunction()

# curl_rl_benchmark(NAME SOURCES ... LINK ... [TORCH]): one Google Benchmark program.
function(curl_rl_benchmark name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE curl_rl_options ${ARG_LINK} benchmark::benchmark)
  if(ARG_TORCH)
    curl_rl_use_torch_header(${name})
  endif()
endfunction()
