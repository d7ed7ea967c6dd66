// The tags of an XML text, one after the other, and text as an attribute's value: as much as
// finding a model's files and changing models needs.
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

/// `text` as it must stand between double quotes to be read as itself: & < > " as entities.
std::string XmlEscaped(const std::string& text);

}  // namespace curl_rl::envs
