// SAC+AE's objective (Yarats et al. 2021): the pixels given back from the features.
//
//   loss = mean (target - decoder(z))^2 + latent_penalty * mean over rows of |z|^2 / 2
//   target = (floor(x / 2^(8 - bits)) + U[0, 1)) / 2^bits - 1/2, x the pixels 0..255
//
// z are the features of the critic's view with full gradient. The network sees the pixels as they
// are; only the target is coarse, with fresh noise for each number (Kingma and Dhariwal 2018).
#include "encoders/objectives/reconstruction.h"

#include <cmath>

#include "encoders/objective.h"
#include "encoders/objectives/pixel_decoder.h"

namespace curl_rl::encoders {
namespace {

constexpr const char* kUniform = "reconstruction.uniform";  // [B, channels, size, size]

class Reconstruction : public Objective {
 public:
  Reconstruction(const ReconstructionConfig& config, const ObjectiveCommon& common,
                 const ObjectiveContext& context)
      : config_(config), common_(common), encoder_(context.encoder), observation_(context.view) {
    observation_.name = "observation";
    decoder_ = register_module("decoder", PixelDecoder(context.encoder, context.stream));
  }

  std::vector<replay::View> Views() const override { return {observation_}; }

  void DrawNoise(std::int64_t rows, at::Generator& stream, NamedTensors& noise) const override {
    const auto side = encoder_.image_size;
    DrawUniform(kUniform, {rows, encoder_.channels, side, side}, stream, noise);
  }

  torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) override {
    const auto z = encodings.Features(observation_.name);  // [B, feature_dim]
    auto target = Target(encodings.Pixels(observation_.name), encodings.noise(kUniform));
    if (common_.shuffled_positives) target = ShuffleRows(target);
    const auto error = SquaredError(decoder_(z), target);
    const auto penalty = 0.5 * z.square().sum(1).mean();
    metrics["reconstruction_loss"] = error.detach();
    metrics["latent_penalty"] = penalty.detach();
    return error + config_.latent_penalty * penalty;
  }

  std::vector<std::string> metric_names() const override {
    return {"reconstruction_loss", "latent_penalty"};
  }

  double weight_decay() const override { return config_.weight_decay; }

 private:
  // In [-1/2, 1/2). A view in bfloat16 has lost the last bit of bright pixels: one in 2^(7 - bits)
  // of those may land in the level beside its own.
  torch::Tensor Target(const torch::Tensor& pixels, const torch::Tensor& uniform) const {
    const double levels = std::exp2(static_cast<double>(config_.target_bits));
    auto target = pixels.to(torch::kFloat32) * 255.0;  // then in place: it is the batch's largest
    target.round_().div_(256.0 / levels).floor_();
    return target.add_(uniform).div_(levels).sub_(0.5);
  }

  ReconstructionConfig config_;
  ObjectiveCommon common_;
  EncoderOptions encoder_;
  replay::View observation_;
  PixelDecoder decoder_{nullptr};
};

}  // namespace

std::shared_ptr<Objective> Make(const ReconstructionConfig& config, const ObjectiveCommon& common,
                                const ObjectiveContext& context) {
  return std::make_shared<Reconstruction>(config, common, context);
}

}  // namespace curl_rl::encoders
