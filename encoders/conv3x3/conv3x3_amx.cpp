// Compiled with AMX instructions, and called only where processor and system have them.
#include "encoders/conv3x3/conv3x3_kernels.h"

// GCC's names, and Clang 14's.
#if (defined(__AMX_BF16__) || defined(__AMXBF16__)) && defined(__AVX512BF16__)
#include "encoders/conv3x3/conv3x3_vectors_avx512.h"
// After the vectors that it uses.
#include "encoders/conv3x3/conv3x3_amx_gradient.h"

namespace curl_rl::encoders::conv3x3 {
namespace {

void AmxForward(const Shape& shape, const Bfloat16* input, const Bfloat16* weights,
                const float* bias, Bfloat16* output) {
  if (shape.stride == 1) {
    Convolve</*kRelu=*/true>(shape.height, shape.width, input, weights, bias, output);
    return;
  }
  const Taps taps = TapsOf(shape.width, shape.channels, weights);
  const Tiles tiles(Min(kRows, shape.out_width), taps.pairs);
  for (std::int64_t r = 0; r < shape.out_height; ++r) {
    WriteOutputs</*kRelu=*/true>(
        taps, input + r * 2 * shape.width * shape.channels, shape.out_width,
        {output + r * shape.out_width * kFilters, shape.out_width, shape.out_width, bias});
  }
}

void AmxBackward(const Shape& shape, const Bfloat16* gradient, const Bfloat16* input,
                 const Bfloat16* output, const Bfloat16* flipped_weights, Bfloat16* input_gradient,
                 float* weight_gradient, float* bias_gradient, std::byte* memory) {
  AmxScratch scratch;
  SplitForAmx(shape, memory, &scratch);
  MaskGradient(shape, gradient, output, scratch.padded, bias_gradient);
  TransposeGradient(shape, scratch);
  if (shape.stride == 1) {
    PairPixels(shape, input, scratch);
  } else {
    PairWindows(shape, input, scratch);
  }
  {
    const Tiles tiles(kRows, kPairs);
    AddGradient(shape, scratch, weight_gradient);
  }
  if (input_gradient == nullptr) return;
  constexpr float kNoBias[kFilters] = {};
  Convolve</*kRelu=*/false>(shape.out_height + 2 * kPad, shape.out_width + 2 * kPad, scratch.padded,
                            flipped_weights, kNoBias, input_gradient);
}

}  // namespace

const Kernels<Bfloat16> kAmx = {AmxForward, AmxScratchBytes, AmxBackward, Layout::kTaps};

}  // namespace curl_rl::encoders::conv3x3

#else  // Another compiler or processor family.
namespace curl_rl::encoders::conv3x3 {

const Kernels<Bfloat16> kAmx = {};

}  // namespace curl_rl::encoders::conv3x3
#endif
