// Handlers that only note a signal, for the loop to ask about.
#include "experiments/machine/signals.h"

#include <csignal>
#include <initializer_list>

namespace curl_rl::experiments {
namespace {

volatile std::sig_atomic_t stop_requested = 0;
volatile std::sig_atomic_t save_requested = 0;

void OnStop(int signal) {
  if (stop_requested != 0 && signal == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  stop_requested = 1;
}
void OnSave(int) { save_requested = 1; }

void Install(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

SignalRequests::SignalRequests() {
  stop_requested = 0;
  save_requested = 0;
  // Interrupted writes go on.
  Install(SIGINT, OnStop, SA_RESTART);
  Install(SIGTERM, OnStop, SA_RESTART);
  Install(SIGXCPU, OnStop, SA_RESTART);
  Install(SIGUSR1, OnSave, SA_RESTART);
  struct sigaction hang_up = {};
  ::sigaction(SIGHUP, nullptr, &hang_up);
  catches_hang_up_ = hang_up.sa_handler != SIG_IGN;
  if (catches_hang_up_) Install(SIGHUP, OnStop, SA_RESTART);
}

SignalRequests::~SignalRequests() {
  for (const int signal : {SIGINT, SIGTERM, SIGXCPU, SIGUSR1}) Install(signal, SIG_DFL, 0);
  if (catches_hang_up_) Install(SIGHUP, SIG_DFL, 0);
}

bool SignalRequests::stop() const { return stop_requested != 0; }

bool SignalRequests::TakeSave() {
  const bool asked = save_requested != 0;
  save_requested = 0;
  return asked;
}

}  // namespace curl_rl::experiments
