// Settings of the encoder and of what it is shown, as data that needs no LibTorch.
#pragma once

#include <cstdint>

#include "envs/setting.h"

namespace curl_rl::encoders {

enum class ConvInit { kDeltaOrthogonal, kOrthogonal };
constexpr envs::EnumName<ConvInit> kConvInits[] = {{ConvInit::kDeltaOrthogonal, "delta_orthogonal"},
                                                   {ConvInit::kOrthogonal, "orthogonal"}};
inline const auto& NamesOf(ConvInit) { return kConvInits; }

/// Key in YAML: agent.encoder.<field>. Defaults are the CURL paper's (Laskin, Srinivas, Abbeel
/// 2020, Table 3).
struct EncoderConfig {
  std::int64_t num_layers = 4;    // convolutions; the first has stride 2, the others stride 1
  std::int64_t num_filters = 32;  // of every convolution
  std::int64_t feature_dim = 50;  // what the encoder gives
  ConvInit conv_init = ConvInit::kDeltaOrthogonal;
  bool tanh = false;          // after the LayerNorm
  bool detach = false;        // critic loss does not train the convolutions
  double tau = 0.05;          // share of the online encoder in each momentum update
  double input_offset = 0.0;  // added to pixels in [0, 1]; DrQ-v2: -0.5

  envs::Settings Describe() {
    using envs::Anything, envs::Between, envs::Role;
    return {
        {"num_layers",
         &num_layers,
         Between(1, 16),
         "",
         "convolutions of the encoder",
         Role::kOutcome,
         {"agent.num_layers"}},
        {"num_filters",
         &num_filters,
         Between(1, 4096),
         "",
         "of every convolution",
         Role::kOutcome,
         {"agent.num_filters"}},
        {"feature_dim",
         &feature_dim,
         Between(1, 65536),
         "",
         "size of the encoder's output",
         Role::kOutcome,
         {"agent.feature_dim"}},
        {"conv_init",
         envs::ChoiceOf(conv_init),
         Anything(),
         "",
         "initial weights of the convolutions",
         Role::kOutcome,
         {"agent.conv_init"}},
        {"tanh",
         &tanh,
         Anything(),
         "",
         "tanh after the encoder's LayerNorm",
         Role::kOutcome,
         {"agent.encoder_tanh"}},
        {"detach",
         &detach,
         Anything(),
         "",
         "keep the critic loss from training the convolutions",
         Role::kOutcome,
         {"agent.detach_encoder"}},
        {"tau",
         &tau,
         Between(0, 1),
         "",
         "share of the online encoder in each momentum update",
         Role::kOutcome,
         {"agent.encoder_tau"}},
        {"input_offset", &input_offset, Between(-1, 1), "",
         "added to pixels in [0, 1] (DrQ-v2: -0.5)", Role::kOutcome},
    };
  }
};

}  // namespace curl_rl::encoders
