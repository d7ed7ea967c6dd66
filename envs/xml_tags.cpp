// A scanner for tags and attributes.
#include "envs/xml_tags.h"

#include <cctype>
#include <cstdlib>
#include <string_view>

namespace curl_rl::envs {
namespace {

constexpr char kSpace[] = " \t\r\n";

// &lt; &gt; &amp; &quot; &apos; and numbers below 128; others are left as they stand.
std::string Decoded(std::string_view text) {
  static const std::map<std::string_view, char> kEntities = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
    if (end == std::string_view::npos || end - i > 8) {
      result += text[i];
      continue;
    }
    const std::string name(text.substr(i + 1, end - i - 1));
    int code = 0;
    if (const auto found = kEntities.find(name); found != kEntities.end()) {
      code = static_cast<unsigned char>(found->second);
    } else if (name.size() > 1 && name[0] == '#') {
      const bool hex = name[1] == 'x';
      code = static_cast<int>(std::strtol(name.c_str() + (hex ? 2 : 1), nullptr, hex ? 16 : 10));
    }
    if (code < 1 || code > 127) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(code);
    i = end;
  }
  return result;
}

// Where the text goes on behind `end`, from `begin`.
std::size_t Behind(const std::string& text, std::string_view end, std::size_t begin) {
  const std::size_t found = text.find(end, begin);
  return found == std::string::npos ? found : found + end.size();
}

// Reads the attributes from `at` to the end of the tag, and returns where that is.
std::size_t ReadAttributes(const std::string& text, std::size_t at, XmlTag* tag) {
  for (;;) {
    at = text.find_first_not_of(kSpace, at);
    if (at == std::string::npos) return at;
    if (text[at] == '>') return at + 1;
    if (text[at] == '/') {
      ++at;
      continue;
    }
    const std::size_t name_end = text.find_first_of("= \t\r\n/>", at);
    if (name_end == std::string::npos) return name_end;
    const std::string name = text.substr(at, name_end - at);
    at = text.find_first_not_of(kSpace, name_end);
    if (at == std::string::npos || text[at] != '=') return std::string::npos;
    at = text.find_first_not_of(kSpace, at + 1);
    if (at == std::string::npos || (text[at] != '"' && text[at] != '\'')) return std::string::npos;
    const std::size_t end = text.find(text[at], at + 1);
    if (end == std::string::npos) return end;
    tag->attributes[name] = Decoded(std::string_view(text).substr(at + 1, end - at - 1));
    at = end + 1;
  }
}

}  // namespace

std::string XmlTag::Value(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

void VisitTags(const std::string& text, const std::function<void(const XmlTag&)>& visit) {
  std::size_t at = 0;
  while ((at = text.find('<', at)) != std::string::npos) {
    if (text.compare(at, 4, "<!--") == 0) {
      at = Behind(text, "-->", at + 4);
    } else if (text.compare(at, 9, "<![CDATA[") == 0) {
      at = Behind(text, "]]>", at + 9);
    } else if (text.compare(at, 2, "<?") == 0) {
      at = Behind(text, "?>", at + 2);
    } else if (text.compare(at, 2, "<!") == 0 || text.compare(at, 2, "</") == 0) {
      at = Behind(text, ">", at + 2);
    } else {
      const std::size_t name_end = text.find_first_of(" \t\r\n/>", at + 1);
      if (name_end == std::string::npos) return;
      XmlTag tag{text.substr(at + 1, name_end - at - 1), {}};
      at = ReadAttributes(text, name_end, &tag);
      if (at != std::string::npos) visit(tag);
    }
    if (at == std::string::npos) return;
  }
}

}  // namespace curl_rl::envs
