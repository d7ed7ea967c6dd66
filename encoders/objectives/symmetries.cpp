// Symmetries as addresses: one gather whichever they are.
#include "encoders/objectives/symmetries.h"

#include "encoders/losses/checks.h"

namespace curl_rl::encoders {
using torch::Tensor;

Symmetries SymmetriesOf(const Tensor& uniform) {
  RequireShape("SymmetriesOf", "uniform", uniform, {-1, 3});
  Symmetries result;
  result.upside_down = uniform.select(1, 0).lt(0.5);
  result.mirrored = uniform.select(1, 1).lt(0.5);
  result.turns = (uniform.select(1, 2) * 4.0).to(torch::kInt64).clamp_max(3);
  return result;
}

Tensor Indicator(const Symmetries& symmetries) {
  const auto turn = torch::arange(4, symmetries.turns.options());
  const auto turned = symmetries.turns.unsqueeze(1).eq(turn.unsqueeze(0));
  return torch::cat({symmetries.upside_down.unsqueeze(1), symmetries.mirrored.unsqueeze(1), turned},
                    1)
      .to(torch::kFloat32);
}

Tensor Apply(const Symmetries& symmetries, const Tensor& pictures) {
  const auto rows = pictures.size(0), channels = pictures.size(1), side = pictures.size(2);
  RequireShape("Apply", "pictures", pictures, {-1, -1, side, side});
  const auto of_rows = [](const Tensor& each) { return each.view({-1, 1, 1}); };
  const auto place = torch::arange(side, symmetries.turns.options());
  const auto i = place.view({1, side, 1}), j = place.view({1, 1, side});
  const auto last = side - 1;
  // A quarter turn counter-clockwise brings (j, last - i) to (i, j).
  const auto turns = of_rows(symmetries.turns);
  const auto odd = turns.remainder(2).eq(1);
  auto row = torch::where(odd, j, i), column = torch::where(odd, i, j);  // [B, S, S] by broadcast
  row = torch::where(turns.ge(2), last - row, row);
  column = torch::where(turns.eq(1).logical_or(turns.eq(2)), last - column, column);
  row = torch::where(of_rows(symmetries.upside_down), last - row, row);
  column = torch::where(of_rows(symmetries.mirrored), last - column, column);
  const auto first = of_rows(torch::arange(rows, place.options()) * (side * side));
  const auto pixels = pictures.permute({0, 2, 3, 1}).reshape({-1, channels});  // of channels last
  return pixels.index_select(0, (first + row * side + column).flatten())
      .view({rows, side, side, channels})
      .permute({0, 3, 1, 2});
}

}  // namespace curl_rl::encoders
