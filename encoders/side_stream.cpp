// Two streams of a GPU that wait for each other by events; a recorded graph keeps the fork.
#include "encoders/side_stream.h"

#ifdef CURL_RL_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace curl_rl::encoders {

#ifdef CURL_RL_CUDA

// What side work has made is freed to its own stream, where only later side work takes it again;
// that waits for whatever had been queued here, so for every use of it.
struct SideStream::Impl {
  explicit Impl(torch::DeviceIndex device)
      : stream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)) {}
  c10::cuda::CUDAStream stream;
  at::cuda::CUDAEvent fork, join;
  bool pending = false;
  std::vector<torch::Tensor> read;
};

SideStream::SideStream(const torch::Device& device) {
  if (!device.is_cuda()) return;
  impl_ = std::make_unique<Impl>(device.has_index() ? device.index() : c10::cuda::current_device());
}

void SideStream::Run(const std::function<void()>& work, const std::vector<torch::Tensor>& read) {
  if (!impl_) return work();
  impl_->read.insert(impl_->read.end(), read.begin(), read.end());
  impl_->fork.record(c10::cuda::getCurrentCUDAStream(impl_->stream.device_index()));
  impl_->fork.block(impl_->stream);
  {
    const c10::cuda::CUDAStreamGuard guard(impl_->stream);
    work();
  }
  impl_->pending = true;
}

void SideStream::Join() {
  if (!impl_ || !impl_->pending) return;
  impl_->pending = false;
  impl_->join.record(impl_->stream);
  impl_->join.block(c10::cuda::getCurrentCUDAStream(impl_->stream.device_index()));
  impl_->read.clear();
}

#else

struct SideStream::Impl {};
SideStream::SideStream(const torch::Device& /*device*/) {}
void SideStream::Run(const std::function<void()>& work,
                     const std::vector<torch::Tensor>& /*read*/) {
  work();
}
void SideStream::Join() {}

#endif

SideStream::~SideStream() = default;

}  // namespace curl_rl::encoders
