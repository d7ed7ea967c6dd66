// A queue for each thread.
#include "experiments/play/lane_threads.h"

#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace curl_rl::experiments {

class LaneThreads::Thread {
 public:
  Thread() : thread_([this] { Work(); }) {}
  ~Thread() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  std::future<void> Ask(std::function<void()> work) {
    std::packaged_task<void()> task(std::move(work));
    auto done = task.get_future();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return done;
  }

 private:
  // Until it is over and nothing is left to do. What asks the program to stop or save is heard by
  // the thread that trains: two threads would handle two pending requests in either order.
  void Work() {
    sigset_t requests;
    ::sigemptyset(&requests);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1}) {
      ::sigaddset(&requests, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &requests, nullptr);
    for (;;) {
      std::packaged_task<void()> task;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return over_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();  // what it throws is in its future
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> tasks_;
  bool over_ = false;
  std::thread thread_;  // the last: it begins when the others are there
};

LaneThreads::LaneThreads(std::size_t lanes, std::size_t threads) : begun_(lanes) {
  const auto count = std::max<std::size_t>(1, std::min(lanes, threads));
  for (std::size_t i = 0; i < count; ++i) threads_.push_back(std::make_unique<Thread>());
}

LaneThreads::~LaneThreads() = default;
LaneThreads::LaneThreads(LaneThreads&&) noexcept = default;

void LaneThreads::Begin(std::size_t lane, std::function<void()> work) {
  auto& done = begun_.at(lane);
  if (done.valid()) {
    throw std::logic_error("LaneThreads: lane " + std::to_string(lane) + " is still at work");
  }
  done = threads_[lane % threads_.size()]->Ask(std::move(work));
}

void LaneThreads::Abandon() {
  for (auto& done : begun_) {
    if (done.valid()) done.wait();
    done = {};
  }
}

void LaneThreads::Finish() {
  for (const auto& done : begun_) {
    if (done.valid()) done.wait();
  }
  std::exception_ptr first;
  for (auto& done : begun_) {
    if (!done.valid()) continue;
    try {
      done.get();
    } catch (...) {
      if (first == nullptr) first = std::current_exception();
    }
  }
  if (first != nullptr) std::rethrow_exception(first);
}

}  // namespace curl_rl::experiments
