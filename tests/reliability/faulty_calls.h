// The system calls by which files are changed, made to fail on demand.
//
// faulty_calls.cpp defines write, fsync, rename and the like; linked into a test program, or
// preloaded into curl-rl (LD_PRELOAD), its definitions come before the C library's. It counts the
// calls that touch one folder and lets the k-th fail, or ends the process there.
#pragma once

#include <string>

namespace curl_rl::faults {

struct FaultPlan {
  std::string under;     // paths that begin with this; empty: no faults
  int at = 0;            // the call, counted from 1, that fails; 0: only count
  int error = 0;         // its errno
  bool forever = false;  // as do all calls after it that need space on the disk
  bool kill = false;     // SIGKILL instead of an error
  // While this file exists, a counted call waits for ever. FILE.log then has a line "waits", and
  // one "signal" for each signal that was handled meanwhile.
  std::string hang = "";
};

/// Starts counting anew. In a preloaded program the plan is read from the environment variable
/// CURL_RL_FAULT: "under=/path,at=7,error=28,forever=0,kill=0,hang=/path".
void SetFaultPlan(const FaultPlan& plan);

/// Calls counted since SetFaultPlan, and how many of them failed.
int CountedCalls();
int FailedCalls();

}  // namespace curl_rl::faults
