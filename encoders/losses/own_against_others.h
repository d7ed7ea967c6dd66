// What pixel contrast makes of its similarities: each own row of an anchor against its others.
#pragma once

#include <torch/types.h>

namespace curl_rl::encoders {

struct OwnTerms {
  torch::Tensor per_anchor;  // [N]: mean over the anchor's own rows; 0 where there is none
  torch::Tensor positives;   // int64 [N]: how many those are
};

/// For each anchor, the mean over its own rows p of -ln e^s_p / (e^s_p + O), O the sum over rows n
/// of other labels of e^s_n (Wang et al. 2021, arXiv 2101.11939, eq. 3). `logits` s float [N, M],
/// labels int64 [N] and [M], -1: counts nowhere. `among_themselves`: the first N rows are the
/// anchors, and none is its own. Differentiable by `logits`, once. On the CPU a pass over each row,
/// elsewhere OwnAgainstOthersByFormula.
OwnTerms OwnAgainstOthers(const torch::Tensor& logits, const torch::Tensor& anchor_labels,
                          const torch::Tensor& row_labels, bool among_themselves);

/// The same by some forty of LibTorch's passes, on any device.
OwnTerms OwnAgainstOthersByFormula(const torch::Tensor& logits, const torch::Tensor& anchor_labels,
                                   const torch::Tensor& row_labels, bool among_themselves);

}  // namespace curl_rl::encoders
