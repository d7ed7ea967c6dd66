// From the config's choice to an actor-critic.
#include "agents/make_actor_critic.h"

#include "agents/sac.h"

namespace curl_rl::agents {

std::shared_ptr<ActorCritic> MakeActorCritic(const AgentConfig& config,
                                             const encoders::EncoderOptions& encoder,
                                             const AgentSpec& spec, const at::Generator& stream) {
  switch (config.actor_critic) {
    case ActorCriticKind::kSac:
      return std::make_shared<Sac>(config.sac, encoder, spec.action_size, stream, spec.device);
  }
  throw std::logic_error("MakeActorCritic: a kind that is not in the list");
}

}  // namespace curl_rl::agents
