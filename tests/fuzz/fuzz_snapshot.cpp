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

struct Target {
  explicit Target(const char* name) : environment(Make(name)), sound(environment->Snapshot()) {}

  std::unique_ptr<Environment> environment;
  std::vector<std::uint8_t> sound;  // its snapshot
};

// Three bytes a change of a sound snapshot: where (16 bits), what.
void Feed(const Target& target, const std::uint8_t* data, std::size_t size) {
  Environment& environment = *target.environment;
  const std::vector<double> action(environment.action_spec().size, 0.25);
  auto bytes = target.sound;
  for (std::size_t i = 0; i + 3 <= size; i += 3) {
    bytes[(data[i] * 256u + data[i + 1]) % bytes.size()] = data[i + 2];
  }
  try {
    environment.Restore(bytes);
    bool last = false;
    for (int step = 0; step < 2 && !last; ++step) last = environment.Step(action).last();
  } catch (const std::exception&) {
    // Refused, or an episode that was over, or one that MuJoCo could not go on with. What is sound
    // is taken up as before.
    environment.Restore(target.sound);
    environment.Step(action);
  }
}

}  // namespace

// The first byte says whose snapshot it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target toy("toy_reach"), cartpole("cartpole_swingup");
  if (size == 0) return 0;
  Feed(data[0] % 2 == 0 ? toy : cartpole, data + 1, size - 1);
  return 0;
}
