// What the operating system asks of a run: to stop, or to save.
#pragma once

namespace curl_rl::experiments {

/// Catches SIGINT and SIGTERM (stop) and SIGUSR1 (save) while it lives; at most one at a time. The
/// handlers only note the request: the training loop finishes its decision and looks. A second
/// SIGINT ends the process at once: somebody is impatient. A second SIGTERM does nothing more than
/// the first, since batch systems send several before they kill.
class SignalRequests {
 public:
  SignalRequests();
  ~SignalRequests();
  SignalRequests(const SignalRequests&) = delete;
  SignalRequests& operator=(const SignalRequests&) = delete;

  bool stop() const;

  /// True once for every time that saving was asked for.
  bool TakeSave();
};

}  // namespace curl_rl::experiments
