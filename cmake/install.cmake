# `cmake --install`: the program, and a CMake package for programs and plug-ins of a user's own:
# find_package(curl_rl), then link curl_rl::program or curl_rl::envs.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(curl_rl_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/curl_rl)

# 1. Libraries. What they link from outside is found again by curl_rlConfig.cmake.
get_property(curl_rl_installed GLOBAL PROPERTY curl_rl_libraries)
list(APPEND curl_rl_installed curl_rl_mujoco)
set(curl_rl_header_folders envs encoders replay experiments)
if(CURL_RL_TORCH)
  list(APPEND curl_rl_installed curl_rl_torch)
endif()
if(TARGET curl_rl_viewer)
  set(curl_rl_viewer_found TRUE)
endif()
install(TARGETS ${curl_rl_installed} EXPORT curl_rl_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT curl_rl_targets NAMESPACE curl_rl:: FILE curl_rlTargets.cmake
  DESTINATION ${curl_rl_package_dir})

# 2. Headers, but those that only the tasks themselves include. agents/, encoders/ and replay/ have the
# config's structs.
install(DIRECTORY ${curl_rl_header_folders} agents DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/curl_rl
  FILES_MATCHING PATTERN "*.h"
  PATTERN suite EXCLUDE PATTERN configs EXCLUDE PATTERN published EXCLUDE
  PATTERN results EXCLUDE)

# 3. The package.
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/curl_rlConfig.cmake.in
  ${PROJECT_BINARY_DIR}/curl_rlConfig.cmake INSTALL_DESTINATION ${curl_rl_package_dir}
  PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/curl_rlConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/curl_rlConfig.cmake
  ${PROJECT_BINARY_DIR}/curl_rlConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/installed_models.cpp DESTINATION ${curl_rl_package_dir})

# 4. The program, its configs and the examples. Models and published scores are installed by their
# folders. A MuJoCo or LibTorch outside the system's folders is found where it was.
# CMake leaves out of that what lies inside the source folder, as .toolchain/ does.
set(curl_rl_rpath)
foreach(library ${MUJOCO_LIBRARY} ${CURL_RL_TORCH_CUDA} ${CURL_RL_CUDART})
  cmake_path(IS_PREFIX PROJECT_SOURCE_DIR ${library} curl_rl_inside)
  if(curl_rl_inside)
    get_filename_component(folder ${library} DIRECTORY)
    list(APPEND curl_rl_rpath ${folder})
  endif()
endforeach()
set_target_properties(curl_rl_main PROPERTIES
  INSTALL_RPATH_USE_LINK_PATH ON INSTALL_RPATH "${curl_rl_rpath}")
install(TARGETS curl_rl_main RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY experiments/configs examples DESTINATION ${CMAKE_INSTALL_DATADIR}/curl_rl)
