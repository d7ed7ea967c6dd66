// From tensors to the kernels: where there is one, packing of weights, threads over images.
#include "encoders/conv3x3/conv3x3.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <type_traits>

#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "encoders/conv3x3/conv3x3_gpu.h"
#include "encoders/conv3x3/conv3x3_kernels.h"

// at::parallel_for is a header's template: without OpenMP here it would run on one thread,
// silently.
#if AT_PARALLEL_OPENMP && !defined(_OPENMP)
#error "LibTorch uses OpenMP threads: compile with OpenMP, or at::parallel_for does not"
#endif

namespace curl_rl::encoders {
namespace {

using conv3x3::kFilters;
using conv3x3::kSide;

// Gradients of the weights are summed over this many groups of images, then over the groups, so
// that the order of summation, and with it every bit, is the same for any number of threads.
constexpr std::int64_t kGroups = 32;

conv3x3::Shape ShapeOf(const torch::Tensor& maps, std::int64_t stride) {
  conv3x3::Shape shape;
  shape.height = maps.size(2);
  shape.width = maps.size(3);
  shape.channels = maps.size(1);
  shape.stride = stride;
  shape.out_height = (shape.height - kSide) / stride + 1;
  shape.out_width = (shape.width - kSide) / stride + 1;
  shape.depth = kSide * shape.channels;
  return shape;
}

bool HasKernels(const conv3x3::Shape& shape) {
  return (shape.channels == kFilters && shape.stride == 1) ||
         (shape.channels == 9 && shape.stride == 2);
}

// What the processor has, as far as LibTorch may use it: ATEN_CPU_CAPABILITY in the environment
// says "default", "avx2" or "avx512" to keep it off what is newer.
enum class Capability { kDefault, kAvx2, kAvx512, kAvx512Bfloat16, kAmx };

#ifdef __x86_64__
// Tiles must be known to the processor and asked of the system, once a process.
bool MayUseTiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kBfloat16 = 1U << 22, kTiles = 1U << 24;
  if ((d & kBfloat16) == 0 || (d & kTiles) == 0) return false;
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // of Linux' arch_prctl
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

Capability FindCapability() {
  const bool vectors = at::show_config().find("CPU capability usage: AVX") != std::string::npos;
  if (!vectors || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    return Capability::kDefault;
  }
  const char* const told = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string limit = told == nullptr ? "" : told;
  if (limit == "avx2" || !__builtin_cpu_supports("avx512f") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512bw")) {
    return Capability::kAvx2;
  }
  if (!__builtin_cpu_supports("avx512bf16")) return Capability::kAvx512;
  return limit == "avx512" || !MayUseTiles() ? Capability::kAvx512Bfloat16 : Capability::kAmx;
}
#else
Capability FindCapability() { return Capability::kDefault; }
#endif

bool Has(Capability capability) {
  static const Capability found = FindCapability();
  return found >= capability;
}

// The kernels for this processor; null ones where there are none.
template <typename T>
const conv3x3::Kernels<T>& KernelsOf();

template <>
const conv3x3::Kernels<float>& KernelsOf() {
  static const conv3x3::Kernels<float> none;
  if (Has(Capability::kAvx512) && conv3x3::kAvx512.forward != nullptr) return conv3x3::kAvx512;
  return Has(Capability::kAvx2) ? conv3x3::kAvx2 : none;
}

template <>
const conv3x3::Kernels<conv3x3::Bfloat16>& KernelsOf() {
  static const conv3x3::Kernels<conv3x3::Bfloat16> none;
  if (Has(Capability::kAmx) && conv3x3::kAmx.forward != nullptr) return conv3x3::kAmx;
  return Has(Capability::kAvx512Bfloat16) ? conv3x3::kAvx512Bfloat16 : none;
}

conv3x3::Layout LayoutOf(torch::ScalarType type) {
  return type == torch::kFloat32 ? KernelsOf<float>().layout
                                 : KernelsOf<conv3x3::Bfloat16>().layout;
}

std::int64_t GroupOf(torch::ScalarType type) { return type == torch::kFloat32 ? 1 : 2; }

// How many taps a window has (conv3x3_kernels.h), and how many values of the input each.
std::int64_t TapsOf(const conv3x3::Shape& shape) { return shape.stride == 1 ? 9 : kSide; }
std::int64_t TapSize(const conv3x3::Shape& shape) {
  return shape.stride == 1 ? shape.channels : shape.depth;
}

// `rows` [n, k, F] in the order of the kernels: [n, ceil(k / group), F, group].
torch::Tensor Packed(torch::Tensor rows, std::int64_t group) {
  if (rows.size(1) % group != 0) rows = torch::constant_pad_nd(rows, {0, 0, 0, 1});
  return rows.reshape({rows.size(0), -1, group, rows.size(2)}).transpose(2, 3).contiguous();
}

// Kronecker's product [16, 9] of Winograd's G [4, 3] and itself.
torch::Tensor GTwice() {
  const auto g =
      torch::tensor({1.0F, 0.0F, 0.0F, 0.5F, 0.5F, 0.5F, 0.5F, -0.5F, 0.5F, 0.0F, 0.0F, 1.0F})
          .view({4, kSide});
  return torch::kron(g, g);
}

// G g G' of the windows in `weights` float32 [3, 3, C, F]: [16, C, F].
torch::Tensor Transformed(const torch::Tensor& weights) {
  return GTwice()
      .mm(weights.reshape({kSide * kSide, -1}))
      .view({conv3x3::kTransformed, weights.size(2), weights.size(3)});
}

// The kernels split channels into those with even and with odd numbers for bfloat16 (`group` 2):
// dimension `dim` into their order.
torch::Tensor SplitOrder(const torch::Tensor& rows, std::int64_t dim, std::int64_t group) {
  return rows.unflatten(dim, {-1, group}).transpose(dim, dim + 1).flatten(dim, dim + 1);
}

// And back.
torch::Tensor NaturalOrder(const torch::Tensor& rows, std::int64_t dim, std::int64_t group) {
  return rows.unflatten(dim, {group, -1}).transpose(dim, dim + 1).flatten(dim, dim + 1);
}

// `rows` [taps, k, F] for kTaps: [taps, 2, ceil(k / 2), F / 2, 2].
torch::Tensor PackedTaps(torch::Tensor rows) {
  if (rows.size(1) % 2 != 0) rows = torch::constant_pad_nd(rows, {0, 0, 0, 1});
  return rows.reshape({rows.size(0), -1, 2, 2, kFilters / 2}).permute({0, 3, 1, 4, 2}).contiguous();
}

// Sums of kTaps [taps, 2, F, 4, 4] as [taps, k, F]: of the halves in turn, four values each.
torch::Tensor TapRows(const torch::Tensor& sums, const conv3x3::Shape& shape) {
  return sums.view({TapsOf(shape), 2, kFilters, 4, 4})
      .permute({0, 3, 1, 4, 2})
      .reshape({TapsOf(shape), -1, kFilters})
      .slice(1, 0, TapSize(shape));
}

// The kernels' sums: how many rows of F.
std::int64_t GradientRows(const conv3x3::Shape& shape, conv3x3::Layout layout) {
  if (layout == conv3x3::Layout::kTaps) return TapsOf(shape) * kFilters;
  return shape.stride == 1 ? conv3x3::kTransformed * shape.channels : kSide * shape.depth;
}

// The gradient by windows [F, C, 3, 3] from the kernels' sums.
torch::Tensor WindowGradient(const torch::Tensor& sums, const conv3x3::Shape& shape,
                             torch::ScalarType type) {
  auto rows = sums;
  if (LayoutOf(type) == conv3x3::Layout::kTaps) {
    return TapRows(sums, shape)
        .reshape({kSide, kSide, shape.channels, kFilters})
        .permute({3, 2, 0, 1})
        .contiguous();
  }
  const std::int64_t group = GroupOf(type);
  if (shape.stride == 1) {
    const auto split = sums.view({conv3x3::kTransformed, shape.channels, kFilters});
    const auto natural = NaturalOrder(NaturalOrder(split, 1, group), 2, group);
    rows = GTwice().t().mm(natural.reshape({conv3x3::kTransformed, -1}));
  }
  return rows.view({kSide, kSide, shape.channels, kFilters}).permute({3, 2, 0, 1}).contiguous();
}

// `weights` float32 [3, 3, C, F] for the kernels, in `type`.
torch::Tensor ForKernels(const torch::Tensor& weights, std::int64_t stride,
                         torch::ScalarType type) {
  if (LayoutOf(type) == conv3x3::Layout::kTaps) {
    const std::int64_t taps = stride == 1 ? kSide * kSide : kSide;
    return PackedTaps(weights.reshape({taps, -1, weights.size(3)}).to(type));
  }
  const std::int64_t group = GroupOf(type);
  if (stride == 1) return Packed(SplitOrder(Transformed(weights), 1, group).to(type), group);
  return Packed(weights.reshape({kSide, -1, weights.size(3)}).to(type), group);
}

// Scratch memory for one thread.
template <typename T>
torch::Tensor Scratch(const conv3x3::Shape& shape) {
  return torch::zeros({static_cast<std::int64_t>(KernelsOf<T>().scratch_bytes(shape))},
                      torch::kUInt8);
}

// As sums.sum(0), but in a fixed order.
torch::Tensor SumOfRows(const torch::Tensor& sums) {
  auto total = sums[0].clone();
  float* const to = total.data_ptr<float>();
  at::parallel_for(0, total.numel(), 2048, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = 1; row < sums.size(0); ++row) {
      const float* const from = sums.data_ptr<float>() + row * total.numel();
      for (auto i = begin; i < end; ++i) to[i] += from[i];
    }
  });
  return total;
}

