// What keeps the sources readable: which folder and which room may include what, how each opens,
// how long they are and how much of them is explanation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

using Names = std::vector<std::string>;

// A folder, and beginnings of what its #include lines may name, besides itself, the standard
// library and POSIX.
struct Place {
  std::string folder;
  Names may_include;
};

// A library that is new to a place must be added here, or better not. The rooms of experiments/
// stand from the ground up: each may also include those above its line, so that none includes
// commands/ and there is no circle. LibTorch's beginnings are torch/, ATen/ and c10/.
const std::vector<Place> kPlaces = {
    {"envs", {"mujoco/", "EGL/", "GL/", "GLFW/"}},
    {"encoders",
     {"envs/setting.h", "envs/nearest_name.h", "envs/plugin.h", "replay/view.h",
      "replay/named_tensors.h", "torch/", "ATen/", "c10/"}},
    {"replay", {"envs/environment.h", "envs/setting.h", "torch/", "ATen/", "c10/", "lz4"}},
    {"agents",
     {"encoders/", "replay/", "envs/environment.h", "envs/setting.h", "torch/", "ATen/", "c10/"}},
    {"experiments/files", {"envs/file_kind.h", "nlohmann/", "png.h", "zlib.h"}},
    {"experiments/config",
     {"envs/", "agents/agent_config.h", "encoders/objective_plugin.h", "replay/frame_storage.h",
      "yaml-cpp/", "boost/"}},
    {"experiments/machine", {"envs/", "replay/", "torch/", "ATen/"}},
    {"experiments/run", {"mujoco/", "boost/", "nlohmann/"}},
    {"experiments/checkpoints",
     {"replay/", "agents/", "torch/", "caffe2/serialize/", "nlohmann/", "zlib.h", "zstd.h"}},
    {"experiments/video", {"envs/", "libav", "libsw"}},
    {"experiments/play", {"envs/", "replay/", "agents/", "torch/", "nlohmann/"}},
    {"experiments/viewer", {"envs/", "mujoco/", "GLFW/"}},
    {"experiments/reports", {"envs/xml_escaped.h", "librsvg/", "cairo", "nlohmann/"}},
    {"experiments/comparison/statistics", {"envs/nearest_name.h", "replay/mix64.h"}},
    {"experiments/comparison/input", {"yaml-cpp/", "nlohmann/"}},
    {"experiments/comparison/report", {"nlohmann/"}},
    {"experiments/probe", {"envs/", "encoders/", "replay/", "agents/", "torch/", "nlohmann/"}},
    {"experiments/training", {"envs/", "replay/", "agents/", "torch/", "c10/", "nlohmann/"}},
    {"experiments/sweep", {"envs/nearest_name.h", "replay/process_limits.h", "nlohmann/"}},
    {"experiments/commands",
     {"envs/", "encoders/", "replay/", "agents/", "torch/", "mujoco/", "boost/", "nlohmann/"}},
};

const Names kTops = {"envs", "encoders", "replay", "agents", "experiments"};
const Names kPosix = {"sys/", "netinet/", "arpa/"};
const Names kLibraries = {"lz4", "png.h", "zlib.h", "zstd.h"};  // that have no folder either

bool BeginsWithOneOf(const std::string& text, const Names& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& b) { return text.rfind(b, 0) == 0; });
}

using Iterator = std::vector<Place>::const_iterator;

// Where `file`, a path from the source folder, lies; kPlaces.end(): nowhere.
Iterator PlaceOf(const std::string& file) {
  return std::find_if(kPlaces.begin(), kPlaces.end(),
                      [&](const Place& p) { return file.rfind(p.folder + "/", 0) == 0; });
}

bool MayInclude(Iterator place, const std::string& name, bool in_brackets) {
  // In <> a name with neither folder nor .h is the standard library's; a plain .h is the C
  // library's or POSIX's, but for those that name a library.
  if (in_brackets && !BeginsWithOneOf(name, kLibraries) &&
      (name.find('/') == std::string::npos || BeginsWithOneOf(name, kPosix))) {
    return true;
  }
  if (name == "torch/torch.h") return false;  // all of LibTorch: minutes of a whole build
  const auto other = PlaceOf(name);
  if (!in_brackets && other == place) return true;
  const bool rooms = BeginsWithOneOf(name, {"experiments/"}) && other != kPlaces.end() &&
                     BeginsWithOneOf(place->folder, {"experiments/"});
  return rooms ? other < place : BeginsWithOneOf(name, place->may_include);
}

