// Records a step once as a CUDA graph and replays it; where there is no CUDA, does it as it comes.
#include "agents/step_graphs.h"

#include <stdexcept>
#include <string>

#ifdef CURL_RL_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace curl_rl::agents {

#ifdef CURL_RL_CUDA

struct StepGraphs::Recording {
  int warm_ups = 0;
  std::unique_ptr<at::cuda::CUDAGraph> graph;
  replay::NamedTensors metrics;  // in the graph's memory
};

struct StepGraphs::Impl {
  explicit Impl(const torch::Device& on)
      : device(torch::kCUDA, on.has_index() ? on.index() : c10::cuda::current_device()),
        stream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())) {}

  torch::Device device;
  c10::cuda::CUDAStream stream;  // where steps are warmed up and recorded
  // The graphs of all kinds share their scratch memory: they run one after the other.
  at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
  std::map<int, Recording> recordings;
  bool recordable = true;  // false once a recording has failed

  // Runs `work` on the recording stream, after and before whatever else is queued.
  replay::NamedTensors OnOwnStream(const Work& work) const {
    c10::cuda::device_synchronize();
    replay::NamedTensors metrics;
    {
      const c10::cuda::CUDAStreamGuard guard(stream);
      metrics = work();
    }
    c10::cuda::device_synchronize();
    return metrics;
  }

  // Returns why it cannot be recorded; empty: it is. Nothing of the step is done either way.
  std::string Record(const Work& work, Recording& recording) const {
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    std::string failure;
    auto metrics = OnOwnStream([&] {
      // Other threads (a renderer's, another run's) may call CUDA meanwhile: only calls of this
      // thread and of autograd's, which work for this stream, are looked at.
      graph->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
      replay::NamedTensors recorded;
      try {
        recorded = work();
      } catch (const std::exception& error) {
        failure = error.what();
      }
      try {  // a capture that went wrong must be ended too, or the stream is of no more use
        graph->capture_end();
      } catch (const std::exception& error) {
        if (failure.empty()) failure = error.what();
      }
      return recorded;
    });
    if (!failure.empty()) return failure;
    recording.metrics = std::move(metrics);
    recording.graph = std::move(graph);
    // What the warm-ups used is of no more use: replays live in the graphs' own memory.
    c10::cuda::CUDACachingAllocator::emptyCache();
    return "";
  }
};

StepGraphs::StepGraphs(const torch::Device& device) : impl_(std::make_unique<Impl>(device)) {}

replay::NamedTensors StepGraphs::Run(int kind, const Work& work) {
  const c10::cuda::CUDAGuard guard(impl_->device);
  auto& recording = impl_->recordings[kind];
  if (recording.warm_ups < kWarmUps) {
    ++recording.warm_ups;
    return impl_->OnOwnStream(work);
  }
  if (!recording.graph && impl_->recordable) {
    const auto failure = impl_->Record(work, recording);
    impl_->recordable = failure.empty();
    if (!failure.empty()) {
      TORCH_WARN("an update cannot be recorded as a CUDA graph; the run goes on without, slower: ",
                 failure);
    }
  }
  if (!recording.graph) return work();
  recording.graph->replay();
  return recording.metrics;
}

void StepGraphs::Clear() { impl_->recordings.clear(); }

#else

struct StepGraphs::Impl {};

StepGraphs::StepGraphs(const torch::Device& device) {
  throw std::logic_error("CUDA graphs for " + device.str() + " in a build without CUDA");
}

replay::NamedTensors StepGraphs::Run(int /*kind*/, const Work& work) { return work(); }

void StepGraphs::Clear() {}

#endif

StepGraphs::~StepGraphs() = default;

}  // namespace curl_rl::agents
