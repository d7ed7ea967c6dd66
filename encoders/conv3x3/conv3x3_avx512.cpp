// Compiled with AVX-512 instructions, and called only where the processor has them.
#include "encoders/conv3x3/conv3x3_kernels.h"

#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && \
    defined(__AVX512BF16__)
#include "encoders/conv3x3/conv3x3_vectors_avx512.h"
// After the vectors that it uses.
#include "encoders/conv3x3/conv3x3_image.h"

namespace curl_rl::encoders::conv3x3 {

const Kernels<float> kAvx512 = kKernels<float>;
const Kernels<Bfloat16> kAvx512Bfloat16 = kKernels<Bfloat16>;

}  // namespace curl_rl::encoders::conv3x3

#else  // Another compiler or processor family.
namespace curl_rl::encoders::conv3x3 {

const Kernels<float> kAvx512 = {};
const Kernels<Bfloat16> kAvx512Bfloat16 = {};

}  // namespace curl_rl::encoders::conv3x3
#endif
