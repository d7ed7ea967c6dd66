// The agent on a CUDA device, beside itself on the CPU, and with recorded updates beside itself
// without. Skipped where there is no device; what can be tested without one is in learner_test.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include "agents/learner.h"
#include "replay/random_stream.h"
#include "replay/replay_buffer.h"
#include "tests/encoders/made_batch.h"

namespace curl_rl::agents {
namespace {

constexpr std::int64_t kBatch = 32;
constexpr std::int64_t kActionSize = 2;

class CudaLearner : public testing::TestWithParam<std::tuple<Schedule, std::string>> {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    // Kernels that repeat: Adam's first step is the learning rate whatever the gradient's size, so
    // one sign that rounding flips is a difference of twice the rate.
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
  }

  AgentConfig Config(bool graphs) const {
    AgentConfig config;
    config.batch_size = kBatch;
    config.sac.hidden_dim = 64;
    config.crop_size = 44;
    config.schedule = std::get<0>(GetParam());
    config.cuda_graphs = graphs;
    config.objectives.clear();
    config.objectives.emplace_back(encoders::MakeObjectiveSettings(std::get<1>(GetParam())));
    return config;
  }

  static AgentSpec Spec(const torch::Device& device) {
    AgentSpec spec;
    spec.action_size = kActionSize;
    spec.device = device;
    return spec;
  }

  // Batch `n` of the views that `agent` asks for, and its noise: the same numbers on every device.
  static replay::Batch MakeBatch(const Learner& agent, std::uint64_t n,
                                 const torch::Device& device) {
    torch::manual_seed(n);
    const auto pixels = [&] {
      return torch::rand({kBatch, 9, 44, 44})
          .to(device)
          .contiguous(torch::MemoryFormat::ChannelsLast);
    };
    replay::Batch batch;
    const auto& spec = agent.batch_spec();
    encoders::AddNumbers(spec.views, spec.horizon, kBatch, kActionSize,
                         20 * static_cast<std::int64_t>(n), at::detail::createCPUGenerator(n),
                         batch);
    for (auto& [name, tensor] : batch.tensors) tensor = tensor.to(device);
    for (const auto& view : spec.views) batch.tensors[view.name] = pixels();
    return batch;
  }

  static NamedTensors MakeNoise(std::uint64_t n, const torch::Device& device) {
    torch::manual_seed(1000 + n);
    NamedTensors noise;
    for (const char* name : {"next", "current"}) noise[name] = torch::randn({kBatch, kActionSize});
    encoders::ObjectiveContext context;
    context.encoder.image_size = 44;
    context.batch_size = kBatch;
    context.action_size = kActionSize;
    context.replay_capacity = 1000;
    context.view.size = 44;
    auto stream = replay::MakeStream(n, "objective's noise", torch::kCPU);
    context.stream = stream;
    encoders::MakeObjective(*encoders::MakeObjectiveSettings(std::get<1>(GetParam())), context)
        ->DrawNoise(kBatch, stream, noise);
    for (auto& [name, tensor] : noise) tensor = tensor.to(device);
    return noise;
  }

  static void Step(Learner& agent, std::uint64_t n, const torch::Device& device,
                   NamedTensors* metrics = nullptr) {
    auto result = agent.UpdateOn(MakeBatch(agent, n, device), MakeNoise(n, device));
    if (metrics == nullptr) return;
    for (const auto& [name, value] : result) (*metrics)[name] = value.to(torch::kCPU).clone();
  }

  // Of each entry to `tolerance` of the larger of 1 and itself: a metric may be a count of
  // dimensions.
  static void ExpectClose(const NamedTensors& a, const NamedTensors& b, double tolerance) {
    for (const auto& [name, tensor] : a) {
      if (name.find("stream") != std::string::npos) continue;  // each device has its own kind
      const auto other = b.at(name).to(torch::kCPU, torch::kFloat64);
      const auto difference = (tensor.to(torch::kCPU, torch::kFloat64) - other).abs();
      const auto scale = other.abs().clamp_min(1.0);
      EXPECT_LE((difference / scale).max().item<double>(), tolerance) << name;
    }
  }

