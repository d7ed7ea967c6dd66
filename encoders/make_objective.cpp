// From settings to objectives: the list's, each made by its own file, and users' own.
#include <stdexcept>
#include <tuple>

#include "encoders/objective.h"
#include "encoders/objectives.h"
#include "encoders/own_objective.h"

namespace curl_rl::encoders {
namespace {

// The objective if `settings` are those of `Config`, else null.
template <typename Config>
std::shared_ptr<Objective> MakeIf(const ObjectiveSettings& settings,
                                  const ObjectiveContext& context) {
  const auto* own = dynamic_cast<const SettingsOf<Config>*>(&settings);
  return own != nullptr ? Make(own->config, settings.common, context) : nullptr;
}

template <typename... Configs>
std::shared_ptr<Objective> MakeFirst(const std::tuple<Configs...>* /*types*/,
                                     const ObjectiveSettings& settings,
                                     const ObjectiveContext& context) {
  std::shared_ptr<Objective> objective;
  (void)((objective = MakeIf<Configs>(settings, context)) || ...);
  return objective;
}

}  // namespace

std::shared_ptr<Objective> MakeObjective(const ObjectiveSettings& settings,
                                         const ObjectiveContext& context) {
  auto objective = MakeFirst(static_cast<const ObjectiveList*>(nullptr), settings, context);
  if (objective) return objective;
  const auto name = settings.info().name;
  if (const auto* make = FindOwnMaker(name)) return (*make)(settings, context);
  throw std::invalid_argument("objective '" + name + "' has settings, but nothing that makes it");
}

namespace {

torch::Tensor& Place(const std::string& name, at::IntArrayRef shape, const at::Generator& stream,
                     NamedTensors& noise) {
  auto& tensor = noise[name];
  if (!tensor.defined() || tensor.sizes() != shape) {
    tensor = torch::empty(shape, torch::TensorOptions().device(stream.device()));
  }
  return tensor;
}

}  // namespace

void DrawUniform(const std::string& name, at::IntArrayRef shape, at::Generator& stream,
                 NamedTensors& noise) {
  Place(name, shape, stream, noise).uniform_(0.0, 1.0, stream);
}

void DrawNormal(const std::string& name, at::IntArrayRef shape, at::Generator& stream,
                NamedTensors& noise) {
  Place(name, shape, stream, noise).normal_(0.0, 1.0, stream);
}

torch::Tensor ShuffleRows(const torch::Tensor& rows) { return rows.roll(1, 0); }

}  // namespace curl_rl::encoders
