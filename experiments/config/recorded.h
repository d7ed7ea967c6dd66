// Settings as some version of this program wrote them down, in today's keys: what comparisons and
// checkpoints are told apart by. Nothing is validated, no plug-in loaded.
#pragma once

#include <string>

#include "experiments/config/same.h"

namespace curl_rl::experiments {

/// Every setting of a run whose config.yaml, at `path`, has this text. A key that it lacks has its
/// default; one that this program does not know (an objective of a user's own) stands as it is.
/// Texts are plain: "a b", not "\"a b\"". Throws UsageError if `text` is no YAML map.
SettingTexts RecordedConfig(const std::string& text, const std::string& path);

/// The same for settings that stand by themselves, as values of WriteConfig's form, which the
/// result has too.
SettingTexts RecordedSettings(const SettingTexts& saved);

}  // namespace curl_rl::experiments
