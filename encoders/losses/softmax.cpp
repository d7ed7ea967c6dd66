// Losses by a softmax over similarities, by formula.
#include "encoders/losses/softmax.h"

#include <stdexcept>
#include <string>

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

Tensor Rows(std::int64_t rows, const Tensor& like) {
  return torch::arange(rows, like.options().dtype(torch::kInt64));
}

}  // namespace

SoftmaxLoss CrossEntropy(const Tensor& logits, const Tensor& labels, const Tensor& valid) {
  RequireShape("CrossEntropy", "logits", logits, {-1, -1});
  RequireShape("CrossEntropy", "labels", labels, {logits.size(0)});
  const auto log_share = logits.log_softmax(1);
  SoftmaxLoss result;
  result.logits = logits;
  result.per_row = -log_share.gather(1, labels.unsqueeze(1)).squeeze(1);
  const auto right = logits.detach().argmax(1).eq(labels).to(logits.dtype());
  if (valid.defined()) {
    RequireShape("CrossEntropy", "valid", valid, {logits.size(0)});
    result.per_row = torch::where(valid, result.per_row, torch::zeros_like(result.per_row));
    result.loss = MeanWhere(valid, result.per_row);
    result.accuracy = MeanWhere(valid, right);
  } else {
    result.loss = torch::nll_loss(log_share, labels);
    result.accuracy = right.mean();
  }
  return result;
}

SoftmaxLoss InfoNce(const Tensor& logits, const Tensor& valid) {
  RequireShape("InfoNce", "logits", logits, {-1, -1});
  if (logits.size(1) < logits.size(0)) {
    throw std::invalid_argument("InfoNce: logits: got " + std::to_string(logits.size(1)) +
                                " columns, allowed at least one a row, " +
                                std::to_string(logits.size(0)));
  }
  return CrossEntropy(logits, Rows(logits.size(0), logits), valid);
}

SoftmaxLoss SymmetricInfoNce(const Tensor& logits) {
  RequireShape("SymmetricInfoNce", "logits", logits, {-1, logits.size(0)});
  const auto over_columns = InfoNce(logits);
  const auto over_rows = InfoNce(logits.t());
  SoftmaxLoss result;
  result.loss = 0.5 * (over_columns.loss + over_rows.loss);
  result.per_row = 0.5 * (over_columns.per_row + over_rows.per_row);
  result.logits = logits;
  result.accuracy = 0.5 * (over_columns.accuracy + over_rows.accuracy);
  return result;
}

Tensor QueueLogits(const Tensor& anchor, const Tensor& positive, const Tensor& queue,
                   const Tensor& left_out) {
  RequireShape("QueueLogits", "anchor", anchor, {-1, -1});
  RequireShape("QueueLogits", "positive", positive, {anchor.size(0), anchor.size(1)});
  auto others = DotLogits(anchor, queue);
  if (left_out.defined()) others = Without(others, left_out);
  return torch::cat({(anchor * positive).sum(1, true), others}, 1);
}

Tensor Without(const Tensor& logits, const Tensor& left_out) {
  return logits.masked_fill(left_out, kLeftOut);
}

Tensor MeanSquaredNorm(const Tensor& a, const Tensor& b) {
  return torch::cat({a, b}).square().sum(1).mean();
}

SoftmaxLoss NtXent(const Tensor& z0, const Tensor& z1, double temperature) {
  RequireShape("NtXent", "z0", z0, {-1, -1});
  RequireShape("NtXent", "z1", z1, {z0.size(0), z0.size(1)});
  const auto batch = z0.size(0);
  if (batch < 2) throw std::invalid_argument("NtXent: got 1 row, allowed at least 2: no negatives");
  const auto z = torch::cat({z0, z1});
  const auto itself = PairsOfViews(2 * batch, z.device()).own;
  const auto logits = Without(CosineLogits(z, z, temperature), itself);
  return CrossEntropy(logits, (Rows(2 * batch, z) + batch).remainder(2 * batch));
}

SupervisedLoss SupervisedNtXent(const Tensor& embeddings, const Tensor& labels, double temperature,
                                SupervisedForm form, bool mean_over_all) {
  RequireShape("SupervisedNtXent", "embeddings", embeddings, {-1, -1});
  RequireShape("SupervisedNtXent", "labels", labels, {embeddings.size(0)});
  const auto pairs = PairsOfLabels(labels);
  const auto logits = CosineLogits(embeddings, embeddings, temperature);
  const auto counted = pairs.own.logical_or(pairs.other);
  const auto log_share = logits - Without(logits, counted.logical_not()).logsumexp(1, true);
  SupervisedLoss result;
  result.positives = pairs.own.sum(1);
  const auto count = result.positives.clamp_min(1).to(logits.dtype());
  const auto has_own = result.positives.gt(0);
  if (form == SupervisedForm::kOut) {
    result.per_row =
        -torch::where(pairs.own, log_share, torch::zeros_like(log_share)).sum(1) / count;
  } else {
    const auto own = Without(log_share, pairs.own.logical_not()).logsumexp(1);
    result.per_row = torch::where(has_own, count.log() - own, torch::zeros_like(own));
  }
  result.loss = mean_over_all ? result.per_row.mean() : MeanWhere(has_own, result.per_row);
  return result;
}

}  // namespace curl_rl::encoders
