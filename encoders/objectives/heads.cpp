// Linear layers with names that stay the same whatever the kind.
#include "encoders/objectives/heads.h"

#include <ATen/CPUGeneratorImpl.h>

#include "encoders/initialization.h"
#include "encoders/momentum.h"

namespace curl_rl::encoders {

HeadImpl::HeadImpl(std::int64_t in, const HeadConfig& config, const at::Generator& stream)
    : out_dim_(config.kind == HeadKind::kNone ? in : config.dim) {
  auto before_last = in;
  if (config.kind == HeadKind::kMlp) {
    hidden_ = register_module("hidden", torch::nn::Linear(in, config.hidden));
    InitLinear(hidden_, stream);
    before_last = config.hidden;
  }
  if (config.kind != HeadKind::kNone) {
    last_ = register_module("last", torch::nn::Linear(before_last, config.dim));
    InitLinear(last_, stream);
  }
}

torch::Tensor HeadImpl::forward(const torch::Tensor& features) {
  auto rows = features;
  if (!hidden_.is_empty()) rows = hidden_(rows).relu();
  return last_.is_empty() ? rows : last_(rows);
}

Head MakePredictor(std::int64_t dim, std::int64_t hidden, const at::Generator& stream) {
  HeadConfig config;
  config.kind = hidden > 0 ? HeadKind::kMlp : HeadKind::kNone;
  config.hidden = hidden;
  config.dim = dim;
  return Head(dim, config, stream);
}

Head MomentumCopy(const Head& head, std::int64_t in, const HeadConfig& config) {
  // What it draws is overwritten: it must not move the stream of initialisation.
  Head copy(in, config, at::detail::createCPUGenerator());
  StartAsCopy(*head, *copy);
  return copy;
}

}  // namespace curl_rl::encoders
