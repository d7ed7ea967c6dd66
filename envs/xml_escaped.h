// Text as XML and HTML must hold it to be read as itself.
#pragma once

#include <string>

namespace curl_rl::envs {

/// & < > " as entities: for elements, and for attributes between double quotes.
inline std::string XmlEscaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace curl_rl::envs
