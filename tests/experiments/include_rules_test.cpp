// Which folder may include what: the table that keeps the parts of the project apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Names = std::vector<std::string>;

// Beginnings of what the folder's #include lines may name, besides itself, the standard library and
// POSIX. A library that is new to a folder must be added here, or better not.
const std::map<std::string, Names> kMayInclude = {
    {"envs", {"mujoco/", "EGL/", "GL/", "GLFW/"}},
    {"encoders", {"torch/", "ATen/", "c10/"}},
    {"replay", {"envs/environment.h", "torch/", "ATen/", "c10/"}},
    {"agents", {"encoders/", "replay/", "envs/environment.h", "torch/", "ATen/", "c10/"}},
    {"experiments", {"envs/",    "encoders/", "replay/", "agents/",
                     "torch/",   "ATen/",     "c10/",    "caffe2/serialize/",
                     "mujoco/",  "yaml-cpp/", "boost/",  "nlohmann/",
                     "GLFW/",    "GL/",       "libav",   "libsw",
                     "librsvg/", "cairo",     "png.h",   "zstd.h"}},
};

const Names kPosix = {"sys/", "netinet/", "arpa/"};

bool BeginsWithOneOf(const std::string& text, const Names& beginnings) {
  for (const std::string& beginning : beginnings) {
    if (text.rfind(beginning, 0) == 0) return true;
  }
  return false;
}

// Every #include of `source` that `folder` must not have.
Names Violations(const std::string& folder, std::istream& source) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
  Names violations;
  for (std::string line; std::getline(source, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const std::string name = match[2];
    // A name with neither folder nor .h is the standard library; a plain .h in <> is the C
    // library's or POSIX's, but for those that name a library.
    const bool system = match[1] == "<" &&
                        (name.find('/') == std::string::npos || BeginsWithOneOf(name, kPosix)) &&
                        name != "png.h" && name != "zstd.h";
    const bool own = match[1] == "\"" && name.rfind(folder + "/", 0) == 0;
    if (!system && !own && !BeginsWithOneOf(name, kMayInclude.at(folder))) {
      violations.push_back(name);
    }
  }
  return violations;
}

TEST(IncludeRules, EveryFolderKeepsThem) {
  namespace fs = std::filesystem;
  int files = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(CURL_RL_SOURCE_DIR) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".cu") continue;
      std::ifstream file(entry.path());
      EXPECT_THAT(Violations(folder, file), testing::IsEmpty()) << entry.path();
      ++files;
    }
  }
  EXPECT_GT(files, 50);  // a wrong path would find no violation either
}

TEST(IncludeRules, ViolationsAreFound) {
  const auto violations = [](const std::string& folder, const std::string& text) {
    std::istringstream source(text);
    return Violations(folder, source);
  };
  EXPECT_THAT(violations("envs", "#include <torch/torch.h>\n#include <vector>\n"),
              testing::ElementsAre("torch/torch.h"));
  EXPECT_THAT(violations("envs", "#include \"experiments/config/config.h\"\n#include \"envs/a.h\""),
              testing::ElementsAre("experiments/config/config.h"));
  EXPECT_THAT(violations("replay", "  # include \"envs/registry.h\"\n"),
              testing::ElementsAre("envs/registry.h"));
  EXPECT_THAT(violations("agents", "#include <mujoco/mujoco.h>"),
              testing::ElementsAre("mujoco/mujoco.h"));
  EXPECT_THAT(violations("encoders", "#include <sys/types.h>\n#include <png.h>"),
              testing::ElementsAre("png.h"));
  EXPECT_THAT(violations("experiments", "#include \"../envs/registry.h\""),
              testing::ElementsAre("../envs/registry.h"));
}

}  // namespace
