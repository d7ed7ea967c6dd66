// InfoNCE's logits of each pair against the others of the batch; an objective by its name.
#include "encoders/contrastive.h"

#include <stdexcept>

namespace curl_rl::encoders {

InfoNce::InfoNce(std::int64_t feature_dim, at::Generator stream) {
  auto initial = torch::empty({feature_dim, feature_dim}).uniform_(0.0, 1.0, std::move(stream));
  w_ = register_parameter("W", initial);
}

ContrastiveLoss InfoNce::Evaluate(const torch::Tensor& anchor, const torch::Tensor& positive) {
  if (positive.requires_grad()) {
    throw std::logic_error("InfoNce: the positive view requires gradient; encode keys without it");
  }
  const auto logits = anchor.matmul(w_.matmul(positive.t()));  // [B, B]
  const auto labels = torch::arange(anchor.size(0), logits.options().dtype(torch::kInt64));
  ContrastiveLoss result;
  result.loss = torch::cross_entropy_loss(logits, labels);
  result.accuracy = logits.detach().argmax(1).eq(labels).to(torch::kFloat32).mean();
  return result;
}

std::shared_ptr<ContrastiveObjective> MakeContrastiveObjective(const std::string& name,
                                                               std::int64_t feature_dim,
                                                               const at::Generator& stream) {
  if (name == "none") return nullptr;
  if (name == "infonce") return std::make_shared<InfoNce>(feature_dim, stream);
  throw std::invalid_argument("contrastive: got '" + name + "', allowed: infonce, none");
}

}  // namespace curl_rl::encoders
