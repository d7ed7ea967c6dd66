// Weights from and to other programs: the reference implementation's files, and Python.
#include "experiments/checkpoints/weights.h"

#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "agents/learner.h"
#include "agents/reference_format.h"
#include "experiments/checkpoints/safetensors.h"
#include "experiments/files/atomic_file.h"
#include "tests/experiments/error_message.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

constexpr char kGolden[] = CURL_RL_SOURCE_DIR "/tests/golden/reference_weights/";

std::string Golden(const std::string& name) { return kGolden + name; }

// An agent of the size of the recorded one.
agents::Learner MakeAgent(bool contrastive = true) {
  agents::AgentConfig config;
  config.batch_size = 2;
  config.sac.hidden_dim = 8;
  config.encoder.feature_dim = 4;
  config.encoder.num_filters = 2;
  if (!contrastive) config.objectives.clear();
  agents::AgentSpec spec;
  spec.action_size = 2;
  return {config, spec};
}

torch::Tensor Recorded(const char* name) {
  const auto outputs = nlohmann::json::parse(ReadWholeFile(Golden("outputs.json")));
  const auto rows = outputs.at(name).get<std::vector<std::vector<float>>>();
  std::vector<torch::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(torch::tensor(row));
  return torch::stack(tensors);
}

// The observations of make_reference_weights.py, in [0, 1].
torch::Tensor Observation() {
  const auto count = torch::arange(2 * 9 * 84 * 84, torch::kInt64);
  return (count * 7919)
      .div(64, "floor")
      .remainder(256)
      .view({2, 9, 84, 84})
      .to(torch::kFloat32)
      .div(255.0);
}

void ExpectOutputs(agents::Learner& agent) {
  const auto outputs = agent.Evaluate(Observation(), Recorded("action"));
  EXPECT_TRUE(torch::allclose(outputs.mean, Recorded("mean"), 1e-5, 1e-5)) << outputs.mean;
  EXPECT_TRUE(torch::allclose(outputs.q.q1, Recorded("q1"), 1e-5, 1e-5)) << outputs.q.q1;
  EXPECT_TRUE(torch::allclose(outputs.q.q2, Recorded("q2"), 1e-5, 1e-5)) << outputs.q.q2;
  EXPECT_TRUE(torch::allclose(outputs.features, Recorded("features"), 1e-5, 1e-5))
      << outputs.features;
}

TEST(ReferenceWeights, GiveTheReferencesOutputs) {
  auto agent = MakeAgent();
  const auto weights =
      ReadWeights({Golden("actor_7.pt"), Golden("critic_7.pt"), Golden("curl_7.pt")});
  agent.Load(WithWeights(agent.Save(), weights));
  ExpectOutputs(agent);

  // The key encoder and W, by the logits they give: z W k^T, less the row's maximum.
  auto keys = MakeAgent();
  auto state = agent.Save();
  for (const auto& [name, tensor] : weights) {
    const std::string prefix = "key_encoder.";
    if (name.rfind(prefix, 0) == 0) state["encoder." + name.substr(prefix.size())] = tensor;
  }
  keys.Load(state);
  const auto key = keys.Evaluate(Observation(), Recorded("action")).features;
  EXPECT_TRUE(torch::allclose(key, Recorded("keys"), 1e-5, 1e-5)) << key;
  auto logits =
      torch::matmul(torch::matmul(Recorded("features"), agent.Save().at("objective.W")), key.t());
  logits = logits - std::get<0>(logits.max(1, true));
  EXPECT_TRUE(torch::allclose(logits, Recorded("logits"), 1e-5, 1e-5)) << logits;
}

TEST(ReferenceWeights, ActorAndCriticAreEnough) {
  auto agent = MakeAgent();
  agent.Load(WithWeights(agent.Save(), ReadWeights({Golden("actor_7.pt"), Golden("critic_7.pt")})));
  ExpectOutputs(agent);
  const auto state = agent.Save();  // targets start as copies
  EXPECT_TRUE(torch::equal(state.at("target_q.q1.0.weight"), state.at("q.q1.0.weight")));
  EXPECT_TRUE(torch::equal(state.at("key_encoder.projection.linear.weight"),
                           state.at("encoder.projection.linear.weight")));
}

TEST(ReferenceWeights, UnderTheReferencesNamesTheyComeBack) {
  const TemporaryDirectory directory;
  auto agent = MakeAgent();
  agent.Load(WithWeights(agent.Save(), ReadWeights({Golden("actor_7.pt"), Golden("critic_7.pt"),
                                                    Golden("curl_7.pt")})));
  const auto weights = WeightsOf(agent.Save());
  WriteSafetensors(directory.File("w"), agents::ToReference(weights));
  const auto read = ReadWeights({directory.File("w")});
  ASSERT_EQ(read.size(), weights.size());
  for (const auto& [name, tensor] : weights) {
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
  }
}

TEST(ReferenceWeights, APickleThatRunsACommandIsRefusedAndRunsNothing) {
  const TemporaryDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto message = Message([] { ReadWeights({Golden("evil.pt")}); });
  std::filesystem::current_path(before);
  EXPECT_THAT(message, HasSubstr("evil.pt: not a state dictionary of tensors"));
  EXPECT_THAT(message, HasSubstr("system"));
  EXPECT_TRUE(directory.Entries().empty()) << "the command was run";
}

