// Seeds of the streams by purpose, and their state as tensors.
#include "replay/random_stream.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

#include "replay/mix64.h"

namespace curl_rl::replay {
namespace {

// The first number of SplitMix64's stream with this key.
std::uint64_t Mix(std::uint64_t key) { return Mix64(key + kGolden64); }

}  // namespace

std::uint64_t StreamSeed(std::uint64_t run_seed, StreamPurpose purpose) {
  return Mix(Mix(run_seed) ^ static_cast<std::uint64_t>(purpose));
}

std::uint64_t StreamSeed(std::uint64_t run_seed, const std::string& purpose) {
  // The top bit keeps it apart from the numbered purposes.
  return Mix(Mix(run_seed) ^ (HashOfName(purpose) | (std::uint64_t{1} << 63)));
}

namespace {

at::Generator SeededStream(std::uint64_t seed, const torch::Device& device) {
  // LibTorch 1.13 leaks a generator that is cloned; for a CUDA stream cloning the default one is
  // the way that needs no CUDA header.
  if (device.is_cpu()) return at::detail::createCPUGenerator(seed);
  auto stream = at::globalContext().defaultGenerator(device).clone();
  const std::lock_guard<std::mutex> lock(stream.mutex());
  stream.set_current_seed(seed);
  return stream;
}

}  // namespace

at::Generator MakeStream(std::uint64_t run_seed, StreamPurpose purpose,
                         const torch::Device& device) {
  return SeededStream(StreamSeed(run_seed, purpose), device);
}

at::Generator MakeStream(std::uint64_t run_seed, const std::string& purpose,
                         const torch::Device& device) {
  return SeededStream(StreamSeed(run_seed, purpose), device);
}

torch::Tensor SaveStream(const at::Generator& stream) {
  auto copy = stream;
  const std::lock_guard<std::mutex> lock(copy.mutex());
  return copy.get_state().clone();
}

void LoadStream(at::Generator& stream, const torch::Tensor& state) {
  const std::lock_guard<std::mutex> lock(stream.mutex());
  stream.set_state(state.to(torch::kCPU));
}

}  // namespace curl_rl::replay
