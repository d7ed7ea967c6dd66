// Compiled with AVX2 and FMA instructions, and called only where the processor has them.
#include "encoders/conv3x3/conv3x3_kernels.h"

#if defined(__AVX2__) && defined(__FMA__)
#include "encoders/conv3x3/conv3x3_vectors_avx2.h"
// After the vectors that it uses.
#include "encoders/conv3x3/conv3x3_image.h"

namespace curl_rl::encoders::conv3x3 {

const Kernels<float> kAvx2 = kKernels<float>;

}  // namespace curl_rl::encoders::conv3x3

#else  // Another compiler or processor family.
namespace curl_rl::encoders::conv3x3 {

const Kernels<float> kAvx2 = {};

}  // namespace curl_rl::encoders::conv3x3
#endif
