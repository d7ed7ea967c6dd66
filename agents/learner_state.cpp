// What a learner saves and takes up again.
#include <torch/utils.h>

#include "agents/learner.h"
#include "replay/random_stream.h"

namespace curl_rl::agents {

NamedTensors Learner::Weights() const {
  NamedTensors tensors;
  replay::AddStateOf(*encoder_, "encoder.", tensors);
  replay::AddStateOf(*key_encoder_, "key_encoder.", tensors);
  replay::AddStateOf(*actor_critic_, "", tensors);
  for (const auto& part : parts_) {
    replay::AddStateOf(*part.objective, "objective" + part.prefix + ".", tensors);
  }
  return tensors;
}

NamedTensors Learner::Save() const {
  auto tensors = Weights();
  critic_adam_->Save("critic_adam", tensors);
  actor_critic_->SaveOptimizers(tensors);
  for (const auto& part : parts_) {
    part.adam->Save("contrastive_adam" + part.prefix, tensors);
    tensors["objective_stream" + part.prefix] = replay::SaveStream(part.stream);
  }
  if (augmented_->any()) {
    tensors["augmentation_stream"] = replay::SaveStream(augmented_->stream());
  }
  tensors["gradient_step"] = torch::tensor(gradient_step_, torch::kInt64);
  tensors["exploration_stream"] = replay::SaveStream(exploration_stream_);
  tensors["policy_noise_stream"] = replay::SaveStream(policy_noise_stream_);
  return tensors;
}

void Learner::Load(const NamedTensors& tensors) {
  torch::NoGradGuard no_grad;
  auto needed = Save();
  for (const auto& part : parts_) {
    // Agents of earlier versions have none: their one objective draws nothing.
    const auto stream = "objective_stream" + part.prefix;
    if (tensors.count(stream) == 0) needed.erase(stream);
  }
  replay::CheckLike(needed, tensors, "saved agent");  // before anything is changed
  const auto weights = Weights();                     // these share memory with the modules
  for (const auto& [name, tensor] : weights) tensor.copy_(tensors.at(name));
  critic_adam_->Load("critic_adam", tensors);
  actor_critic_->LoadOptimizers(tensors);
  for (auto& part : parts_) {
    part.adam->Load("contrastive_adam" + part.prefix, tensors);
    const auto stream = tensors.find("objective_stream" + part.prefix);
    if (stream != tensors.end()) replay::LoadStream(part.stream, stream->second);
  }
  gradient_step_ = tensors.at("gradient_step").item<std::int64_t>();
  if (augmented_->any()) {
    replay::LoadStream(augmented_->stream(), tensors.at("augmentation_stream"));
  }
  replay::LoadStream(exploration_stream_, tensors.at("exploration_stream"));
  replay::LoadStream(policy_noise_stream_, tensors.at("policy_noise_stream"));
}

}  // namespace curl_rl::agents
