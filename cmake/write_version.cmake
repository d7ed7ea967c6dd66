# cmake -P, at every build: writes OUTPUT from experiments/machine/version.cpp.in with the commit that SOURCE_DIR is at
# (-dirty: with changes that are in no commit), and leaves the file alone if nothing changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12
  WORKING_DIRECTORY ${SOURCE_DIR}
  OUTPUT_VARIABLE curl_rl_git_commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT curl_rl_git_commit)
  set(curl_rl_git_commit unknown)
endif()
configure_file(${SOURCE_DIR}/experiments/machine/version.cpp.in ${OUTPUT} @ONLY)
