// The snapshot of an environment in the middle of an episode, of the right size and with bytes
// changed wherever the input says: it is refused, or the environment plays on.
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "envs/registry.h"

namespace {

using curl_rl::envs::Environment;

std::unique_ptr<Environment> Make(const char* name) {
  curl_rl::envs::EnvironmentOptions options;
  options.pixels = false;
  auto environment = curl_rl::envs::Make(name, options);
  environment->Reset();
  environment->Step(std::vector<double>(environment->action_spec().size, 0.5));
  return environment;
}

void Feed(Environment& environment, const std::vector<std::uint8_t>& sound,
          const std::uint8_t* data, std::size_t size) {
  auto bytes = sound;
  // Three bytes a change: where (16 bits), what.
  for (std::size_t i = 0; i + 3 <= size; i += 3) {
    bytes[(data[i] * 256u + data[i + 1]) % bytes.size()] = data[i + 2];
  }
  try {
    environment.Restore(bytes);
    const std::vector<double> action(environment.action_spec().size, 0.25);
    bool last = false;
    for (int step = 0; step < 2 && !last; ++step) last = environment.Step(action).last();
    environment.Reset();
    environment.Step(action);
  } catch (const std::exception&) {
    // Refused, or an episode that was over, or one that MuJoCo could not begin.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto toy = Make("toy_reach");
  static const auto toy_bytes = toy->Snapshot();
  static const auto cartpole = Make("cartpole_swingup");
  static const auto cartpole_bytes = cartpole->Snapshot();
  Feed(*toy, toy_bytes, data, size);
  Feed(*cartpole, cartpole_bytes, data, size);
  return 0;
}
