// Learning curves that other programs wrote: they say neither task nor method nor seed, so the
// command line does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "experiments/comparison/input/load.h"

namespace curl_rl::comparison {

/// "walker_walk:drqv2:1=eval.csv" or "walker_walk:curl:1:x2=eval.log": what a log is of. `repeat`:
/// env steps that one of its steps is.
struct LabelledLog {
  std::string task;
  std::string method;
  std::int64_t seed = 0;
  std::int64_t repeat = 1;
  std::string path;
};

/// Nothing if `word` has not this form. Throws InputError where it has, and a part is wrong.
std::optional<LabelledLog> ParseLabelledLog(const std::string& word);

/// The name of the format that the bytes of a file begin as; "": none of these.
///   TensorBoard's scalars (Wall time, Step, Value), a panel of W&B (Step and a column a run;
///   further ones are seeds that follow), Stable-Baselines3's monitor (r, l, t: training episodes,
///   steps are their lengths' sum), drqv2's eval.csv (frame, episode_reward), lines of JSON with
///   step and mean_episode_reward (the reference implementation of CURL)
std::string FormatOfLog(const std::string& bytes);

/// Reads such a file. Throws InputError for another one, or for what cannot be read in it.
void LoadOtherLog(const LabelledLog& log, LoadedRuns* loaded);

/// The same for the bytes of the file.
void ParseOtherLog(const std::string& bytes, const LabelledLog& log, LoadedRuns* loaded);

}  // namespace curl_rl::comparison
