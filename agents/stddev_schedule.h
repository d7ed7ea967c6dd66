// How much an agent explores in the course of a run, in the spelling of DrQ-v2's configs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curl_rl::agents {

/// A value over the decisions of a run, made of straight pieces:
///   0.2                          always
///   linear(1.0,0.1,500000)       from the first to the second over so many decisions, then flat
///   step_linear(1.0,0.5,1e5,0.1,2e5)  the same twice: 1.0 to 0.5 over 1e5, then to 0.1 over 2e5
class StddevSchedule {
 public:
  /// Throws std::invalid_argument "got '…', allowed: …".
  explicit StddevSchedule(const std::string& text);

  /// The value after `decisions` decisions.
  double At(std::int64_t decisions) const;

 private:
  struct Piece {
    double to, duration;
  };
  double start_ = 0.0;
  std::vector<Piece> pieces_;
};

}  // namespace curl_rl::agents
