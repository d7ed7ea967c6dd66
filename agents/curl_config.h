// Every setting of the CURL agent, plain data. Defaults are the reference implementation's
// behaviour with the CURL paper's values (Laskin, Srinivas, Abbeel 2020, Table 3).
#pragma once

#include <cstdint>
#include <string>

namespace curl_rl::agents {

/// Settings of the agent. Key in YAML: agent.<field>.
struct CurlConfig {
  std::int64_t batch_size = 512;
  double discount = 0.99;

  // Networks.
  std::int64_t num_layers = 4;    // convolutions; the first has stride 2, the others stride 1
  std::int64_t num_filters = 32;  // of every convolution
  std::int64_t feature_dim = 50;  // what the encoder gives
  std::int64_t hidden_dim = 1024;
  double log_std_min = -10.0;
  double log_std_max = 2.0;
  std::string conv_init = "delta_orthogonal";  // delta_orthogonal | orthogonal
  bool encoder_tanh = false;                   // tanh after the encoder's LayerNorm
  bool detach_encoder = false;                 // critic loss does not train the convolutions

  // Optimisers (Adam, eps 1e-8).
  double actor_lr = 1e-3;
  double critic_lr = 1e-3;
  double encoder_lr = 1e-3;  // contrastive loss: encoder and W
  double temperature_lr = 1e-4;
  double temperature_beta1 = 0.5;
  double contrastive_encoder_lr_scale = 2.0;  // the reference steps the encoder twice

  // Soft actor-critic.
  double init_temperature = 0.1;
  std::string log_prob = "reference";  // reference: ln(relu(1-a^2)+1e-6) | exact: softplus form
  double critic_tau = 0.01;            // share of the online Q heads in each target update
  double encoder_tau = 0.05;           // share of the online encoder in each momentum update
  std::int64_t actor_update_freq = 2;  // in gradient steps
  std::int64_t critic_target_update_freq = 2;  //
  std::int64_t contrastive_update_freq = 1;    //

  // Contrast.
  std::string contrastive = "infonce";  // infonce | none
  std::int64_t crop_size = 84;
  std::string crop_range = "inclusive";  // inclusive: 0..frame-crop | reference: 0..frame-crop-1

  // Cost.
  std::string schedule = "reference";  // reference | joint
  std::string precision = "float32";  // float32 | bfloat16 | tf32 (CUDA: float32 stored, its matrix
                                      // products with 10 bits of mantissa)
  bool cuda_graphs = true;            // CUDA: record updates once, replay them
};

}  // namespace curl_rl::agents
