// From the config's choice to an actor-critic.
#include "agents/make_actor_critic.h"

#include "agents/ddpg.h"
#include "agents/sac.h"

namespace curl_rl::agents {

std::vector<std::string> ViewNames(const std::string& name, std::int64_t count) {
  std::vector<std::string> names = {name};
  for (std::int64_t i = 2; i <= count; ++i) names.push_back(name + "_" + std::to_string(i));
  return names;
}

std::shared_ptr<ActorCritic> MakeActorCritic(const AgentConfig& config,
                                             const encoders::EncoderOptions& encoder,
                                             const AgentSpec& spec, const at::Generator& stream) {
  switch (config.actor_critic) {
    case ActorCriticKind::kSac:
      return std::make_shared<Sac>(config.sac, encoder, spec.action_size, stream, spec.device);
    case ActorCriticKind::kDdpg:
      return std::make_shared<Ddpg>(config.ddpg, encoder, spec.action_size, stream, spec.device);
  }
  throw std::logic_error("MakeActorCritic: a kind that is not in the list");
}

}  // namespace curl_rl::agents
