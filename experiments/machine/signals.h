// What the operating system asks of a run: to stop, or to save.
#pragma once

namespace curl_rl::experiments {

/// Catches SIGINT, SIGTERM, SIGHUP and SIGXCPU (stop; the last says that the soft limit of
/// processor time is reached) and SIGUSR1 (save) while it lives; at most one at a time. The
/// handlers only note the request: the training loop finishes its decision and looks. A SIGINT
/// after any of them ends the process at once: somebody is impatient. A second SIGTERM does nothing
/// more than the first, since batch systems send several before they kill. SIGHUP stays ignored
/// where it is (nohup).
class SignalRequests {
 public:
  SignalRequests();
  ~SignalRequests();
  SignalRequests(const SignalRequests&) = delete;
  SignalRequests& operator=(const SignalRequests&) = delete;

  bool stop() const;

  /// True once for every time that saving was asked for.
  bool TakeSave();

 private:
  bool catches_hang_up_ = false;
};

}  // namespace curl_rl::experiments