// The records of a .pt file with another pickle.
std::string WithPickle(const std::string& path, const std::string& file,
                       const std::function<std::string(const std::string&)>& change) {
  std::istringstream stream(ReadWholeFile(file));
  caffe2::serialize::PyTorchStreamReader reader(&stream);
  caffe2::serialize::PyTorchStreamWriter writer(path);
  for (const auto& name : reader.getAllRecords()) {
    if (name == "version") continue;  // the writer's own
    const auto [data, size] = reader.getRecord(name);
    const std::string record(static_cast<const char*>(data.get()), size);
    const auto written = name == "data.pkl" ? change(record) : record;
    writer.writeRecord(name, written.data(), written.size());
  }
  writer.writeEndOfFile();
  return path;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The reference trains on a GPU, and its files say so.
TEST(ReferenceWeights, SavedOnAGpuTheyAreReadOnTheCpu) {
  const TemporaryDirectory directory;
  const auto tagged =
      WithPickle(directory.File("gpu.pt"), Golden("actor_7.pt"), [](const std::string& pickle) {
        return Replaced(pickle, std::string("X\x03\0\0\0cpu", 8),
                        std::string("X\x06\0\0\0cuda:0", 11));
      });
  EXPECT_THAT(ReadWholeFile(tagged), HasSubstr("cuda:0"));
  const auto plain = ReadWeights({Golden("actor_7.pt")});
  const auto read = ReadWeights({tagged});
  ASSERT_EQ(read.size(), plain.size());
  for (const auto& [name, tensor] : plain) {
    EXPECT_TRUE(read.at(name).device().is_cpu());
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
  }
}

// With strides of 0 sixteen bytes are as many numbers as the sizes say; copied they took 4 GB.
TEST(ReferenceWeights, MoreElementsThanBytesAreRefused) {
  const TemporaryDirectory directory;
  const auto huge =
      WithPickle(directory.File("huge.pt"), Golden("actor_7.pt"), [](const std::string& pickle) {
        // The sizes of the first tensor of one dimension, K n TUPLE1, and its strides, K 1 TUPLE1.
        auto changed = pickle;
        const auto strides = changed.find(std::string("K\x01\x85"));
        EXPECT_NE(strides, std::string::npos);
        changed[strides + 1] = 0;
        const auto sizes = changed.rfind('\x85', strides - 1);
        EXPECT_NE(sizes, std::string::npos);
        changed.replace(sizes - 2, 2, std::string("J\0\0\0\x40", 5));
        return changed;
      });
  EXPECT_THAT(Message([&] { ReadWeights({huge}); }), HasSubstr("goes beyond its bytes"));
}

TEST(ReferenceWeights, EveryTruncationIsRefusedByName) {
  const TemporaryDirectory directory;
  const auto bytes = ReadWholeFile(Golden("actor_7.pt"));
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 7 : 997) {
    const auto path = directory.Write("cut.pt", bytes.substr(0, size));
    EXPECT_THAT(Message([&] { ReadWeights({path}); }), HasSubstr("cut.pt: ")) << size;
  }
}

TEST(Weights, WhatDoesNotFitIsNamed) {
  const TemporaryDirectory directory;
  const auto path = [&](const std::string& name, const replay::NamedTensors& tensors) {
    std::filesystem::remove(directory.File(name));
    WriteSafetensors(directory.File(name), tensors);
    return directory.File(name);
  };
  auto agent = MakeAgent();
  const auto own = agent.Save();
  const auto with = [&](const replay::NamedTensors& weights) {
    return Message([&] { agent.Load(WithWeights(own, weights)); });
  };
  auto weights = WeightsOf(own);
  EXPECT_EQ(with(weights), "no error");
  auto less = weights;
  less.erase("actor.trunk.0.weight");
  EXPECT_THAT(with(less), HasSubstr("'actor.trunk.0.weight' is missing"));
  auto more = weights;
  more["actor.trunk.9.weight"] = torch::zeros({1});
  EXPECT_THAT(with(more), HasSubstr("no 'actor.trunk.9.weight'"));
  auto wrong = weights;
  wrong["q.q1.0.weight"] = torch::zeros({3, 3});
  EXPECT_THAT(with(wrong), HasSubstr("'q.q1.0.weight' is"));
  auto nan = weights;
  nan["q.q1.0.bias"] = torch::full({8}, NAN);
  EXPECT_THAT(Message([&] { ReadWeights({path("nan", nan)}); }),
              HasSubstr("'q.q1.0.bias' is not finite"));
  EXPECT_THAT(Message([&] {
                ReadWeights({Golden("actor_7.pt"), Golden("actor_7.pt")});
              }),
              HasSubstr("is in an earlier file too"));
  EXPECT_THAT(Message([&] { ReadWeights({directory.Write("old.pt", "\x80\x02\x8a\nl")}); }),
              HasSubstr("PyTorch before 1.6"));
  EXPECT_THAT(Message([&] { ReadWeights({directory.Write("text", "not weights")}); }),
              HasSubstr("text: "));
  // W of another method is no obstacle.
  auto plain = MakeAgent(/*contrastive=*/false);
  EXPECT_EQ(Message([&] { plain.Load(WithWeights(plain.Save(), weights)); }), "no error");
}

#ifdef CURL_RL_PYTHON
// As docs/reliability.md reads and writes them: there and back every bit is the same.
TEST(Weights, GoToPythonAndBack) {
  const TemporaryDirectory directory;
  const auto weights = WeightsOf(MakeAgent().Save());
  WriteSafetensors(directory.File("there"), weights, {{"note", "kept"}});
  const std::string command = CURL_RL_PYTHON " " CURL_RL_SOURCE_DIR
                                             "/examples/weights/weights.py '" +
                              directory.File("there") + "' '" + directory.File("back") + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto read = ReadSafetensors(directory.File("back"));
  ASSERT_EQ(read.size(), weights.size());
  for (const auto& [name, tensor] : weights) {
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
  }
}
#endif

}  // namespace
}  // namespace curl_rl::experiments
