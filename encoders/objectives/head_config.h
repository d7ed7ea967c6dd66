// Settings of the heads between the encoder's features and a loss.
#pragma once

#include <cstdint>

#include "envs/setting.h"

namespace curl_rl::encoders {

enum class HeadKind {
  kNone,    // the features themselves
  kLinear,  // one layer to `dim`
  kMlp,     // `hidden` units with ReLU, then `dim`
};
constexpr envs::EnumName<HeadKind> kHeads[] = {
    {HeadKind::kNone, "none"}, {HeadKind::kLinear, "linear"}, {HeadKind::kMlp, "mlp"}};
inline const auto& NamesOf(HeadKind) { return kHeads; }

/// Key in YAML: agent.<objective>.projection.<field>.
struct HeadConfig {
  HeadKind kind = HeadKind::kMlp;
  std::int64_t hidden = 256;
  std::int64_t dim = 128;

  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"kind", envs::ChoiceOf(kind), Anything(), "", "layers between features and loss",
         Role::kOutcome},
        {"hidden", &hidden, Between(1, 65536), "units", "hidden layer of an mlp", Role::kOutcome},
        {"dim", &dim, Between(1, 65536), "", "size of what is compared", Role::kOutcome},
    };
  }
};

}  // namespace curl_rl::encoders
