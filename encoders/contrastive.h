// Contrastive objectives: two views of the same observations in, a scalar loss out.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>

namespace curl_rl::encoders {

/// What an objective gives for one batch.
struct ContrastiveLoss {
  torch::Tensor loss;  // scalar, with gradient to the anchor and the objective's parameters
  torch::Tensor
      accuracy;  // scalar, no gradient: share of anchors whose own positive scores highest
};

/// The contract. An objective owns its parameters (they are trained with the encoder's contrastive
/// rate) and knows nothing of encoders or agents. Row i of `anchor` and of `positive` are two views
/// of the same observation; all other rows are its negatives.
class ContrastiveObjective : public torch::nn::Module {
 public:
  /// `anchor`, `positive`: float32 [B, feature_dim]. `positive` must not require gradient: the key
  /// encoder learns by momentum alone (throws std::logic_error otherwise).
  virtual ContrastiveLoss Evaluate(const torch::Tensor& anchor, const torch::Tensor& positive) = 0;
};

/// InfoNCE with a bilinear similarity (van den Oord et al. 2018; CURL eq. 3):
/// logits = anchor W positive^T, loss = mean cross-entropy with labels 0..B-1.
/// W [feature_dim, feature_dim] starts uniform in [0, 1), as in the reference implementation.
class InfoNce : public ContrastiveObjective {
 public:
  InfoNce(std::int64_t feature_dim, at::Generator stream);

  ContrastiveLoss Evaluate(const torch::Tensor& anchor, const torch::Tensor& positive) override;

 private:
  torch::Tensor w_;
};

/// The objective `name`: infonce. `none` gives a null pointer; any other name throws
/// std::invalid_argument with the list.
std::shared_ptr<ContrastiveObjective> MakeContrastiveObjective(const std::string& name,
                                                               std::int64_t feature_dim,
                                                               const at::Generator& stream);

}  // namespace curl_rl::encoders
