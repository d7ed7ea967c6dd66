// Videos of an agent that is being trained.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agents/agent.h"
#include "experiments/config/config.h"
#include "experiments/video/film.h"

namespace curl_rl::experiments {

/// Where the video of the agent at `env_step` belongs.
std::string VideoPath(const std::string& run_dir, std::int64_t env_step);

/// Throws std::runtime_error if the videos that `config` asks for cannot be made here.
void CheckFilming(const ExperimentConfig& config);

/// Plays config.video_episodes episodes under the policy's mean and writes them as an MP4 video.
/// The environment is made anew from a seed of its own: every video of a run begins with the same
/// starts, and training goes on as if none had been made. Throws std::runtime_error, leaving no
/// file, if it cannot be written or `stop` says so.
video::FilmInfo FilmAgent(const ExperimentConfig& config, agents::Agent& agent,
                          const std::string& path, const std::function<bool()>& stop);

}  // namespace curl_rl::experiments
