// Cuts pictures and encodes them.
#include "experiments/probe/representation.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "experiments/probe/measures.h"
#include "replay/gather.h"

namespace curl_rl::probe {
namespace {

constexpr std::int64_t kPortion = 128;        // pictures encoded at once
constexpr std::int64_t kMostPixels = 42;      // a side, of pixels as features
constexpr std::int64_t kMostAxesRows = 1500;  // frames that principal axes are fitted on
constexpr std::int64_t kShift = 4;            // DrQ's

torch::Tensor Pooled(const torch::Tensor& pictures, std::int64_t factor) {
  return torch::avg_pool2d(pictures.contiguous(), {factor, factor}).flatten(1);
}

}  // namespace

torch::Tensor CentreWindows(const Frames& frames, std::int64_t size) {
  const auto middle = torch::tensor(
      {(frames.stacks.size(1) - size) / 2, (frames.stacks.size(2) - size) / 2}, torch::kInt64);
  return middle.expand({frames.size(), 2}).contiguous();
}

torch::Tensor RandomWindows(const Frames& frames, std::int64_t size, at::Generator& stream) {
  std::vector<torch::Tensor> columns;
  for (const std::int64_t side : {frames.stacks.size(1), frames.stacks.size(2)}) {
    const bool inside = side > size;
    const std::int64_t first = inside ? 0 : -kShift;
    const std::int64_t last = inside ? side - size : kShift;
    columns.push_back(torch::randint(first, last + 1, {frames.size()}, stream, torch::kInt64));
  }
  return torch::stack(columns, 1);
}

torch::Tensor Encode(const Frames& frames, const torch::Tensor& rows, const torch::Tensor& windows,
                     std::int64_t size, const Representation& representation) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> features;
  for (std::int64_t begin = 0; begin < rows.size(0); begin += kPortion) {
    const auto some = rows.narrow(0, begin, std::min(kPortion, rows.size(0) - begin));
    const auto pictures = replay::GatherStackCrop(
        frames.stacks, some.unsqueeze(1), windows.index_select(0, some), size, torch::kFloat32);
    features.push_back(representation.encode(pictures));
  }
  const auto all = torch::cat(features);
  if (!torch::isfinite(all).all().item<bool>()) {
    throw std::runtime_error("the features of '" + representation.name +
                             "' are not finite: the run's networks hold no numbers any more");
  }
  return all;
}

Representation ByAgent(const std::string& name, const std::string& how, agents::Learner& agent,
                       std::int64_t action_size, const torch::Device& device) {
  return {
      name, how, [&agent, action_size, device](const torch::Tensor& pictures) {
        const auto any = torch::zeros({pictures.size(0), action_size}, device);
        return agent.Evaluate(pictures.to(device), any).features.to(torch::kCPU, torch::kFloat64);
      }};
}

Representation ByPixels(const Frames& frames, const torch::Tensor& rows, std::int64_t size,
                        std::int64_t count) {
  const std::int64_t factor = (size + kMostPixels - 1) / kMostPixels;
  const std::int64_t side = size / factor;
  Representation pooled{
      "pixels", "", [factor](const torch::Tensor& pictures) { return Pooled(pictures, factor); }};
  const auto some = EvenlySpaced(rows, kMostAxesRows);
  const auto axes = std::make_shared<const PrincipalAxes>(
      FitPrincipalAxes(Encode(frames, some, CentreWindows(frames, size), size, pooled), count));
  const double share = axes->share.sum().item<double>();
  const std::string how =
      "all frames of a stack" +
      (factor > 1 ? ", averaged over squares of " + std::to_string(factor) + " pixels (" +
                        std::to_string(side) + " x " + std::to_string(side) + " are left)"
                  : std::string()) +
      ", on their " + std::to_string(axes->share.size(0)) + " widest principal axes (of " +
      std::to_string(some.size(0)) + " fitting frames; " +
      std::to_string(static_cast<int>(std::lround(100.0 * share))) + " % of the variance)";
  return {"pixels", how, [axes, factor](const torch::Tensor& pictures) {
            return axes->Project(Pooled(pictures, factor));
          }};
}

torch::Tensor EvenlySpaced(const torch::Tensor& rows, std::int64_t count) {
  if (rows.size(0) <= count) return rows;
  const auto places = (torch::arange(count, torch::kInt64) * rows.size(0)).floor_divide(count);
  return rows.index_select(0, places);
}

}  // namespace curl_rl::probe
