// Follows the names in MJCF texts to files, and looks at those that MuJoCo must not be given.
#include "envs/model_files.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "envs/file_kind.h"
#include "envs/xml_tags.h"

namespace curl_rl::envs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 10000;        // the largest public models have a few hundred
constexpr std::uintmax_t kMostBytes = 64 << 20;  // of an MJCF text
constexpr double kMostPoints = 1 << 26;          // of a texture or a height field: 200 MB

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string TextOf(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMostBytes || error) {
    throw std::runtime_error(path.string() + ": larger than " + std::to_string(kMostBytes) +
                             " bytes, no model");
  }
  const std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Sees every MJCF text that a model is made of.
class Search {
 public:
  explicit Search(const fs::path& model) : main_folder_(model.parent_path()) { Add(model, true); }

  std::vector<std::string> Run(const std::function<void(const std::string&, const XmlTag&)>& see) {
    std::vector<std::pair<fs::path, std::string>> named;  // in a text of this folder
    for (std::size_t i = 0; i < texts_.size(); ++i) {     // grows meanwhile
      const fs::path text = texts_[i];
      VisitTags(TextOf(text), [&](const XmlTag& tag) {
        see(text.string(), tag);
        for (const char* key : {"meshdir", "texturedir", "assetdir"}) {
          if (tag.name == "compiler" && !tag.Value(key).empty()) folders_.insert(tag.Value(key));
        }
        for (const auto& [key, value] : tag.attributes) {
          // file, fileright, ...; filename in URDF
          if (key.rfind("file", 0) != 0 || value.empty()) continue;
          if (tag.name == "include") {
            Find(text.parent_path(), value, true);
          } else {
            named.emplace_back(text.parent_path(), value);
          }
        }
      });
    }
    for (const auto& [folder, name] : named) Find(folder, name, false);
    return files_;
  }

 private:
  void Add(const fs::path& path, bool is_text) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return;
    if (fs::is_directory(status)) return;
    if (!fs::is_regular_file(status)) {
      throw std::runtime_error(path.string() + ": is " + KindOfFile(status) + ", no regular file");
    }
    const fs::path plain = path.lexically_normal();
    if (!known_.insert(plain).second) return;
    files_.push_back(plain.string());
    if (is_text) texts_.push_back(plain);
    if (files_.size() > kMostFiles) {
      throw std::runtime_error(files_.front() + ": a model of more than " +
                               std::to_string(kMostFiles) + " files");
    }
  }

  // Where MuJoCo may look for `name`; strippath leaves of it the last part.
  void Find(const fs::path& folder, const std::string& name, bool is_text) {
    std::vector<fs::path> places = {""};
    if (!is_text) places.insert(places.end(), folders_.begin(), folders_.end());
    for (const fs::path& base : {main_folder_, folder}) {
      for (const fs::path& place : places) {
        Add(base / place / name, is_text);
        Add(base / place / fs::path(name).filename(), is_text);
      }
    }
  }

  fs::path main_folder_;
  std::set<std::string> folders_;  // of assets
  std::set<fs::path> known_;
  std::vector<std::string> files_;
  std::vector<fs::path> texts_;
};

// The number of vertices a face's word names ("7", "7/1/2", "-1//3"), against what there is.
void CheckFaceWord(const std::string& word, const std::int64_t (&counts)[3],
                   const std::string& where) {
  std::istringstream parts(word);
  std::string part;
  for (int i = 0; i < 3 && std::getline(parts, part, '/'); ++i) {
    if (part.empty()) continue;
    const long long index = std::strtoll(part.c_str(), nullptr, 10);
    if (index != 0 && std::llabs(index) <= counts[i]) continue;
    throw std::runtime_error(where + ": a face names number " + part.substr(0, 20) + " of " +
                             std::to_string(counts[i]) + (i == 0 ? " vertices" : ""));
  }
}

// Wavefront's text format. A face may stand before its vertices: counted first.
void CheckObj(const std::string& path) {
  std::int64_t counts[3] = {0, 0, 0};  // v, vt, vn
  for (const bool faces : {false, true}) {
    std::ifstream file(path, std::ios::binary);
    std::string line;
    for (std::int64_t number = 1; std::getline(file, line); ++number) {
      const std::string where = path + ":" + std::to_string(number);
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (faces && word == "f") {
        while (words >> word) CheckFaceWord(word, counts, where);
      } else if (!faces && (word == "v" || word == "vt" || word == "vn")) {
        ++counts[word == "v" ? 0 : word == "vt" ? 1 : 2];
        while (words >> word) {
          if (std::isfinite(std::strtod(word.c_str(), nullptr))) continue;
          throw std::runtime_error(where + ": '" + word.substr(0, 20) + "' is no finite number");
        }
      }
    }
  }
}

// Of two attributes that multiply to a number of points.
void CheckPoints(const std::string& file, const XmlTag& tag, const char* rows, const char* columns,
                 double least) {
  const double height = std::max(least, std::strtod(tag.Value(rows).c_str(), nullptr));
  const double width = std::max(least, std::strtod(tag.Value(columns).c_str(), nullptr));
  if (height * width <= kMostPoints) return;
  throw std::runtime_error(file + ": " + tag.name + " '" + tag.Value("name") + "' has " + rows +
                           " " + tag.Value(rows) + " and " + columns + " " + tag.Value(columns) +
                           "; allowed are " + std::to_string(static_cast<int>(kMostPoints)) +
                           " points");
}

}  // namespace

std::vector<std::string> FilesOfModel(const std::string& path) {
  return Search(path).Run([](const std::string&, const XmlTag&) {});
}

void CheckModelFiles(const std::string& path) {
  const auto files = Search(path).Run([](const std::string& file, const XmlTag& tag) {
    if (tag.name == "texture") CheckPoints(file, tag, "height", "width", 1);
    if (tag.name == "hfield") CheckPoints(file, tag, "nrow", "ncol", 1);
  });
  for (const std::string& file : files) {
    if (Lower(fs::path(file).extension().string()) == ".obj") CheckObj(file);
  }
}

}  // namespace curl_rl::envs
