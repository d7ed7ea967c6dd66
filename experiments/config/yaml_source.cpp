// Parses plain YAML, without anchors or depth to fall into, and names places as file:line:column.
#include "experiments/config/yaml_source.h"

#include <yaml-cpp/eventhandler.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "envs/file_kind.h"
#include "experiments/config/usage_error.h"

namespace curl_rl::experiments {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr int kMaxDepth = 8;  // a config needs 2; a task file 4, and 2 for each nested reward term

// Runs before the document is built: aliases can blow a small file up to any size, and the parser
// recurses once a level.
class PlainYamlCheck : public YAML::EventHandler {
 public:
  explicit PlainYamlCheck(const YamlSource& source) : source_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) source_.Fail(mark, "one YAML document is needed, here starts another");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { NoAnchor(mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { NoAnchor(mark, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string&) override {
    NoAnchor(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Enter(mark, anchor);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Enter(mark, anchor);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void NoAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      source_.Fail(mark, "anchors (&) and aliases (*) are not allowed here");
    }
  }
  void Enter(const YAML::Mark& mark, YAML::anchor_t anchor) {
    NoAnchor(mark, anchor);
    if (++depth_ > kMaxDepth) source_.Fail(mark, "nested too deeply");
  }

  const YamlSource& source_;
  int documents_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string YamlSource::Place(const YAML::Mark& mark) const {
  if (!is_file) return "override '" + Shown(name) + "'";
  if (mark.is_null()) return name;
  return name + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

void YamlSource::Fail(const YAML::Mark& mark, const std::string& message) const {
  throw UsageError(Place(mark) + ": " + message);
}

std::string Shown(std::string text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

std::string Describe(const YAML::Node& node) {
  if (node.IsMap()) return "a map of keys";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  const std::string text = Shown(node.Scalar());
  return node.Tag() == "!" ? "text \"" + text + "\"" : "'" + text + "'";
}

std::optional<double> ParseNumber(const YAML::Node& node) {
  if (!node.IsScalar() || node.Tag() == "!") return std::nullopt;
  const std::string& text = node.Scalar();
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

YAML::Node ParseYaml(const std::string& text, const YamlSource& source) {
  try {
    PlainYamlCheck check(source);
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(check)) {
    }
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    source.Fail(error.mark, "not valid YAML: " + error.msg);
  }
}

std::string ReadTextFile(const std::string& path) {
  std::error_code other;  // what keeps it from being looked at keeps it from being opened
  const auto status = std::filesystem::status(path, other);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw UsageError(path + ": is " + envs::KindOfFile(status) + ", a YAML file is needed" +
                     (std::filesystem::is_directory(status) ? "" : "; write it to a file first"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(path + ": cannot be read: " + std::generic_category().message(errno));
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) {
    throw UsageError(path + ": larger than " + std::to_string(kMaxFileBytes) +
                     " bytes, not a config");
  }
  if (text.find('\0') != std::string::npos) throw UsageError(path + ": not a text file");
  return text;
}

}  // namespace curl_rl::experiments