  // Metrics of one update: what counts rows may differ by one that rounding tips over.
  static void ExpectAlike(NamedTensors a, const NamedTensors& b, double tolerance) {
    constexpr double kOneRow = 1.0 / kBatch;
    for (const char* counts : {"contrastive_accuracy", "nn_accuracy", "unknown_auroc"}) {
      const auto found = a.find(counts);
      if (found == a.end()) continue;
      EXPECT_NEAR(found->second.item<double>(), b.at(counts).item<double>(), 1.5 * kOneRow)
          << counts;
      a.erase(found);
    }
    // It is a sum over actions of the actor's outputs, which Adam's steps move by the learning rate
    // each: 0.034 apart after twelve steps was seen.
    const auto entropy = a.find("policy_entropy");
    if (entropy != a.end()) {
      EXPECT_NEAR(entropy->second.item<double>(), b.at("policy_entropy").item<double>(),
                  3.0 * tolerance);
      a.erase(entropy);
    }
    ExpectClose(a, b, tolerance);
  }
};

// Twelve updates: each kind is warmed up, recorded and replayed. One Adam step of a parameter whose
// gradient is all rounding may differ by twice the learning rate, 1e-3, and every step may be one;
// the losses may not.
TEST_P(CudaLearner, LearnsWhatTheCpuLearns) {
  Learner on_cpu(Config(false), Spec(torch::kCPU));
  Learner on_gpu(Config(true), Spec(torch::kCUDA));
  for (std::uint64_t n = 0; n < 12; ++n) {
    NamedTensors cpu, gpu;
    Step(on_cpu, n, torch::kCPU, &cpu);
    Step(on_gpu, n, torch::kCUDA, &gpu);
    ExpectAlike(cpu, gpu, 0.02);
  }
  ExpectClose(on_cpu.Save(), on_gpu.Save(), 0.024);
}

TEST_P(CudaLearner, RecordedUpdatesEqualOrdinaryOnes) {
  Learner ordinary(Config(false), Spec(torch::kCUDA));
  Learner recorded(Config(true), Spec(torch::kCUDA));
  for (std::uint64_t n = 0; n < 20; ++n) {
    NamedTensors a, b;
    Step(ordinary, n, torch::kCUDA, &a);
    Step(recorded, n, torch::kCUDA, &b);
    ExpectAlike(a, b, 1e-3);
  }
  ExpectClose(ordinary.Save(), recorded.Save(), 1e-3);
  EXPECT_EQ(
      recorded.Save().at("critic_adam.encoder.conv_stack.convs.0.weight.steps").item<int64_t>(),
      20);
}

TEST_P(CudaLearner, GoesOnWhereItWasSaved) {
  Learner agent(Config(true), Spec(torch::kCUDA));
  for (std::uint64_t n = 0; n < 10; ++n) Step(agent, n, torch::kCUDA);
  auto saved = agent.Save();
  for (auto& [name, tensor] : saved) tensor = tensor.to(torch::kCPU).clone();
  Learner resumed(Config(true), Spec(torch::kCUDA));
  for (std::uint64_t n = 50; n < 60; ++n) Step(resumed, n, torch::kCUDA);  // graphs are recorded
  resumed.Load(saved);
  for (std::uint64_t n = 10; n < 14; ++n) {
    Step(agent, n, torch::kCUDA);
    Step(resumed, n, torch::kCUDA);
  }
  ExpectClose(agent.Save(), resumed.Save(), 1e-4);
}

std::vector<std::string> ObjectiveNames() {
  std::vector<std::string> names;
  for (const auto& info : encoders::ObjectiveInfos()) names.push_back(info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Each, CudaLearner,
                         testing::Combine(testing::Values(Schedule::kReference, Schedule::kJoint),
                                          testing::ValuesIn(ObjectiveNames())));

// The kernels of bfloat16, whose pictures come padded from a replay on the device: the first
// gradients of CURL's loss, which needs no noise, are those of float32 on the CPU.
TEST(CudaLearnerInBFloat16, TheFirstGradientsAreThoseOfTheCpuInFloat32) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  AgentConfig config;
  config.batch_size = kBatch;
  config.sac.hidden_dim = 64;
  config.crop_size = 44;
  config.sac.critic_lr = 0.0;  // its loss has noise, of each device's own
  config.objectives.clear();
  config.objectives.emplace_back(encoders::MakeObjectiveSettings("curl"));
  NamedTensors saved[2];
  for (const bool on_gpu : {false, true}) {
    const torch::Device device = on_gpu ? torch::kCUDA : torch::kCPU;
    config.precision = on_gpu ? Precision::kBFloat16 : Precision::kFloat32;
    AgentSpec spec;
    spec.action_size = kActionSize;
    spec.device = device;
    Learner learner(config, spec);
    replay::ReplayOptions options;
    options.observation_shape = {50, 50, 3};
    options.action_size = kActionSize;
    options.capacity = 100;
    options.device = device;
    replay::ReplayBuffer replay(options);
    torch::manual_seed(9);
    replay.BeginEpisode(torch::randint(256, {50, 50, 3}, torch::kUInt8));
    for (int i = 0; i < 90; ++i) {
      replay.Add(torch::randint(256, {50, 50, 3}, torch::kUInt8), {0.01 * i, -0.5}, 0.1 * i,
                 /*terminated=*/false, /*truncated=*/i == 89);
    }
    learner.Update(replay);
    saved[on_gpu ? 1 : 0] = learner.Save();
  }
  for (const char* name :
       {"encoder.conv_stack.convs.0.weight", "encoder.conv_stack.convs.1.bias",
        "encoder.conv_stack.convs.3.weight", "encoder.projection.linear.weight"}) {
    const auto key = std::string("contrastive_adam.") + name + ".exp_avg";
    const auto exact = saved[0].at(key).to(torch::kFloat64);
    const auto got = saved[1].at(key).to(torch::kCPU, torch::kFloat64);
    EXPECT_LE(((got - exact).norm() / exact.norm()).item<double>(), 0.05) << key;
  }
}

// A replay on the device learns nothing else than one on the CPU: same transitions, other draws.
TEST(CudaReplay, HoldsWhatWasPutIn) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  replay::ReplayOptions options;
  options.observation_shape = {12, 12, 3};
  options.action_size = kActionSize;
  options.capacity = 50;
  replay::ReplayBuffer on_cpu(options);
  options.device = torch::kCUDA;
  replay::ReplayBuffer on_gpu(options);
  for (auto* replay : {&on_cpu, &on_gpu}) {
    torch::manual_seed(5);
    for (int episode = 0; episode < 3; ++episode) {
      replay->BeginEpisode(torch::randint(256, {12, 12, 3}, torch::kUInt8));
      for (int i = 0; i < 30; ++i) {
        replay->Add(torch::randint(256, {12, 12, 3}, torch::kUInt8), {0.01 * i, -0.5}, 0.1 * i,
                    /*terminated=*/false, /*truncated=*/i == 29);
        if (i < 29) {
          EXPECT_EQ(replay->NewestStack().size(1), 9);
        }
      }
    }
  }
  const auto cpu = on_cpu.Save();
  for (const auto& [name, tensor] : on_gpu.Save()) {
    EXPECT_TRUE(torch::equal(tensor, cpu.at(name))) << name;
  }
  EXPECT_TRUE(torch::equal(on_gpu.Observations(on_gpu.first_id(), on_gpu.next_id()),
                           on_cpu.Observations(on_cpu.first_id(), on_cpu.next_id())));
  // What is drawn does not depend on the device, and stays in its place.
  replay::BatchSpec spec;
  spec.batch_size = 16;
  for (const auto window : {replay::Window::kRandomCrop, replay::Window::kShift}) {
    replay::View view;
    view.name = "observation";
    view.window = window;
    view.size = 10;
    spec.views = {view};
    replay::Batch a, b;
    on_cpu.SampleInto(spec, a);
    on_gpu.SampleInto(spec, b);
    for (const auto& [name, tensor] : a.tensors) {
      EXPECT_TRUE(torch::equal(b.at(name).cpu(), tensor)) << name;
    }
    const void* const place = b.at("observation").data_ptr();
    on_cpu.SampleInto(spec, a);
    on_gpu.SampleInto(spec, b);
    EXPECT_EQ(b.at("observation").data_ptr(), place);
  }
}

}  // namespace
}  // namespace curl_rl::agents
