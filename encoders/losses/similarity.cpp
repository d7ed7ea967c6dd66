// Similarities of two sets of rows and which pairs count.
#include "encoders/losses/similarity.h"

#include <sstream>
#include <stdexcept>

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

void RequireShape(const std::string& where, const std::string& name, const Tensor& tensor,
                  const std::vector<std::int64_t>& allowed) {
  bool fits = tensor.defined() && tensor.dim() == static_cast<std::int64_t>(allowed.size());
  for (std::size_t i = 0; fits && i < allowed.size(); ++i) {
    fits = allowed[i] == -1 || tensor.size(static_cast<std::int64_t>(i)) == allowed[i];
  }
  if (fits) return;
  std::ostringstream message;
  message << where << ": " << name << ": got ";
  if (tensor.defined()) {
    message << tensor.sizes();
  } else {
    message << "no tensor";
  }
  message << ", allowed [";
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i > 0) message << ", ";
    if (allowed[i] == -1) {
      message << "any";
    } else {
      message << allowed[i];
    }
  }
  message << "]";
  throw std::invalid_argument(message.str());
}

void RequirePositive(const std::string& where, const std::string& name, double value) {
  if (value > 0.0) return;
  std::ostringstream message;
  message << where << ": " << name << ": got " << value << ", allowed > 0";
  throw std::invalid_argument(message.str());
}

Tensor Unit(const Tensor& rows) { return rows / rows.norm(2, {-1}, true).clamp_min(1e-12); }

Tensor DotLogits(const Tensor& anchor, const Tensor& key) {
  RequireShape("DotLogits", "anchor", anchor, {-1, -1});
  RequireShape("DotLogits", "key", key, {-1, anchor.size(1)});
  return anchor.matmul(key.t());
}

Tensor CosineLogits(const Tensor& anchor, const Tensor& key, double temperature) {
  RequirePositive("CosineLogits", "temperature", temperature);
  return DotLogits(Unit(anchor), Unit(key)) / temperature;
}

Tensor BilinearLogits(const Tensor& anchor, const Tensor& w, const Tensor& key) {
  RequireShape("BilinearLogits", "anchor", anchor, {-1, -1});
  RequireShape("BilinearLogits", "W", w, {anchor.size(1), -1});
  RequireShape("BilinearLogits", "key", key, {-1, w.size(1)});
  return anchor.matmul(w.matmul(key.t()));  // in this order: bit for bit as CURL's
}

Tensor SquaredDistances(const Tensor& a, const Tensor& b) {
  RequireShape("SquaredDistances", "a", a, {-1, -1});
  RequireShape("SquaredDistances", "b", b, {-1, a.size(1)});
  const auto norms = a.square().sum(1, true) + b.square().sum(1).unsqueeze(0);
  return (norms - 2.0 * a.matmul(b.t())).clamp_min(0.0);
}

Tensor Root(const Tensor& squared) { return squared.clamp_min(1e-12).sqrt(); }

Pairs PairsOfViews(std::int64_t rows, const torch::Device& device) {
  const auto row = torch::arange(rows, torch::TensorOptions(torch::kInt64).device(device));
  Pairs pairs;
  pairs.own = row.unsqueeze(1).eq(row.unsqueeze(0));
  pairs.other = pairs.own.logical_not();
  return pairs;
}

Pairs PairsOfLabels(const Tensor& labels) {
  RequireShape("PairsOfLabels", "labels", labels, {-1});
  const auto known = labels.ge(0);
  const auto both = known.unsqueeze(1).logical_and(known.unsqueeze(0));
  const auto equal = labels.unsqueeze(1).eq(labels.unsqueeze(0));
  Pairs pairs;
  pairs.own =
      equal.logical_and(both).logical_and(PairsOfViews(labels.size(0), labels.device()).other);
  pairs.other = equal.logical_not().logical_and(both);
  return pairs;
}

Tensor SameObservation(const Tensor& ids, const Tensor& key_ids, std::int64_t window) {
  RequireShape("SameObservation", "ids", ids, {-1});
  RequireShape("SameObservation", "key_ids", key_ids, {-1});
  return (ids.unsqueeze(1) - key_ids.unsqueeze(0)).abs().le(window);
}

Tensor MeanWhere(const Tensor& mask, const Tensor& values) {
  const auto sum = torch::where(mask, values, torch::zeros_like(values)).sum();
  return sum / mask.sum().clamp_min(1);
}

}  // namespace curl_rl::encoders
