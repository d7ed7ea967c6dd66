// An MJCF text that is searched for the files it names, in an empty folder.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "envs/xml_tags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::size_t tags = 0;
  curl_rl::envs::VisitTags(text, [&](const curl_rl::envs::XmlTag& tag) {
    ++tags;
    for (const auto& [name, value] : tag.attributes) {
      if (name.size() + value.size() > size) std::abort();
    }
  });
  if (tags > size) std::abort();
  return 0;
}
