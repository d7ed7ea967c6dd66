// Work beside other work on a GPU: at small batches a kernel fills a part of it only.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

namespace curl_rl::encoders {

/// One more queue of a GPU. On the CPU everything is done in turn.
class SideStream {
 public:
  explicit SideStream(const torch::Device& device);
  ~SideStream();

  /// Queues `work` behind all that is queued by now, beside what is queued from now on. It must
  /// record no gradient, and read nothing that is freed before Join; `read` is kept until then.
  void Run(const std::function<void()>& work, const std::vector<torch::Tensor>& read = {});

  /// What is queued from now on waits for all work so far.
  void Join();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;  // null on the CPU
};

}  // namespace curl_rl::encoders
