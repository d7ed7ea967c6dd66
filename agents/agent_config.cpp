// The settings of an agent, one by one.
#include "agents/agent_config.h"

#include <algorithm>

namespace curl_rl::agents {

using envs::Anything, envs::Between, envs::ChoiceOf, envs::Role, envs::Settings;

namespace {

// Objectives that stay keep their settings.
envs::Selection SelectionOf(std::vector<encoders::ChosenObjective>& objectives) {
  envs::Selection selection;
  for (const auto& info : encoders::ObjectiveInfos()) selection.names.push_back(info.name);
  selection.get = [&objectives] {
    std::vector<std::string> names;
    for (const auto& objective : objectives) names.push_back(objective->info().name);
    return names;
  };
  selection.set = [&objectives](const std::vector<std::string>& names) {
    std::vector<encoders::ChosenObjective> chosen;
    for (const auto& name : names) {
      const auto before =
          std::find_if(objectives.begin(), objectives.end(),
                       [&](const auto& objective) { return objective->info().name == name; });
      if (before != objectives.end()) {
        chosen.push_back(*before);
      } else {
        chosen.emplace_back(encoders::MakeObjectiveSettings(name));
      }
    }
    objectives = std::move(chosen);
  };
  return selection;
}

}  // namespace

Settings SacConfig::Describe() {
  return {
      {"hidden_dim",
       &hidden_dim,
       Between(1, 65536),
       "",
       "width of actor and Q networks",
       Role::kOutcome,
       {"agent.hidden_dim"}},
      {"log_std_min",
       &log_std_min,
       Between(-100, 10),
       "",
       "lower bound of log_std",
       Role::kOutcome,
       {"agent.log_std_min"}},
      {"log_std_max",
       &log_std_max,
       Between(-100, 10),
       "",
       "upper bound of log_std",
       Role::kOutcome,
       {"agent.log_std_max"}},
      {"log_prob",
       ChoiceOf(log_prob),
       Anything(),
       "",
       "tanh correction: ln(relu(1-a^2)+1e-6), or the softplus form",
       Role::kOutcome,
       {"agent.log_prob"}},
      {"actor_lr",
       &actor_lr,
       Between(0, 1),
       "",
       "learning rate of the actor",
       Role::kOutcome,
       {"agent.actor_lr"}},
      {"critic_lr",
       &critic_lr,
       Between(0, 1),
       "",
       "learning rate of critic and encoder",
       Role::kOutcome,
       {"agent.critic_lr"}},
      {"temperature_lr",
       &temperature_lr,
       Between(0, 1),
       "",
       "learning rate of log_alpha",
       Role::kOutcome,
       {"agent.temperature_lr"}},
      {"temperature_beta1",
       &temperature_beta1,
       Between(0, 0.9999),
       "",
       "Adam's beta1 of log_alpha",
       Role::kOutcome,
       {"agent.temperature_beta1"}},
      {"init_temperature",
       &init_temperature,
       Between(1e-9, 1e3),
       "",
       "first temperature",
       Role::kOutcome,
       {"agent.init_temperature"}},
      {"critic_tau",
       &critic_tau,
       Between(0, 1),
       "",
       "share of the online Q heads in each target update",
       Role::kOutcome,
       {"agent.critic_tau"}},
      {"actor_update_freq",
       &actor_update_freq,
       Between(1, 1e6),
       "gradient steps",
       "between updates of actor and temperature",
       Role::kOutcome,
       {"agent.actor_update_freq"}},
      {"critic_target_update_freq",
       &critic_target_update_freq,
       Between(1, 1e6),
       "gradient steps",
       "between target updates",
       Role::kOutcome,
       {"agent.critic_target_update_freq"}},
      {"observation_views", &observation_views, Between(1, 16), "pictures",
       "of each observation, with windows of their own, that the critic learns from (DrQ's K)",
       Role::kOutcome},
      {"next_views", &next_views, Between(1, 16), "pictures",
       "of each next observation whose targets are averaged (DrQ's M)", Role::kOutcome},
      {"view_loss", ChoiceOf(view_loss), Anything(), "",
       "of the critic's losses on several pictures: their sum (DrQ) or mean", Role::kOutcome},
  };
}

Settings AgentConfig::Describe() {
  Settings settings = {
      {"actor_critic", ChoiceOf(actor_critic), Anything(), "",
       "how values and actions are learned from features", Role::kOutcome},
      {"objectives", SelectionOf(objectives), Anything(), "",
       "representation losses beside the critic's, in order", Role::kOutcome},
      {"batch_size", &batch_size, Between(1, 65536), "transitions", "in one update",
       Role::kOutcome},
      {"discount", &discount, Between(0, 1), "", "of reward, per agent step", Role::kOutcome},
      {"n_step", &n_step, Between(1, 1000), "agent steps",
       "whose rewards come before the value of what follows", Role::kOutcome},
      {"n_step_windows", ChoiceOf(n_step_windows), Anything(), "",
       "where an episode ends within n_step: cut short there, or not drawn (DrQ-v2)",
       Role::kOutcome},
      {"bootstrap_terminal", &bootstrap_terminal, Anything(), "",
       "take a task's end for none, as DrQ-v2's reference does", Role::kOutcome},
      {"freq_counts", ChoiceOf(freq_counts), Anything(), "", "what the update_freq settings count",
       Role::kOutcome},
      {"window", ChoiceOf(window), Anything(), "", "how pictures are cut out of frames",
       Role::kOutcome},
      {"crop_size", &crop_size, Between(1, 4096), "pixels", "side of the agent's pictures",
       Role::kOutcome},
      {"crop_range", ChoiceOf(crop_range), Anything(), "",
       "offsets 0..frame-crop, or 0..frame-crop-1", Role::kOutcome},
      {"shift_pad", &shift_pad, Between(0, 4096), "pixels",
       "on each side, by repeated edges; window: shift", Role::kOutcome},
      {"schedule", ChoiceOf(schedule), Anything(), "",
       "separate steps, or critic and objectives in one", Role::kOutcome},
      {"precision", ChoiceOf(precision), Anything(), "",
       "of convolutions and large products; tf32: on CUDA only", Role::kOutcome},
      {"cuda_graphs", &cuda_graphs, Anything(), "", "on CUDA: record updates once, replay them",
       Role::kMachine},
  };
  AddSection(settings, "encoder", encoder.Describe());
  AddSection(settings, "augment", augment.Describe());
  if (actor_critic == ActorCriticKind::kSac) AddSection(settings, "sac", sac.Describe());
  if (actor_critic == ActorCriticKind::kDdpg) AddSection(settings, "ddpg", ddpg.Describe());
  for (const auto& objective : objectives) {
    AddSection(settings, objective->info().name, objective->Describe());
  }
  return settings;
}

std::int64_t AgentConfig::picture_side() const {
  return augment.of_critic() ? encoders::SideAfter(augment.kinds, crop_size) : crop_size;
}

}  // namespace curl_rl::agents
