// Settings of CURL's objective.
#pragma once

#include "encoders/objective_settings.h"

namespace curl_rl::encoders {

struct CurlConfig {
  static ObjectiveInfo Info() {
    return {"curl", "InfoNCE between two crops, bilinear similarity, keys by the momentum encoder",
            "Laskin, Srinivas, Abbeel 2020, arXiv 2004.04136", Told::kPixels};
  }
  static ObjectiveCommon Common() {
    ObjectiveCommon common;
    // The reference steps the encoder with two Adams that see the same gradients and so hold the
    // same moments: one Adam at twice the rate is equal.
    common.encoder_lr_scale = 2.0;
    return common;
  }
  envs::Settings Describe() { return {}; }
};

}  // namespace curl_rl::encoders
