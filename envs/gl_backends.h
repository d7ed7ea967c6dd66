// The backends of GlContext::Make. Each throws std::runtime_error that says why it does not work.
#pragma once

#include <memory>

#include "envs/gl_context.h"

namespace curl_rl::envs {

/// `cuda_device` is that of DrawOnCudaDevice; the first context of the program decides. Throws
/// std::invalid_argument if CURL_RL_EGL_DEVICE names no device, or one that draws nothing.
std::unique_ptr<GlContext> MakeEglContext(int cuda_device);
std::unique_ptr<GlContext> MakeOsmesaContext(int height, int width);

}  // namespace curl_rl::envs