// The sources below these folders of `root`, those of the product unless told, as paths from there.
Names Sources(const std::string& root, const Names& tops = kTops) {
  Names sources;
  for (const std::string& top : tops) {
    if (!fs::exists(fs::path(root) / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
      const std::string extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".in") {
        sources.push_back(fs::relative(entry.path(), root).generic_string());
      }
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

// "FILE: INCLUDED" for every #include below `root` that must not be, "FILE: lies in no room".
Names BrokenRules(const std::string& root) {
  static const std::regex kInclude("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
  Names broken;
  for (const std::string& source : Sources(root)) {
    const auto place = PlaceOf(source);
    if (place == kPlaces.end()) {
      broken.push_back(source + ": lies in no room");
      continue;
    }
    std::ifstream file(fs::path(root) / source);
    for (std::string line; std::getline(file, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      if (!MayInclude(place, match[2], match[1] == "<")) {
        broken.push_back(source + ": " + match[2].str());
      }
    }
  }
  return broken;
}

// What is wrong with the first line of the file, "" if nothing.
std::string OpeningFault(const std::string& file, const std::string& line) {
  constexpr int kLeastWords = 3;
  if (line.rfind("// ", 0) != 0) return "does not open with a comment";
  std::istringstream words(line.substr(3));
  const std::vector<std::string> said{std::istream_iterator<std::string>(words), {}};
  if (said.size() < kLeastWords) return "says too little: " + line;
  if (said.front().rfind(fs::path(file).stem().string() + ".", 0) == 0) return "says its name";
  return "";
}

TEST(IncludeRules, EveryFolderAndRoomKeepsThem) {
  EXPECT_THAT(BrokenRules(CURL_RL_SOURCE_DIR), IsEmpty());
  const auto sources = Sources(CURL_RL_SOURCE_DIR);
  for (const Place& place : kPlaces) {  // a place without files would keep every rule
    EXPECT_TRUE(std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return PlaceOf(source)->folder == place.folder;
    })) << place.folder;
  }
}

TEST(IncludeRules, BrokenOnesAreFound) {
  const auto broken = [](const std::string& file, const std::string& text) {
    const TemporaryDirectory tree;
    fs::create_directories(fs::path(tree.File(file)).parent_path());
    tree.Write(file, text);
    return BrokenRules(tree.path());
  };
  // 1. Top folders.
  EXPECT_THAT(broken("envs/a.h", "#include <torch/types.h>\n#include <vector>\n"),
              ElementsAre("envs/a.h: torch/types.h"));
  EXPECT_THAT(broken("encoders/a.h", "#include <torch/types.h>\n#include <torch/torch.h>\n"),
              ElementsAre("encoders/a.h: torch/torch.h"));
  EXPECT_THAT(broken("envs/suite/a.cpp", "#include \"experiments/run/b.h\"\n#include \"envs/a.h\""),
              ElementsAre("envs/suite/a.cpp: experiments/run/b.h"));
  EXPECT_THAT(broken("replay/a.cu", "  # include \"envs/registry.h\"\n"),
              ElementsAre("replay/a.cu: envs/registry.h"));
  EXPECT_THAT(broken("replay/a.h", "#include \"encoders/a.h\"\n#include \"envs/environment.h\""),
              ElementsAre("replay/a.h: encoders/a.h"));
  EXPECT_THAT(
      broken("encoders/a.h", "#include \"replay/view.h\"\n#include \"replay/replay_buffer.h\""),
      ElementsAre("encoders/a.h: replay/replay_buffer.h"));
  EXPECT_THAT(broken("encoders/conv3x3/a.h", "#include \"agents/a.h\"\n#include \"encoders/b.h\""),
              ElementsAre("encoders/conv3x3/a.h: agents/a.h"));
  EXPECT_THAT(broken("agents/a.h", "#include <mujoco/mujoco.h>\n#include \"encoders/a.h\""),
              ElementsAre("agents/a.h: mujoco/mujoco.h"));
  EXPECT_THAT(broken("encoders/a.cpp", "#include <sys/types.h>\n#include <png.h>"),
              ElementsAre("encoders/a.cpp: png.h"));
  // 2. Rooms: downwards only, never commands/, libraries by room.
  EXPECT_THAT(broken("experiments/run/a.h",
                     "#include \"experiments/files/b.h\"\n#include \"experiments/run/c.h\"\n"
                     "#include \"experiments/training/d.h\"\n"),
              ElementsAre("experiments/run/a.h: experiments/training/d.h"));
  EXPECT_THAT(broken("experiments/comparison/input/a.h",
                     "#include \"experiments/comparison/statistics/b.h\"\n"
                     "#include \"experiments/comparison/report/c.h\"\n"),
              ElementsAre("experiments/comparison/input/a.h: experiments/comparison/report/c.h"));
  EXPECT_THAT(broken("experiments/sweep/a.cpp", "#include \"experiments/commands/command.h\"\n"),
              ElementsAre("experiments/sweep/a.cpp: experiments/commands/command.h"));
  EXPECT_THAT(broken("experiments/commands/a.cpp",
                     "#include \"experiments/commands/command.h\"\n#include <torch/types.h>\n"
                     "#include \"experiments/sweep/grid.h\"\n"),
              IsEmpty());
  EXPECT_THAT(broken("experiments/config/a.h", "#include <torch/types.h>\n#include <yaml-cpp/a.h>"),
              ElementsAre("experiments/config/a.h: torch/types.h"));
  // 3. What lies nowhere.
  EXPECT_THAT(broken("experiments/a.h", "#include <vector>\n"),
              ElementsAre("experiments/a.h: lies in no room"));
  EXPECT_THAT(broken("experiments/utils/a.cpp", ""),
              ElementsAre("experiments/utils/a.cpp: lies in no room"));
  EXPECT_THAT(broken("experiments/files/a.h", "#include \"experiments/b.h\"\n"),
              ElementsAre("experiments/files/a.h: experiments/b.h"));
  EXPECT_THAT(broken("experiments/files/a.h", "#include \"../config/b.h\"\n"),
              ElementsAre("experiments/files/a.h: ../config/b.h"));
}

TEST(OpeningLine, OfEverySourceSaysWhatItIs) {
  auto sources = Sources(CURL_RL_SOURCE_DIR);
  for (const auto& source : Sources(CURL_RL_SOURCE_DIR, Names{"tests", "benchmarks", "examples"})) {
    sources.push_back(source);
  }
  for (const std::string& source : sources) {
    std::string line;
    std::ifstream file(fs::path(CURL_RL_SOURCE_DIR) / source);
    std::getline(file, line);
    EXPECT_EQ(OpeningFault(source, line), "") << source;
  }
}

TEST(OpeningLine, FaultsAreFound) {
  EXPECT_EQ(OpeningFault("envs/a.cpp", "// Draws a scene."), "");
  EXPECT_EQ(OpeningFault("envs/a.cpp", "#pragma once"), "does not open with a comment");
  EXPECT_EQ(OpeningFault("envs/a.cpp", ""), "does not open with a comment");
  EXPECT_EQ(OpeningFault("envs/a.cpp", "// A scene."), "says too little: // A scene.");
  EXPECT_EQ(OpeningFault("envs/a.cpp", "// a.cpp draws a scene."), "says its name");
}

// Lines of a file that are not empty, and those of them with a comment, alone or behind code.
struct LineCount {
  int all = 0;
  int commented = 0;
};

LineCount CountLines(std::istream& file) {
  static const std::regex kText("\"([^\"\\\\]|\\\\.)*\"");  // may hold the slashes of an address
  LineCount count;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    ++count.all;
    if (line.find("//") == std::string::npos) continue;
    if (std::regex_replace(line, kText, "").find("//") != std::string::npos) ++count.commented;
  }
  return count;
}

// The median source is under 150 lines, nine in ten are under 300, and a comment stands in 12 to 20
// of a hundred lines, headers and sources together.
TEST(Sizes, OfTheSourcesAreKept) {
  std::vector<int> lines;
  LineCount total;
  for (const std::string& source : Sources(CURL_RL_SOURCE_DIR)) {
    std::ifstream file(fs::path(CURL_RL_SOURCE_DIR) / source);
    const LineCount count = CountLines(file);
    lines.push_back(count.all);
    total.all += count.all;
    total.commented += count.commented;
  }
  std::sort(lines.begin(), lines.end());
  ASSERT_GT(lines.size(), 100u);
  EXPECT_LT(lines[lines.size() / 2], 150);
  EXPECT_LT(lines[lines.size() * 9 / 10], 300);
  const double share = static_cast<double>(total.commented) / total.all;
  EXPECT_GE(share, 0.12);
  EXPECT_LE(share, 0.20);
}

TEST(Sizes, CommentsAreCountedWhereverTheyStand) {
  std::istringstream file(
      "// Opens.\n\nint a;  // [B]\nauto b = \"https://c\";\nauto d = \"//\";  // e\n\n");
  const LineCount count = CountLines(file);
  EXPECT_EQ(count.all, 4);
  EXPECT_EQ(count.commented, 3);
}

}  // namespace
}  // namespace curl_rl::experiments
