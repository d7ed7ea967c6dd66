// Settings as a table on the terminal.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "envs/setting.h"

namespace curl_rl::experiments {

/// One line a setting: key, type, value under the heading `value_title`, range, role, meaning.
void PrintKeys(std::ostream& out, const envs::Settings& settings, const std::string& value_title);

}  // namespace curl_rl::experiments
