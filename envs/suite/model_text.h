// A model file of the suite as text, for domains whose tasks have more or fewer parts than it.
#pragma once

#include <string>
#include <vector>

#include "envs/mujoco_model.h"

namespace curl_rl::envs::suite {

/// Errors are of this program, not of its input, but for a file that is missing: every part that a
/// task names must be in the file. They are std::logic_error with the file's name.
class ModelText {
 public:
  /// `path`: an MJCF file; the files it includes lie beside it. Throws std::runtime_error if it
  /// cannot be read.
  explicit ModelText(const std::string& path);

  /// Puts `to` where `from` is first found.
  void Replace(const std::string& from, const std::string& to);

  /// Gives the first attribute NAME="FROM" the value `to`, which may be any text.
  void ReplaceValue(const std::string& name, const std::string& from, const std::string& to);

  /// Takes out the element that starts with <tag name="name", with all that it holds.
  void Remove(const std::string& tag, const std::string& name);

  /// Compiles the text, which may include the files that the suite's models share.
  ModelPtr Load() const;

  /// Compiles the text, which may include the files of `folder` that `includes` names.
  ModelPtr LoadWith(const std::string& folder, const std::vector<std::string>& includes) const;

 private:
  std::size_t Find(const std::string& part, std::size_t from = 0) const;

  std::string folder_;
  std::string file_;
  std::string text_;
};

}  // namespace curl_rl::envs::suite
