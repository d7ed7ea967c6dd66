// Threads made on trial, with the attributes that every library's threads have by default.
#include "experiments/machine/thread_room.h"

#include <pthread.h>
#include <sys/resource.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace curl_rl::experiments {
namespace {

std::string Limit(__rlimit_resource_t resource, rlim_t unit) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return "unlimited";
  return std::to_string(limit.rlim_cur / unit);
}

void* WaitAtGate(void* gate) {
  auto* const mutex = static_cast<pthread_mutex_t*>(gate);
  ::pthread_mutex_lock(mutex);
  ::pthread_mutex_unlock(mutex);
  return nullptr;
}

}  // namespace

void CheckThreads(int count) {
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&gate);
  std::vector<pthread_t> threads;
  int error = 0;
  while (error == 0 && static_cast<int>(threads.size()) < count) {
    pthread_t thread{};
    error = ::pthread_create(&thread, nullptr, WaitAtGate, &gate);
    if (error == 0) threads.push_back(thread);
  }
  ::pthread_mutex_unlock(&gate);
  for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
  if (error == 0) return;
  // One caller, at a start. NOLINTNEXTLINE(concurrency-mt-unsafe)
  const std::string reason = std::strerror(error);
  throw std::runtime_error(
      "threads needed: " + std::to_string(count) + ", the system gave " +
      std::to_string(threads.size()) + " and then said: " + reason + "; see ulimit -u (" +
      Limit(RLIMIT_NPROC, 1) + " processes of this user), -s (" + Limit(RLIMIT_STACK, 1024) +
      " kB of stack for each thread), -v (" + Limit(RLIMIT_AS, 1024) + " kB), -d (" +
      Limit(RLIMIT_DATA, 1024) + " kB) and the control group's pids.max");
}

}  // namespace curl_rl::experiments
