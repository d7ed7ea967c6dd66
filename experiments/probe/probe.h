// What a run's encoder holds, measured beside the same encoder untrained and beside pixels.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/probe/episodes.h"
#include "experiments/probe/regression.h"

namespace curl_rl::probe {

struct ProbeOptions {
  std::string run_dir;
  std::string checkpoint = "latest";  // latest | best | ENV_STEP
  EpisodeOptions play;
  std::int64_t pairs = 512;           // frames of which two views are compared
  std::int64_t queries = 6;           // frames whose neighbours are shown
  std::int64_t neighbours = 5;        // of each
  std::int64_t pixel_components = 0;  // dimensions of the pixels; 0: the encoder's
  int replicates = 2000;              // of the bootstrap
  std::vector<std::string> plugins = {};
};

/// One representation's numbers. Views are two random windows of the same frame (RandomWindows);
/// metrics of them are those that train.csv has, there of a batch and with the momentum encoder.
struct RepresentationResult {
  std::string name;
  std::string how;
  std::int64_t dimensions = 0;
  Regression regression;
  double alignment = 0.0;             // mean squared distance of two views' unit features
  double uniformity = 0.0;            // ln mean exp(-2 squared distance) of different frames'
  double contrastive_accuracy = 0.0;  // share of views whose other view is nearest by cosine
  double participation_ratio = 0.0;   // as train.csv
  double effective_rank = 0.0;        // Roy and Vetterli, of all frames' features
  // Mean distance in state of a frame's neighbours, divided by that of random frames of other
  // episodes: 0, features are near only where states are; 1, they say nothing.
  double neighbour_distance = 0.0;
  torch::Tensor map;    // float64 [N, 2] on the two widest principal axes
  torch::Tensor share;  // float64 [2] of the variance
};

/// Frames and their nearest by the encoder's features, in other episodes.
struct NeighbourTable {
  torch::Tensor query;           // int64 [Q] rows of the frames
  torch::Tensor nearest;         // int64 [Q, k] rows, the nearest first
  torch::Tensor state_distance;  // float64 [Q, k], 1: as random frames
};

struct ProbeResult {
  std::string task;
  std::string method;
  std::int64_t run_seed = 0;
  std::int64_t env_step = 0;  // of the checkpoint
  std::int64_t picture_size = 0;
  std::int64_t frame_channels = 0;  // of one frame of a stack
  Frames frames;
  Split split;
  std::vector<RepresentationResult> representations;  // encoder, untrained, pixels
  NeighbourTable neighbours;
  std::vector<std::string> warnings;
};

/// Loads the run, plays, encodes, measures. `progress` is told what is being done. Throws
/// UsageError for a folder that is no run, a run on state vectors, a task without a state to
/// regress on, and for too few frames; std::runtime_error for a run without checkpoint or a damaged
/// one.
ProbeResult Probe(const ProbeOptions& options,
                  const std::function<void(const std::string& what)>& progress);

}  // namespace curl_rl::probe
