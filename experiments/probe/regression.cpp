// Splits episodes, regresses, and resamples test episodes for intervals.
#include "experiments/probe/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/probe/ridge.h"

namespace curl_rl::probe {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kTestEvery = 4;
constexpr std::int64_t kFolds = 5;

// Sums over one test episode, from which R² of any selection of episodes follows.
struct EpisodeSums {
  bool random = false;
  double rows = 0.0;
  std::vector<double> sum, squares, errors;  // [T] of the targets and of the predictions' errors
};

std::vector<double> Doubles(const torch::Tensor& values) {
  const auto plain = values.to(torch::kFloat64).contiguous();
  return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

// Targets with their mean taken away, so that no digits are lost in the squares.
std::vector<EpisodeSums> SumsByEpisode(const torch::Tensor& targets,
                                       const torch::Tensor& predictions,
                                       const torch::Tensor& episode, const torch::Tensor& random) {
  const auto centred = targets.sub(targets.mean(0));
  const auto errors = targets.sub(predictions).square();
  std::vector<EpisodeSums> all;
  for (const double number : Doubles(std::get<0>(at::_unique(episode)))) {
    const auto rows = torch::nonzero(episode == static_cast<std::int64_t>(number)).squeeze(1);
    const auto y = centred.index_select(0, rows);
    all.push_back({random[rows[0]].item<bool>(), static_cast<double>(rows.size(0)),
                   Doubles(y.sum(0)), Doubles(y.square().sum(0)),
                   Doubles(errors.index_select(0, rows).sum(0))});
  }
  return all;
}

// R² of each target and their mean, [T + 1], over the episodes that `numbers` lists.
void Score(const std::vector<EpisodeSums>& episodes, const comparison::Strata& numbers,
           double* out) {
  const std::size_t targets = episodes.front().sum.size();
  double total = 0.0;
  int defined = 0;
  for (std::size_t t = 0; t < targets; ++t) {
    double rows = 0.0, sum = 0.0, squares = 0.0, errors = 0.0;
    for (const auto& stratum : numbers) {
      for (const double number : stratum) {
        const EpisodeSums& one = episodes[static_cast<std::size_t>(number)];
        rows += one.rows;
        sum += one.sum[t];
        squares += one.squares[t];
        errors += one.errors[t];
      }
    }
    const double variation = squares - sum * sum / std::max(rows, 1.0);
    out[t] = variation > 1e-12 * squares && variation > 1e-20 ? 1.0 - errors / variation : kNothing;
    if (std::isnan(out[t])) continue;
    total += out[t];
    ++defined;
  }
  out[targets] = defined > 0 ? total / defined : kNothing;
}

}  // namespace

Split SplitEpisodes(const Frames& frames) {
  // An episode's number among those of its kind.
  const auto own =
      torch::where(frames.random, frames.episode - frames.policy_episodes, frames.episode);
  const auto test = own.remainder(kTestEvery) == kTestEvery - 1;
  Split split;
  split.fit = torch::nonzero(test.logical_not()).squeeze(1);
  split.test = torch::nonzero(test).squeeze(1);
  // Counted without the test episodes: 0 1 2 | 4 5 6 -> 0 1 2 3 4 5.
  const auto among = own - (own + 1).floor_divide(kTestEvery);
  const auto fitting = among.index_select(0, split.fit);
  const auto folds = std::min(kFolds, fitting.max().item<std::int64_t>() + 1);
  split.folds = fitting.remainder(folds);
  const auto count = [&](const torch::Tensor& rows) {
    return std::get<0>(at::_unique(frames.episode.index_select(0, rows))).size(0);
  };
  split.fit_episodes = count(split.fit);
  split.test_episodes = count(split.test);
  return split;
}

Regression Regress(const Frames& frames, const Split& split, const torch::Tensor& features,
                   int replicates, std::uint64_t seed) {
  const auto fit_features = features.index_select(0, split.fit);
  const auto fit_targets = frames.states.index_select(0, split.fit);
  const auto strengths = ChooseStrengths(fit_features, fit_targets, split.folds, StrengthGrid());
  const RidgeFit fit = FitRidge(fit_features, fit_targets, strengths);
  const auto predictions = fit.Predict(features.index_select(0, split.test));
  const auto episodes = SumsByEpisode(frames.states.index_select(0, split.test), predictions,
                                      frames.episode.index_select(0, split.test),
                                      frames.random.index_select(0, split.test));

  comparison::Strata policy(1), random(1);
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    (episodes[i].random ? random : policy).front().push_back(static_cast<double>(i));
  }
  const std::size_t count = frames.state_names.size() + 1;
  std::vector<double> all(count), by_policy(count), by_random(count);
  const comparison::Strata both = {policy.front(), random.front()};
  Score(episodes, both, all.data());
  Score(episodes, policy, by_policy.data());
  Score(episodes, random, by_random.data());
  comparison::BootstrapOptions options;
  options.replicates = replicates;
  options.seed = seed;
  options.threads = 1;
  const auto drawn = comparison::StratifiedBootstrap(
      both, count,
      [&](const comparison::Strata& resampled, double* out) { Score(episodes, resampled, out); },
      options, "probe");

  Regression result;
  for (std::size_t t = 0; t < count; ++t) {
    const bool mean = t + 1 == count;
    EntryScore score;
    score.name = mean ? "mean" : frames.state_names[t];
    score.strength = mean ? kNothing : strengths[t];
    score.all = std::isnan(all[t])
                    ? comparison::Estimate{kNothing, kNothing, kNothing}
                    : comparison::PercentileEstimate(all[t], drawn, t, options.confidence);
    score.policy = by_policy[t];
    score.random = by_random[t];
    if (mean) {
      result.mean = std::move(score);
    } else {
      result.entries.push_back(std::move(score));
    }
  }
  return result;
}

std::vector<std::string> ConstantInEpisodes(const Frames& frames) {
  auto range = torch::zeros({frames.states.size(1)}, torch::kFloat64);
  for (std::int64_t episode = 0; episode < frames.episodes(); ++episode) {
    const auto rows = torch::nonzero(frames.episode == episode).squeeze(1);
    if (rows.size(0) == 0) continue;
    const auto states = frames.states.index_select(0, rows);
    range = torch::maximum(range, std::get<0>(states.max(0)) - std::get<0>(states.min(0)));
  }
  std::vector<std::string> names;
  for (std::size_t t = 0; t < frames.state_names.size(); ++t) {
    if (range[static_cast<std::int64_t>(t)].item<double>() == 0.0) {
      names.push_back(frames.state_names[t]);
    }
  }
  return names;
}

}  // namespace curl_rl::probe
