// Threads that own what plays side by side. No LibTorch.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace curl_rl::experiments {

/// Whatever is asked of lane `i` is done by thread i % threads, one thing after the other in the
/// order of asking: what belongs to a lane (an environment, a GL context) is touched by no other
/// thread, and the number of threads changes no result.
///
/// One owner calls everything. `Begin` returns at once; between it and the `Finish` that follows,
/// what the work touches is the thread's.
class LaneThreads {
 public:
  /// `threads` of them, no more than lanes and at least one.
  LaneThreads(std::size_t lanes, std::size_t threads);

  /// Waits for what was begun; what that throws is lost.
  ~LaneThreads();
  LaneThreads(LaneThreads&&) noexcept;
  LaneThreads& operator=(LaneThreads&&) = delete;

  /// Work for `lane`'s thread. Throws std::logic_error if the lane's last was not finished.
  void Begin(std::size_t lane, std::function<void()> work);

  /// Waits until the work of every lane is done; throws what the first lane threw that did.
  void Finish();

  /// Waits as Finish does, and drops what was thrown: for an end that has another cause.
  void Abandon();

  std::size_t lanes() const { return begun_.size(); }
  std::size_t threads() const { return threads_.size(); }

 private:
  class Thread;

  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::future<void>> begun_;  // by lane; invalid: nothing to wait for
};

}  // namespace curl_rl::experiments
