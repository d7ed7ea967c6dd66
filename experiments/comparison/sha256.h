// SHA-256 (FIPS 180-4), so that a manifest names exactly the bytes that were compared.
#pragma once

#include <string>

namespace curl_rl::comparison {

/// 64 lower-case hexadecimal digits.
std::string Sha256(const std::string& bytes);

}  // namespace curl_rl::comparison
