// What a run takes of memory at the very least, by arithmetic alone: asked before anything is made,
// since making it may be what the machine cannot do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/config/config.h"
#include "replay/process_limits.h"

namespace curl_rl::experiments {

/// A part of a run on the host. `keys`: the settings that make it large.
struct MemoryPart {
  std::string what;
  std::string keys;
  std::int64_t bytes = 0;
};

/// The parts of a run of `config`, none larger than it will be (but for drawing, counted as Mesa's
/// software renderer keeps it: a GPU keeps it for itself): a run that these do not fit into cannot
/// end well. `learns_here`: on the host; else replay, agent and updates are on a GPU.
std::vector<MemoryPart> LeastMemory(const ExperimentConfig& config, bool learns_here);

/// The same where `left` is what a limit of mappings leaves (`ulimit -v`, `-d`): there what
/// libraries map counts, touched or not, OpenGL's the most of it.
std::vector<MemoryPart> LeastMemory(const ExperimentConfig& config, bool learns_here,
                                    const replay::MemoryLeft& left);

std::int64_t Total(const std::vector<MemoryPart>& parts);

/// "at least 3.2 GB of 20.1 GB (the machine)".
std::string MemoryLine(const std::vector<MemoryPart>& parts, const replay::MemoryLeft& left);

/// Throws std::runtime_error with the largest parts and their keys if they are more than is left.
void CheckMemory(const std::vector<MemoryPart>& parts, const replay::MemoryLeft& left);

/// E.g. "3.09 GB" (1 GB = 1e9 bytes).
std::string BytesText(std::int64_t bytes);

}  // namespace curl_rl::experiments
