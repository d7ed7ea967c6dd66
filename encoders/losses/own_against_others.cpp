// An own row against the others: by formula, and on the CPU with its gradient in one go.
#include "encoders/losses/own_against_others.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "encoders/losses/softmax.h"

namespace curl_rl::encoders {
using torch::Tensor;

namespace {

// The rows of one anchor.
struct Labels {
  std::int64_t anchor, own;  // its place, -1 if it is among no rows; its label
  const std::int64_t* rows;
  std::int64_t count;

  bool IsOwn(std::int64_t row) const { return rows[row] == own && row != anchor; }
  bool IsOther(std::int64_t row) const { return rows[row] != own && rows[row] >= 0; }
};

// The loss of an own row is softplus(ln O - s_p). Its mean's gradient is -sigmoid(ln O - s_p) / P
// by s_p, and by s_n the mean of those sigmoids times e^s_n / O. Returns how many rows are own.
template <typename T>
std::int64_t OfAnchor(const Labels& labels, const T* logits, T* mean, T* gradient) {
  std::fill_n(gradient, labels.count, T(0));
  *mean = T(0);
  if (labels.own < 0) return 0;
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  T largest = kNone;  // of the others
  std::int64_t own = 0;
  for (std::int64_t row = 0; row < labels.count; ++row) {
    if (labels.IsOther(row)) largest = std::max(largest, logits[row]);
    own += labels.IsOwn(row) ? 1 : 0;
  }
  if (own == 0) return 0;
  T sum = T(0);
  for (std::int64_t row = 0; row < labels.count; ++row) {
    if (!labels.IsOther(row)) continue;
    gradient[row] = std::exp(logits[row] - largest);
    sum += gradient[row];
  }
  const T others = largest == kNone ? kNone : largest + std::log(sum);
  const T share = T(1) / static_cast<T>(own);
  T terms = T(0), sigmoids = T(0);
  for (std::int64_t row = 0; row < labels.count; ++row) {
    if (!labels.IsOwn(row)) continue;
    const T above = others - logits[row];
    const T small = std::exp(-std::abs(above));
    const T sigmoid = (above >= T(0) ? T(1) : small) / (T(1) + small);
    terms += std::max(above, T(0)) + std::log1p(small);
    sigmoids += sigmoid;
    gradient[row] = -share * sigmoid;
  }
  *mean = share * terms;
  const T scale = sum > T(0) ? share * sigmoids / sum : T(0);
  for (std::int64_t row = 0; row < labels.count; ++row) {
    if (labels.IsOther(row)) gradient[row] *= scale;
  }
  return own;
}

class OwnAgainstOthersFunction : public torch::autograd::Function<OwnAgainstOthersFunction> {
 public:
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const Tensor& given, const Tensor& anchor_labels,
                                                const Tensor& row_labels, bool among_themselves) {
    const auto logits = given.contiguous();
    const auto of_anchors = anchor_labels.contiguous(), of_rows = row_labels.contiguous();
    const auto anchors = logits.size(0), rows = logits.size(1);
    const auto means = torch::empty({anchors}, logits.options());
    const auto positives = torch::empty({anchors}, of_anchors.options());
    const auto gradient = torch::empty_like(logits);
    AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "OwnAgainstOthers", [&] {
      const auto* const from = logits.data_ptr<scalar_t>();
      auto* const mean = means.data_ptr<scalar_t>();
      auto* const by_logits = gradient.data_ptr<scalar_t>();
      const auto* const own = of_anchors.data_ptr<std::int64_t>();
      const auto* const labels = of_rows.data_ptr<std::int64_t>();
      auto* const count = positives.data_ptr<std::int64_t>();
      at::parallel_for(0, anchors, /*grain_size=*/16, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
          count[i] = OfAnchor({among_themselves ? i : -1, own[i], labels, rows}, from + i * rows,
                              mean + i, by_logits + i * rows);
        }
      });
    });
    context->save_for_backward({gradient});
    context->mark_non_differentiable({positives});
    return {means, positives};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto by_logits = context->get_saved_variables()[0];
    return {by_logits * gradients[0].unsqueeze(1), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

OwnTerms OwnAgainstOthersByFormula(const Tensor& logits, const Tensor& anchor_labels,
                                   const Tensor& row_labels, bool among_themselves) {
  const auto known = anchor_labels.ge(0).unsqueeze(1).logical_and(row_labels.ge(0).unsqueeze(0));
  const auto equal = anchor_labels.unsqueeze(1).eq(row_labels.unsqueeze(0));
  auto own = equal.logical_and(known);
  if (among_themselves) {
    const auto place = torch::arange(row_labels.size(0), row_labels.options());
    const auto itself =
        place.narrow(0, 0, anchor_labels.size(0)).unsqueeze(1).eq(place.unsqueeze(0));
    own = own.logical_and(itself.logical_not());
  }
  const auto other = equal.logical_not().logical_and(known);
  const auto others = Without(logits, other.logical_not()).logsumexp(1, true);
  const auto terms = -torch::log_sigmoid(logits - others);
  const auto sum = torch::where(own, terms, torch::zeros_like(terms)).sum(1);
  const auto positives = own.sum(1);
  return {sum / positives.clamp_min(1), positives};
}

OwnTerms OwnAgainstOthers(const Tensor& logits, const Tensor& anchor_labels,
                          const Tensor& row_labels, bool among_themselves) {
  if (!logits.is_cpu()) {
    return OwnAgainstOthersByFormula(logits, anchor_labels, row_labels, among_themselves);
  }
  const auto of_anchors =
      OwnAgainstOthersFunction::apply(logits, anchor_labels, row_labels, among_themselves);
  return {of_anchors[0], of_anchors[1]};
}

}  // namespace curl_rl::encoders
