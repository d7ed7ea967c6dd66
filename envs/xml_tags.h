// The tags of an XML text, one after the other: as much as finding a model's files needs.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace curl_rl::envs {

struct XmlTag {
  std::string name;
  std::map<std::string, std::string> attributes;  // entities decoded

  /// The attribute's value, "" if there is none.
  std::string Value(const std::string& attribute) const;
};

/// Calls `visit` with every opening tag of `text`, in order. Comments, declarations and what stands
/// between the tags are passed over. Nothing is checked: at the first thing that is no XML it ends,
/// since the parser that comes after it will say what is wrong.
void VisitTags(const std::string& text, const std::function<void(const XmlTag&)>& visit);

}  // namespace curl_rl::envs
