// The exception that says "wrong arguments or config" anywhere in the program.
#pragma once

#include <stdexcept>

namespace curl_rl::experiments {

/// Wrong arguments or config: the program prints the message and exits with status 2.
/// Any other exception is a failure while running: status 1.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace curl_rl::experiments
