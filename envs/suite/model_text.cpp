// A model as text, parts of which a task removes or replaces.
#include "envs/suite/model_text.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "envs/xml_escaped.h"

namespace curl_rl::envs::suite {

ModelText::ModelText(const std::string& path)
    : folder_(path.substr(0, path.rfind('/'))), file_(path.substr(path.rfind('/') + 1)) {
  const std::ifstream stream(path);
  std::stringstream content;
  if (!stream || !(content << stream.rdbuf())) {
    throw std::runtime_error("model " + path + " cannot be read");
  }
  text_ = content.str();
}

std::size_t ModelText::Find(const std::string& part, std::size_t from) const {
  const std::size_t at = text_.find(part, from);
  if (at == std::string::npos) throw std::logic_error(file_ + " lacks " + part);
  return at;
}

void ModelText::Replace(const std::string& from, const std::string& to) {
  text_.replace(Find(from), from.size(), to);
}

void ModelText::ReplaceValue(const std::string& name, const std::string& from,
                             const std::string& to) {
  Replace(name + "=\"" + from + "\"", name + "=\"" + XmlEscaped(to) + "\"");
}

void ModelText::Remove(const std::string& tag, const std::string& name) {
  const std::string start = "<" + tag + " ";
  const std::size_t begin = Find(start + "name=\"" + name + "\"");
  std::size_t end = Find(">", begin) + 1;
  if (text_[end - 2] != '/') {  // an element that holds others, maybe some of its own kind
    const std::string finish = "</" + tag + ">";
    for (int open = 1; open > 0;) {
      const std::size_t finished = Find(finish, end);
      const std::size_t started = text_.find(start, end);
      if (started < finished) {
        end = Find(">", started) + 1;
        if (text_[end - 2] != '/') ++open;
      } else {
        end = finished + finish.size();
        --open;
      }
    }
  }
  text_.erase(begin, end - begin);
}

ModelPtr ModelText::Load() const {
  return LoadWith(folder_, {"common.xml", "sky.xml", "materials.xml", "arm.xml"});
}

ModelPtr ModelText::LoadWith(const std::string& folder,
                             const std::vector<std::string>& includes) const {
  return LoadModelText(text_, file_, folder, includes);
}

}  // namespace curl_rl::envs::suite
