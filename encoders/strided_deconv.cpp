// A matrix product gives each cell's 3x3 patch of pixels; patches are then added where they belong.
// Gradients go the other way: patches are gathered, products follow.
#include "encoders/strided_deconv.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kWindow = 3, kStep = 2;
// Whose patches exist at once, so that they are still in a cache when they are used.
constexpr std::int64_t kImages = 8;

struct Sizes {
  std::int64_t images, height, width, filters;  // of the maps
  std::int64_t out_height, out_width, channels;

  std::int64_t cells() const { return height * width; }
  std::int64_t patch() const { return kWindow * kWindow * channels; }
};

// Maps [B, C, H, W] as rows, float32 [B, H W, C].
torch::Tensor Rows(const torch::Tensor& maps) {
  return maps.permute({0, 2, 3, 1}).flatten(1, 2).to(torch::kFloat32).contiguous();
}

// Weight [C, out, 3, 3] as [C, (row, column, out)].
torch::Tensor ByPatch(const torch::Tensor& weight) {
  return weight.permute({0, 2, 3, 1}).flatten(1).contiguous();
}

// Calls `function(pixels, values)` for the three rows of each cell's patch: `pixels` of one image
// [height, width, channels], `values` its patches [cells, 3, 3 channels]; both 3 channels long.
template <typename Pixels, typename Values, typename F>
void ForPatchRows(const Sizes& sizes, Pixels* pixels, Values* values, const F& function) {
  const auto line = sizes.out_width * sizes.channels, part = kWindow * sizes.channels;
  for (std::int64_t row = 0; row < sizes.height; ++row) {
    for (std::int64_t column = 0; column < sizes.width; ++column) {
      auto* const from = pixels + kStep * (row * line + column * sizes.channels);
      for (std::int64_t i = 0; i < kWindow; ++i, values += part) function(from + i * line, values);
    }
  }
}

class StridedDeconvFunction : public torch::autograd::Function<StridedDeconvFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& maps,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t output_padding) {
    const auto sizes = SizesOf(maps.sizes(), weight, output_padding);
    const auto rows = Rows(maps), by_patch = ByPatch(weight);
    const auto output = torch::empty(
        {sizes.images, sizes.out_height, sizes.out_width, sizes.channels}, torch::kFloat32);
    // A line of pixels as all begin: the bias.
    const auto line = bias.expand({sizes.out_width, sizes.channels}).contiguous();
    auto patches = torch::empty({kImages * sizes.cells(), sizes.patch()}, torch::kFloat32);
    const auto part = kWindow * sizes.channels;
    for (std::int64_t first = 0; first < sizes.images; first += kImages) {
      const auto count = std::min(kImages, sizes.images - first);
      auto product = patches.narrow(0, 0, count * sizes.cells());
      torch::mm_out(product, rows.narrow(0, first, count).flatten(0, 1), by_patch);
      at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto image = begin; image < end; ++image) {
          float* const pixels = Image(output, sizes, first + image);
          for (std::int64_t row = 0; row < sizes.out_height; ++row) {
            std::copy_n(line.data_ptr<float>(), line.numel(), pixels + row * line.numel());
          }
          ForPatchRows(sizes, pixels, Patches(patches, sizes, image),
                       [part](float* to, const float* from) {
                         for (std::int64_t i = 0; i < part; ++i) to[i] += from[i];
                       });
        }
      });
    }
    context->save_for_backward({rows, weight});
    context->saved_data["output_padding"] = output_padding;
    context->saved_data["type"] = maps.scalar_type();
    context->saved_data["height"] = sizes.height;
    context->saved_data["width"] = sizes.width;
    return output.permute({0, 3, 1, 2});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &rows = saved[0], &weight = saved[1];
    const auto height = context->saved_data["height"].toInt();
    const auto sizes =
        SizesOf({rows.size(0), rows.size(2), height, context->saved_data["width"].toInt()}, weight,
                context->saved_data["output_padding"].toInt());
    const auto by_output = gradients[0].permute({0, 2, 3, 1}).contiguous();
    const auto by_patch = ByPatch(weight);
    const auto by_rows = torch::empty_like(rows);
    auto by_weight = torch::zeros_like(by_patch);
    auto patches = torch::empty({kImages * sizes.cells(), sizes.patch()}, torch::kFloat32);
    const auto part = kWindow * sizes.channels;
    for (std::int64_t first = 0; first < sizes.images; first += kImages) {
      const auto count = std::min(kImages, sizes.images - first);
      at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto image = begin; image < end; ++image) {
          ForPatchRows(sizes, Image(by_output, sizes, first + image),
                       Patches(patches, sizes, image),
                       [part](const float* from, float* to) { std::copy_n(from, part, to); });
        }
      });
      const auto gathered = patches.narrow(0, 0, count * sizes.cells());
      auto to = by_rows.narrow(0, first, count).flatten(0, 1);
      torch::mm_out(to, gathered, by_patch.t());
      by_weight.addmm_(rows.narrow(0, first, count).flatten(0, 1).t(), gathered);
    }
    return {by_rows.transpose(1, 2)
                .unflatten(2, {height, -1})
                .to(context->saved_data["type"].toScalarType()),
            by_weight.view({sizes.filters, kWindow, kWindow, sizes.channels})
                .permute({0, 3, 1, 2})
                .contiguous(),
            by_output.flatten(0, 2).sum(0), torch::Tensor()};
  }

 private:
  static Sizes SizesOf(at::IntArrayRef maps, const torch::Tensor& weight,
                       std::int64_t output_padding) {
    const auto rest = kWindow - kStep + output_padding;
    return {
        maps[0],       maps[2], maps[3], maps[1], kStep * maps[2] + rest, kStep * maps[3] + rest,
        weight.size(1)};
  }
  static float* Image(const torch::Tensor& pixels, const Sizes& sizes, std::int64_t image) {
    return pixels.data_ptr<float>() + image * sizes.out_height * sizes.out_width * sizes.channels;
  }
  static float* Patches(const torch::Tensor& patches, const Sizes& sizes, std::int64_t image) {
    return patches.data_ptr<float>() + image * sizes.cells() * sizes.patch();
  }
};

}  // namespace

torch::Tensor StridedDeconv(const torch::Tensor& maps, const torch::Tensor& weight,
                            const torch::Tensor& bias, std::int64_t output_padding) {
  if (maps.is_cpu()) return StridedDeconvFunction::apply(maps, weight, bias, output_padding);
  const auto type = maps.scalar_type();
  return torch::conv_transpose2d(maps, weight.to(type), bias.to(type), kStep, /*padding=*/0,
                                 output_padding)
      .to(torch::kFloat32);
}

}  // namespace curl_rl::encoders
