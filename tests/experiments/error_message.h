// What a call that should fail says.
#pragma once

#include <stdexcept>
#include <string>

namespace curl_rl::experiments {

/// The text of the std::runtime_error that `function` throws; "no error" if it throws none.
template <typename Function>
std::string Message(Function function) {
  try {
    function();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace curl_rl::experiments
