// An update recorded once as a CUDA graph and replayed from then on: one launch instead of several
// hundred, each of which costs the host more time than most of them cost the GPU.
#pragma once

#include <torch/types.h>

#include <functional>
#include <map>
#include <memory>

#include "replay/named_tensors.h"

namespace curl_rl::agents {

class StepGraphs {
 public:
  /// The work of one step: its inputs are tensors that stay where they are, its outputs are
  /// metrics.
  using Work = std::function<replay::NamedTensors()>;

  /// `device`: one of CUDA. Throws std::logic_error in a build without it.
  explicit StepGraphs(const torch::Device& device);
  ~StepGraphs();

  /// Does a step of kind `kind` (which of the algorithm's parts it runs: a graph has no branches).
  /// The first kWarmUps steps of a kind run `work` as it is, so that cuDNN has chosen its kernels
  /// and cuBLAS has its memory; the next is recorded; later ones replay that. Everything `work`
  /// reads and writes must stay in place from then on, and it must not wait for the device. The
  /// returned metrics are overwritten by the next step of the same kind. Work that cannot be
  /// recorded is done as it is from then on, after one warning.
  replay::NamedTensors Run(int kind, const Work& work);

  /// Forgets all recordings: the inputs have moved.
  void Clear();

  static constexpr int kWarmUps = 3;

 private:
  struct Recording;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curl_rl::agents