// Calls `function` with a value of the kernels' type for the tensors' one.
template <typename F>
void WithType(torch::ScalarType type, const F& function) {
  if (type == torch::kFloat32) {
    function(float{});
  } else {
    function(conv3x3::Bfloat16{});
  }
}

template <typename T>
T* Data(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

}  // namespace

bool CanConv3x3(const torch::Tensor& maps, const torch::Tensor& weight, std::int64_t stride) {
  if (maps.is_cuda()) return CanConv3x3OnGpu(maps, weight, stride);
  const auto type = maps.scalar_type();
  if (!maps.device().is_cpu() || (type != torch::kFloat32 && type != torch::kBFloat16)) {
    return false;
  }
  if (maps.dim() != 4 || maps.size(0) < 1 || maps.size(2) < kSide || maps.size(3) < kSide ||
      !maps.is_contiguous(torch::MemoryFormat::ChannelsLast) ||
      weight.sizes() != torch::IntArrayRef({kFilters, maps.size(1), kSide, kSide})) {
    return false;
  }
  const auto shape = ShapeOf(maps, stride);
  if (!HasKernels(shape)) return false;
  if (type == torch::kFloat32) return KernelsOf<float>().forward != nullptr;
  // Pairs of an odd number of values reach one value beyond the window: within the row, please.
  return KernelsOf<conv3x3::Bfloat16>().forward != nullptr &&
         (shape.depth % 2 == 0 || (shape.out_width - 1) * stride + kSide < shape.width);
}

