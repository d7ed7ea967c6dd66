// Loads a run, plays held-out episodes, and measures three representations of their frames.
#include "experiments/probe/probe.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "encoders/objectives/pair_metrics.h"
#include "experiments/checkpoints/checkpoint.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/process_setup.h"
#include "experiments/play/agent_view.h"
#include "experiments/play/make_agent.h"
#include "experiments/probe/measures.h"
#include "experiments/probe/representation.h"
#include "experiments/run/run_identity.h"
#include "replay/random_stream.h"

namespace curl_rl::probe {
namespace {

using experiments::ExperimentConfig, experiments::UsageError;

ExperimentConfig ReadPixelRun(const ProbeOptions& options) {
  auto config = experiments::ReadConfig(options.run_dir + "/config.yaml", {}, options.plugins);
  if (config.observation != experiments::Observation::kPixels) {
    throw UsageError(options.run_dir +
                     ": the run has observation: state, so its agent is given the state vector "
                     "itself and has no encoder to probe; allowed: runs with observation: pixels");
  }
  experiments::WarnOfTaskChange(options.run_dir, config);
  return config;
}

// The agent as what it is: what its encoder makes of frames is not in the contract of agents.
std::unique_ptr<agents::Learner> MakeLearner(const ExperimentConfig& config,
                                             const std::vector<std::int64_t>& shape,
                                             std::int64_t action_size,
                                             const torch::Device& device) {
  auto agent = experiments::MakeAgent(config, shape, action_size, device);
  auto* learner = dynamic_cast<agents::Learner*>(agent.get());
  if (learner == nullptr) throw std::logic_error("an agent that is no Learner cannot be probed");
  agent.release();
  return std::unique_ptr<agents::Learner>(learner);
}

void CheckEnough(const Frames& frames, const Split& split, std::int64_t features) {
  const auto fit = split.fit.size(0), test = split.test.size(0);
  if (fit >= 2 * features && test > 1) return;
  throw UsageError("too few frames for the regression: " + std::to_string(frames.size()) +
                   " from " + std::to_string(frames.episodes()) + " episodes, of which " +
                   std::to_string(fit) + " fit " + std::to_string(features) +
                   " features; at least " + std::to_string(2 * features) +
                   " must fit them: ask for more --episodes or more --frames");
}

// State vectors in units of their standard deviation; constant entries are left out.
torch::Tensor Standardised(const torch::Tensor& states) {
  const auto centred = states.sub(states.mean(0));
  const auto deviation = centred.square().mean(0).sqrt();
  const auto varies = torch::nonzero(deviation > 1e-12).squeeze(1);
  return centred.index_select(1, varies).div(deviation.index_select(0, varies));
}

// What a search for neighbours needs of the frames.
struct Search {
  torch::Tensor rows;      // int64 [Q] queries
  torch::Tensor allowed;   // bool [Q, N]: other episodes
  torch::Tensor distance;  // float64 [Q, N] root mean square distance of the states
  torch::Tensor usual;     // float64 [Q, 1] its mean over the allowed
};

Search MakeSearch(const Frames& frames, const torch::Tensor& rows) {
  Search search;
  search.rows = rows;
  search.allowed = frames.episode.index_select(0, rows).unsqueeze(1) != frames.episode.unsqueeze(0);
  const auto states = Standardised(frames.states);
  const auto entries = static_cast<double>(std::max<std::int64_t>(1, states.size(1)));
  search.distance = torch::cdist(states.index_select(0, rows), states).div(std::sqrt(entries));
  const auto counted = search.allowed.to(torch::kFloat64);
  search.usual = (search.distance * counted).sum(1, true) / counted.sum(1, true);
  return search;
}

NeighbourTable FindNeighbours(const Search& search, const torch::Tensor& features,
                              std::int64_t count) {
  NeighbourTable table;
  table.query = search.rows;
  table.nearest =
      NearestNeighbours(features.index_select(0, search.rows), features, search.allowed, count);
  table.state_distance = search.distance.gather(1, table.nearest) / search.usual;
  return table;
}

// The parts of the probe that are the same for every representation.
struct Inputs {
  const ProbeOptions& options;
  const Frames& frames;
  const Split& split;
  std::int64_t size;       // of the pictures
  torch::Tensor all;       // int64 [N] every row
  torch::Tensor centre;    // windows
  torch::Tensor views[2];  // windows
  torch::Tensor pairs;     // int64 rows of which two views are compared
  Search search;           // over the test frames
};

double Number(const replay::NamedTensors& metrics, const std::string& name) {
  return metrics.at(name).item<double>();
}

RepresentationResult Measure(const Representation& representation, const Inputs& in,
                             torch::Tensor* features) {
  RepresentationResult result;
  result.name = representation.name;
  result.how = representation.how;
  *features = Encode(in.frames, in.all, in.centre, in.size, representation);
  result.dimensions = features->size(1);
  result.regression =
      Regress(in.frames, in.split, *features, in.options.replicates, in.options.play.seed);
  replay::NamedTensors metrics;
  encoders::AddPairMetrics(Encode(in.frames, in.pairs, in.views[0], in.size, representation),
                           Encode(in.frames, in.pairs, in.views[1], in.size, representation),
                           metrics);
  result.alignment = Number(metrics, "alignment");
  result.uniformity = Number(metrics, "uniformity");
  result.contrastive_accuracy = Number(metrics, "contrastive_accuracy");
  result.participation_ratio = Number(metrics, "participation_ratio");
  result.effective_rank = EffectiveRank(*features);
  result.neighbour_distance = FindNeighbours(in.search, *features, in.options.neighbours)
                                  .state_distance.mean()
                                  .item<double>();
  const auto axes = FitPrincipalAxes(*features, 2);
  const auto lacking = 2 - axes.share.size(0);  // of features that are one point, or on a line
  result.map = torch::constant_pad_nd(axes.Project(*features), {0, lacking});
  result.share = torch::constant_pad_nd(axes.share, {0, lacking});
  return result;
}

std::vector<std::string> Warnings(const ProbeResult& result) {
  std::vector<std::string> warnings;
  const auto& mean = result.representations.front().regression;
  std::string constant, alike;
  for (const auto& entry : mean.entries) {
    if (std::isnan(entry.all.value)) constant += (constant.empty() ? "" : ", ") + entry.name;
  }
  for (const auto& name : ConstantInEpisodes(result.frames)) {
    alike += (alike.empty() ? "" : ", ") + name;
  }
  if (!constant.empty()) {
    warnings.push_back(
        "Constant in all test frames, so that there is nothing to tell: " + constant + ".");
  }
  if (!alike.empty()) {
    warnings.push_back("Constant within every episode: " + alike +
                       ". What is told of these rests "
                       "on " +
                       std::to_string(result.split.fit_episodes) + " fitting and " +
                       std::to_string(result.split.test_episodes) +
                       " test episodes, however many frames there are: ask for more --episodes.");
  }
  return warnings;
}

}  // namespace

ProbeResult Probe(const ProbeOptions& options,
                  const std::function<void(const std::string&)>& progress) {
  const auto config = ReadPixelRun(options);
  experiments::SetUpProcess(config);
  const auto device = experiments::ResolveDevice(config.device);
  const auto saved = experiments::ReadAgent(options.run_dir, options.checkpoint);

  ProbeResult result;
  result.task = config.task;
  result.method = config.method;
  result.run_seed = config.seed;
  result.env_step = saved.env_step;
  result.picture_size = config.agent.crop_size;
  std::vector<std::int64_t> shape;
  std::int64_t action_size = 0;
  {
    const experiments::AgentView view(config, /*seed=*/0);
    shape = view.observation_shape();
    action_size = view.action_size();
  }
  result.frame_channels = shape.back();
  const auto agent = MakeLearner(config, shape, action_size, device);
  agent->Load(saved.tensors);
  const auto untrained = MakeLearner(config, shape, action_size, device);

  // 1. Frames.
  result.frames = PlayHeldOut(config, *agent, options.play, [&](std::int64_t played) {
    progress("episode " + std::to_string(played) + " of " +
             std::to_string(2 * options.play.episodes));
  });
  const Frames& frames = result.frames;
  result.split = SplitEpisodes(frames);
  CheckEnough(frames, result.split, config.agent.encoder.feature_dim);

  // 2. What is common to all representations.
  auto stream = replay::MakeStream(options.play.seed, "probe.windows", torch::kCPU);
  const auto size = result.picture_size;
  const auto& test = result.split.test;
  const Inputs inputs{options,
                      frames,
                      result.split,
                      size,
                      torch::arange(frames.size(), torch::kInt64),
                      CentreWindows(frames, size),
                      {RandomWindows(frames, size, stream), RandomWindows(frames, size, stream)},
                      EvenlySpaced(test, options.pairs),
                      MakeSearch(frames, EvenlySpaced(test, options.pairs))};

  // 3. Each of them.
  progress("encoding by the run's encoder");
  torch::Tensor features, ignored;
  const std::string step = std::to_string(saved.env_step);
  result.representations.push_back(Measure(
      ByAgent("encoder", "the run's encoder at env step " + step, *agent, action_size, device),
      inputs, &features));
  progress("encoding by the untrained encoder");
  result.representations.push_back(
      Measure(ByAgent("untrained", "the same network as the seed of the run initialises it",
                      *untrained, action_size, device),
              inputs, &ignored));
  progress("encoding by pixels");
  const auto components =
      options.pixel_components > 0 ? options.pixel_components : features.size(1);
  result.representations.push_back(
      Measure(ByPixels(frames, result.split.fit, size, components), inputs, &ignored));

  // 4. Neighbours to be looked at.
  result.neighbours = FindNeighbours(MakeSearch(frames, EvenlySpaced(test, options.queries)),
                                     features, options.neighbours);
  result.warnings = Warnings(result);
  return result;
}

}  // namespace curl_rl::probe
