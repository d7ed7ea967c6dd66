// Opens what is a regular file, and counts its lines.
#include "experiments/play/text_lines.h"

#include <cerrno>
#include <system_error>

#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

std::ifstream OpenText(const std::string& path) {
  try {
    OpenRegular(path);
  } catch (const FileError& error) {
    throw UsageError(error.what());
  }
  std::ifstream file(path);
  if (!file) throw UsageError(path + ": cannot be read: " + std::generic_category().message(errno));
  return file;
}

}  // namespace

TextLines::TextLines(const std::string& name) : path(name), file(OpenText(name)) {}

bool TextLines::Next() {
  if (!std::getline(file, text)) return false;
  if (!text.empty() && text.back() == '\r') text.pop_back();
  ++number;
  return true;
}

void TextLines::Fail(const std::string& message) const {
  throw UsageError(path + ":" + std::to_string(number) + ": " + message);
}

}  // namespace curl_rl::experiments
