// The one list of augmentations: reads their parameters, draws, applies.
#include "encoders/augmentations.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "encoders/augmentations/kinds.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

[[noreturn]] void Refuse(const AugmentationSpec& spec, const AugmentationParameter& parameter,
                         const std::string& got, const std::string& allowed) {
  throw std::invalid_argument("augmentation " + spec.kind + ": " + parameter.name + ": got " + got +
                              ", allowed " + allowed);
}

template <typename Value>
std::string Text(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

void CheckParameter(const AugmentationSpec& spec, const AugmentationParameter& parameter) {
  std::visit(
      [&](const auto member) {
        const auto& value = spec.*member;
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          const auto& choices = parameter.choices;
          if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
          std::string all;
          for (const auto& choice : choices) all += (all.empty() ? "" : ", ") + choice;
          Refuse(spec, parameter, "'" + value + "'", all);
        } else {
          const auto number = static_cast<double>(value);
          if (number >= parameter.minimum && number <= parameter.maximum)
            return;  // a NaN is neither
          Refuse(spec, parameter, Text(value),
                 Text(parameter.minimum) + " to " + Text(parameter.maximum));
        }
      },
      parameter.member);
}

// A range whose ends are two parameters.
template <typename Value>
void CheckRange(const AugmentationSpec& spec, Value AugmentationSpec::*low,
                Value AugmentationSpec::*high) {
  const auto& parameters = FindAugmentation(spec.kind).parameters;
  for (const auto& parameter : parameters) {
    const auto* member = std::get_if<Value AugmentationSpec::*>(&parameter.member);
    if (member == nullptr || *member != high || spec.*low <= spec.*high) continue;
    Refuse(spec, parameter, Text(spec.*high), "at least the range's start, " + Text(spec.*low));
  }
}

}  // namespace

const std::vector<AugmentationKind>& AugmentationKinds() {
  static const std::vector<AugmentationKind> kKinds = [] {
    auto all = kinds::GeometryKinds();
    for (auto& kind : kinds::ColorKinds()) all.push_back(std::move(kind));
    return all;
  }();
  return kKinds;
}

const AugmentationKind& FindAugmentation(const std::string& name) {
  std::string names;
  for (const auto& kind : AugmentationKinds()) {
    if (kind.name == name) return kind;
    names += (names.empty() ? "" : ", ") + kind.name;
  }
  throw std::invalid_argument("augmentation: got '" + name + "', allowed: " + names);
}

AugmentationSpec DefaultAugmentation(const std::string& name) {
  AugmentationSpec spec;
  spec.kind = name;
  for (const auto& parameter : FindAugmentation(name).parameters) {
    std::visit(
        [&](const auto member) {
          using Value = std::decay_t<decltype(spec.*member)>;
          spec.*member = std::get<Value>(parameter.initial);
        },
        parameter.member);
  }
  return spec;
}

void CheckAugmentation(const AugmentationSpec& spec) {
  using Spec = AugmentationSpec;
  for (const auto& parameter : FindAugmentation(spec.kind).parameters) {
    CheckParameter(spec, parameter);
  }
  CheckRange(spec, &Spec::degrees_min, &Spec::degrees_max);
  CheckRange(spec, &Spec::zoom_min, &Spec::zoom_max);
  CheckRange(spec, &Spec::area_min, &Spec::area_max);
  CheckRange(spec, &Spec::box_min, &Spec::box_max);
  CheckRange(spec, &Spec::amount_min, &Spec::amount_max);
  CheckRange(spec, &Spec::sigma_min, &Spec::sigma_max);
}

Drawn DrawAugmentation(const AugmentationSpec& spec, at::IntArrayRef sizes,
                       const at::Generator& generator) {
  CheckAugmentation(spec);
  if (sizes.size() != 4 || sizes[1] % 3 != 0) {
    throw std::invalid_argument("augmentation " + spec.kind + ": sizes: got " + Text(sizes) +
                                ", allowed [B, K*3, H, W]");
  }
  // First, so that a kind's own draws do not depend on it.
  const auto uniform = torch::rand(
      {sizes[0]}, generator, torch::TensorOptions(torch::kFloat64).device(generator.device()));
  auto drawn = FindAugmentation(spec.kind).draw(spec, sizes, generator);
  drawn["uniform"] = uniform;
  return drawn;
}

Tensor Augment(const Tensor& pixels, const AugmentationSpec& spec, const Drawn& drawn) {
  if (pixels.dim() != 4 || pixels.size(1) % 3 != 0 || !pixels.is_floating_point()) {
    throw std::invalid_argument("augmentation " + spec.kind + ": pixels: got " +
                                Text(pixels.sizes()) + " " + c10::toString(pixels.scalar_type()) +
                                ", allowed [B, K*3, H, W] of a floating type");
  }
  Tensor out;
  try {
    out = FindAugmentation(spec.kind).apply(pixels, spec, drawn);
    if (spec.probability < 1.0) {
      const auto changed = drawn.at("uniform").lt(spec.probability).view({-1, 1, 1, 1});
      out = torch::where(changed, out, pixels);
    }
  } catch (const std::out_of_range&) {
    std::string names;
    for (const auto& [name, tensor] : drawn) names += (names.empty() ? "" : ", ") + name;
    throw std::invalid_argument("augmentation " + spec.kind + ": drawn: got " + names +
                                ", allowed: " + FindAugmentation(spec.kind).description);
  }
  return out.contiguous(pixels.suggest_memory_format());
}

}  // namespace curl_rl::encoders
