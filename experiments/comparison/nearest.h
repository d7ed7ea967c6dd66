// Proposing the nearest name for one that is not known.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::comparison {

/// "; did you mean 'x'? There are a, b, x": the end of a message about an unknown name.
std::string DidYouMean(const std::string& name, const std::vector<std::string>& known);

}  // namespace curl_rl::comparison