torch::Tensor Conv3x3Relu(const torch::Tensor& maps, const torch::Tensor& weight,
                          const torch::Tensor& bias, std::int64_t stride) {
  if (maps.is_cuda()) return Conv3x3ReluOnGpu(maps, weight, bias, stride);
  const auto shape = ShapeOf(maps, stride);
  auto output = torch::empty({maps.size(0), kFilters, shape.out_height, shape.out_width},
                             maps.options().memory_format(torch::MemoryFormat::ChannelsLast));
  const auto biases = bias.contiguous();
  WithType(maps.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const auto weights = ForKernels(weight.permute({2, 3, 1, 0}), stride, maps.scalar_type());
    const T* const in = Data<T>(maps);
    T* const out = Data<T>(output);
    const auto in_size = shape.height * shape.width * shape.channels;
    const auto out_size = shape.out_height * shape.out_width * kFilters;
    at::parallel_for(0, maps.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto image = begin; image < end; ++image) {
        KernelsOf<T>().forward(shape, in + image * in_size, Data<T>(weights), Data<float>(biases),
                               out + image * out_size);
      }
    });
  });
  return output;
}

Conv3x3Gradients Conv3x3ReluGradients(const torch::Tensor& gradient, const torch::Tensor& maps,
                                      const torch::Tensor& output, const torch::Tensor& weight,
                                      std::int64_t stride, bool by_maps) {
  if (maps.is_cuda()) {
    return Conv3x3ReluGradientsOnGpu(gradient, maps, output, weight, stride, by_maps);
  }
  const auto shape = ShapeOf(maps, stride);
  const auto gradients = gradient.contiguous(torch::MemoryFormat::ChannelsLast);
  Conv3x3Gradients result;
  if (by_maps) result.maps = torch::empty_like(maps);
  const auto images = maps.size(0);
  const auto groups = std::min(images, kGroups);
  const auto type = maps.scalar_type();
  const auto weights_size = GradientRows(shape, LayoutOf(type)) * kFilters;
  const auto sums = torch::zeros({groups, weights_size + kFilters}, torch::kFloat32);
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    torch::Tensor flipped;
    if (by_maps) flipped = ForKernels(weight.flip({2, 3}).permute({2, 3, 0, 1}), stride, type);
    const auto in_size = shape.height * shape.width * shape.channels;
    const auto out_size = shape.out_height * shape.out_width * kFilters;
    at::parallel_for(0, groups, 1, [&](std::int64_t begin, std::int64_t end) {
      const auto scratch = Scratch<T>(shape);
      for (auto group = begin; group < end; ++group) {
        float* const sum = Data<float>(sums) + group * sums.size(1);
        for (auto i = group * images / groups; i < (group + 1) * images / groups; ++i) {
          KernelsOf<T>().backward(shape, Data<T>(gradients) + i * out_size,
                                  Data<T>(maps) + i * in_size, Data<T>(output) + i * out_size,
                                  Data<T>(flipped),
                                  by_maps ? Data<T>(result.maps) + i * in_size : nullptr, sum,
                                  sum + weights_size, Data<std::byte>(scratch));
        }
      }
    });
  });
  const auto total = SumOfRows(sums);
  result.weight = WindowGradient(total.slice(0, 0, weights_size), shape, type);
  result.bias = total.slice(0, weights_size).clone();
  return result;
}

}  // namespace curl_rl::encoders
