// Losses on the cells of feature maps, by formula.
#include "encoders/losses/maps.h"

#include <stdexcept>
#include <string>

#include "encoders/losses/checks.h"
#include "encoders/losses/own_against_others.h"

namespace curl_rl::encoders {
using torch::Tensor;

PixelLoss PixelContrast(const Tensor& anchors, const Tensor& anchor_labels, const Tensor& rows,
                        const Tensor& row_labels, double temperature, bool among_themselves) {
  RequireShape("PixelContrast", "anchors", anchors, {-1, -1});
  RequireShape("PixelContrast", "anchor_labels", anchor_labels, {anchors.size(0)});
  RequireShape("PixelContrast", "rows", rows, {-1, anchors.size(1)});
  RequireShape("PixelContrast", "row_labels", row_labels, {rows.size(0)});
  if (among_themselves && rows.size(0) < anchors.size(0)) {
    throw std::invalid_argument("PixelContrast: rows: got " + std::to_string(rows.size(0)) +
                                ", allowed at least the anchors, " +
                                std::to_string(anchors.size(0)));
  }
  const auto terms = OwnAgainstOthers(CosineLogits(anchors, rows, temperature), anchor_labels,
                                      row_labels, among_themselves);
  PixelLoss result;
  result.positives = terms.positives;
  result.per_anchor = terms.per_anchor;
  result.loss = MeanWhere(result.positives.gt(0), result.per_anchor);
  return result;
}

Attention SmoothAttention(const Tensor& words, const Tensor& weight, const Tensor& bias,
                          double smooth) {
  RequireShape("SmoothAttention", "words", words, {-1, -1, -1});
  RequireShape("SmoothAttention", "weight", weight, {words.size(2), words.size(2)});
  RequireShape("SmoothAttention", "bias", bias, {words.size(2)});
  const auto mean = words.mean(1);                          // [B, D]
  const auto direction = mean.matmul(weight).unsqueeze(2);  // <W w, m> = <w, Wᵀ m>
  const auto scores = words.bmm(direction).squeeze(2) + mean.mv(bias).unsqueeze(1);
  Attention result;
  result.weights = (smooth * scores.tanh()).softmax(1);
  result.segment = result.weights.unsqueeze(1).bmm(words).squeeze(1);
  return result;
}

Attention SmoothAttentionOfCells(const Tensor& cells, const Tensor& projection, const Tensor& shift,
                                 const Tensor& weight, const Tensor& bias, double smooth) {
  RequireShape("SmoothAttentionOfCells", "cells", cells, {-1, -1, -1});
  RequireShape("SmoothAttentionOfCells", "projection", projection, {-1, cells.size(2)});
  RequireShape("SmoothAttentionOfCells", "shift", shift, {projection.size(0)});
  RequireShape("SmoothAttentionOfCells", "weight", weight,
               {projection.size(0), projection.size(0)});
  RequireShape("SmoothAttentionOfCells", "bias", bias, {projection.size(0)});
  const auto mean = cells.mean(1).matmul(projection.t()) + shift;  // of the words, [B, D]
  const auto by_word = mean.matmul(weight);                        // Wᵀ m, [B, D]
  const auto by_cell = by_word.matmul(projection).unsqueeze(2);    // [B, F, 1]
  const auto constant = by_word.mv(shift) + mean.mv(bias);         // [B]
  const auto scores = cells.bmm(by_cell).squeeze(2) + constant.unsqueeze(1);
  Attention result;
  result.weights = (smooth * scores.tanh()).softmax(1);  // they sum to 1: the shift counts once
  const auto seen = result.weights.unsqueeze(1).bmm(cells).squeeze(1);
  result.segment = seen.matmul(projection.t()) + shift;
  return result;
}

AspectMixture MixAspects(const Tensor& segment, const Tensor& weight, const Tensor& bias,
                         const Tensor& aspects) {
  RequireShape("MixAspects", "segment", segment, {-1, -1});
  RequireShape("MixAspects", "weight", weight, {-1, segment.size(1)});
  RequireShape("MixAspects", "bias", bias, {weight.size(0)});
  RequireShape("MixAspects", "aspects", aspects, {weight.size(0), -1});
  AspectMixture result;
  result.soft_label = (segment.matmul(weight.t()) + bias).softmax(1);
  result.segment = result.soft_label.matmul(aspects);
  return result;
}

Tensor AspectOverlap(const Tensor& aspects) {
  RequireShape("AspectOverlap", "aspects", aspects, {-1, -1});
  const auto unit = Unit(aspects);
  return (unit.matmul(unit.t()) - torch::eye(aspects.size(0), aspects.options())).norm();
}

}  // namespace curl_rl::encoders
