// The backends of GlContext::Make. Each throws std::runtime_error that says why it does not work.
#pragma once

#include <memory>

#include "envs/gl_context.h"

namespace curl_rl::envs {

std::unique_ptr<GlContext> MakeEglContext();
std::unique_ptr<GlContext> MakeOsmesaContext(int height, int width);

/// Reads vendor, renderer and version of the current context; `get_string` is its glGetString.
GlInfo ReadGlInfo(const char* backend, void* get_string);

}  // namespace curl_rl::envs
