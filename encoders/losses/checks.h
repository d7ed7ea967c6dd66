// What the losses refuse: shapes and settings that their formulas do not allow.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::encoders {

/// Throws std::invalid_argument "where: name: got [16, 3], allowed [16, 50]" unless `tensor` has
/// the `allowed` sizes (-1: any).
void RequireShape(const std::string& where, const std::string& name, const torch::Tensor& tensor,
                  const std::vector<std::int64_t>& allowed);

/// Throws std::invalid_argument "where: name: got 0, allowed > 0" unless `value` is positive.
void RequirePositive(const std::string& where, const std::string& name, double value);

}  // namespace curl_rl::encoders
