// A block of GPU threads played on the CPU: each thread is a coroutine of its own, and what a warp
// or the block does together waits until all have come to it. For the bodies of
// conv3x3_gpu_kernels.h.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace curl_rl::encoders::gpu {

/// The threads of one block, and what they exchange.
class PlayedThreads {
 public:
  explicit PlayedThreads(int threads) : waiting_(static_cast<std::size_t>(threads / 32) + 1) {
    if (threads % 32 != 0) throw std::invalid_argument("threads of whole warps");
    for (int i = 0; i < threads; ++i) {
      auto thread = std::make_unique<Thread>();
      thread->stack.resize(kStack);
      threads_.push_back(std::move(thread));
    }
  }

  /// Runs `body`, given its thread's number, in all threads.
  void Run(const std::function<void(int)>& body) {
    body_ = &body;
    for (auto& thread : threads_) {
      thread->ended = false;
      getcontext(&thread->context);
      thread->context.uc_stack.ss_sp = thread->stack.data();
      thread->context.uc_stack.ss_size = thread->stack.size();
      thread->context.uc_link = &main_;
      makecontext(&thread->context, reinterpret_cast<void (*)()>(&PlayedThreads::Enter), 0);
    }
    running() = this;
    for (bool any = true; any;) {
      any = false;
      for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (threads_[i]->ended) continue;
        current_ = i;
        swapcontext(&main_, &threads_[i]->context);
        any = any || !threads_[i]->ended;
      }
    }
    for (const auto& group : waiting_) {
      if (group.arrived != 0) throw std::logic_error("a thread ended while others wait for it");
    }
  }

  /// Waits for the other threads of the block, or of a warp.
  void SyncBlock() { Wait(waiting_.back(), static_cast<int>(threads_.size())); }
  void SyncWarp() { Wait(waiting_[current_ / 32], 32); }

  int current() const { return static_cast<int>(current_); }
  /// What lane `lane` of the current thread's warp has put there.
  std::vector<std::uint32_t>& Lane(int lane) {
    return threads_[current_ / 32 * 32 + static_cast<std::size_t>(lane)]->given;
  }
  const char*& Pointer(int lane) {
    return threads_[current_ / 32 * 32 + static_cast<std::size_t>(lane)]->pointer;
  }

 private:
  static constexpr std::size_t kStack = 64 * 1024;
  struct Thread {
    ucontext_t context;
    std::vector<char> stack;
    std::vector<std::uint32_t> given;
    const char* pointer = nullptr;
    bool ended = false;
  };
  struct Group {
    int arrived = 0, round = 0;
  };

  static PlayedThreads*& running() {
    static PlayedThreads* threads = nullptr;
    return threads;
  }
  static void Enter() {
    auto& self = *running();
    (*self.body_)(self.current());
    self.threads_[self.current_]->ended = true;
  }
  void Wait(Group& group, int count) {
    const int round = group.round;
    if (++group.arrived == count) {
      group.arrived = 0;
      ++group.round;
      return;
    }
    const auto me = current_;
    while (group.round == round) swapcontext(&threads_[me]->context, &main_);
  }

  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Group> waiting_;  // of each warp, then of the block
  ucontext_t main_;
  std::size_t current_ = 0;
  const std::function<void(int)>* body_ = nullptr;
};

/// What the bodies ask of a block, by PTX's description of ldmatrix and mma.m16n8k16.
class PlayedBlock {
 public:
  PlayedBlock(PlayedThreads& all, int thread, int threads, int index)
      : all_(all), thread_(thread), threads_(threads), index_(index) {}

  int thread() const { return thread_; }
  int threads() const { return threads_; }
  int index() const { return index_; }
  void Sync() { all_.SyncBlock(); }
  void CopyAsync(void* to, const void* from) { std::memcpy(to, Aligned(from), 16); }
  void WaitForCopies() {}
  void Load16(const void* from, std::uint32_t (&words)[4]) {
    std::memcpy(words, Aligned(from), 16);
  }
  void Store16(void* to, const std::uint32_t (&words)[4]) {
    std::memcpy(const_cast<void*>(Aligned(to)), words, 16);
  }
  void Store2(void* to, std::uint16_t value) { std::memcpy(to, &value, 2); }

  void LoadMatrices(const void* row, std::uint32_t (&words)[4]) { Load(row, false, words); }
  void LoadTransposed(const void* row, std::uint32_t (&words)[4]) { Load(row, true, words); }

  void Multiply(const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1, float (&sums)[4]) {
    const int lane = thread_ % 32;
    all_.Lane(lane) = {a[0], a[1], a[2], a[3], b0, b1};
    all_.SyncWarp();
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + (i < 2 ? 0 : 8);
      const int column = lane % 4 * 2 + i % 2;
      double sum = sums[i];
      for (int k = 0; k < 16; ++k) {
        const auto& left = all_.Lane(row % 8 * 4 + k % 8 / 2);
        const auto& right = all_.Lane(column * 4 + k % 8 / 2);
        sum +=
            static_cast<double>(Half(left[static_cast<std::size_t>(row / 8 + k / 8 * 2)], k % 2)) *
            static_cast<double>(Half(right[static_cast<std::size_t>(4 + k / 8)], k % 2));
      }
      sums[i] = static_cast<float>(sum);
    }
    all_.SyncWarp();
  }

 private:
  static const void* Aligned(const void* at) {
    if (reinterpret_cast<std::uintptr_t>(at) % 16 != 0) throw std::logic_error("not aligned");
    return at;
  }
  static float Half(std::uint32_t word, int which) {
    const std::uint32_t bits = (which == 0 ? word & 0xffffu : word >> 16) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }
  void Load(const void* row, bool transposed, std::uint32_t (&words)[4]) {
    const int lane = thread_ % 32;
    all_.Pointer(lane) = static_cast<const char*>(Aligned(row));
    all_.SyncWarp();
    for (int matrix = 0; matrix < 4; ++matrix) {
      std::uint16_t pair[2];
      for (int i = 0; i < 2; ++i) {
        const int r = transposed ? lane % 4 * 2 + i : lane / 4;
        const int c = transposed ? lane / 4 : lane % 4 * 2 + i;
        std::memcpy(&pair[i], all_.Pointer(matrix * 8 + r) + c * 2, 2);
      }
      words[matrix] = pair[0] | static_cast<std::uint32_t>(pair[1]) << 16;
    }
    all_.SyncWarp();
  }

  PlayedThreads& all_;
  int thread_, threads_, index_;
};

}  // namespace curl_rl::encoders::gpu
