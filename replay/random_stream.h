// One seeded stream of random numbers for each purpose, so that no part of a run disturbs another.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace curl_rl::replay {

/// What a stream is for. The numbers decide the seeds: never change or reuse one.
enum class StreamPurpose : std::uint64_t {
  kInitialization = 1,  // network parameters
  kExploration = 2,     // the noise of acting
  kReplayIndices = 3,
  kCrops = 4,
  kPolicyNoise = 5,  // of updates
  kEnvironment = 6,
  kEvaluation = 7,
  kWarmUp = 8,  // random actions before the first update
  kVideo = 9,   // the environment that is filmed
};

/// A seed for `purpose` from the run's seed (splitmix64 of both: streams of neighbouring seeds and
/// purposes are unrelated).
std::uint64_t StreamSeed(std::uint64_t run_seed, StreamPurpose purpose);

/// A seed for a purpose that has a name instead of a number (a view, an augmentation).
std::uint64_t StreamSeed(std::uint64_t run_seed, const std::string& purpose);

/// A generator of its own on `device`, seeded with StreamSeed.
at::Generator MakeStream(std::uint64_t run_seed, StreamPurpose purpose,
                         const torch::Device& device = torch::kCPU);

/// The same for a purpose that has a name.
at::Generator MakeStream(std::uint64_t run_seed, const std::string& purpose,
                         const torch::Device& device);

/// The state of a stream as a tensor (uint8, on the CPU), and back.
torch::Tensor SaveStream(const at::Generator& stream);
void LoadStream(at::Generator& stream, const torch::Tensor& state);

}  // namespace curl_rl::replay
