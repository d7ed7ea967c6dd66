// The kinds and strengths of disturbed pixels: their names, read and written.
#include "envs/disturbances.h"

#include <sstream>
#include <stdexcept>

#include "envs/nearest_name.h"

namespace curl_rl::envs {
namespace {

struct Kind {
  const char* name;
  Strength Disturbances::*strength;
  bool from_files;
};

constexpr Kind kKinds[] = {
    {"colors", &Disturbances::colors, false},    {"camera", &Disturbances::camera, false},
    {"light", &Disturbances::light, false},      {"noise", &Disturbances::noise, false},
    {"pictures", &Disturbances::pictures, true}, {"video", &Disturbances::video, true},
};
constexpr char kAllowed[] =
    "; allowed: colors, camera, light or noise = easy, medium or hard; pictures or video = "
    "STRENGTH:PATH";

const Kind& FindKind(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind;
    names.emplace_back(kind.name);
  }
  throw std::invalid_argument("unknown disturbance '" + name + "'" + DidYouMean(name, names) +
                              kAllowed);
}

Strength FindStrength(const std::string& kind, const std::string& name) {
  for (const auto& strength : kStrengths) {
    if (name == strength.name) return strength.value;
  }
  throw std::invalid_argument("disturbance '" + kind + "': unknown strength '" + name +
                              "'; allowed: none, easy, medium, hard");
}

// "colors=hard" or "video=hard:FILE".
void ReadPart(const std::string& part, std::vector<std::string>* seen, Disturbances* all) {
  const std::size_t equals = part.find('=');
  if (equals == std::string::npos) {
    throw std::invalid_argument("disturbance '" + part + "' is not KIND=STRENGTH" + kAllowed);
  }
  const Kind& kind = FindKind(part.substr(0, equals));
  for (const std::string& earlier : *seen) {
    if (earlier == kind.name) {
      throw std::invalid_argument("disturbance '" + earlier + "' is given twice");
    }
  }
  seen->emplace_back(kind.name);
  const std::size_t colon = part.find(':', equals);
  const Strength strength = FindStrength(kind.name, part.substr(equals + 1, colon - equals - 1));
  const std::string from = colon == std::string::npos ? "" : part.substr(colon + 1);
  if (kind.from_files && strength != Strength::kNone && from.empty()) {
    throw std::invalid_argument(
        std::string("disturbance '") + kind.name + "' needs its files: " + kind.name + "=" +
        envs::NameOf(strength) + ":PATH, " +
        (kind.strength == &Disturbances::video ? "a video or a folder of videos"
                                               : "a folder of pictures"));
  }
  if (colon != std::string::npos && (!kind.from_files || strength == Strength::kNone)) {
    throw std::invalid_argument("disturbance '" + part + "' takes no files");
  }
  if (kind.from_files || kind.strength == &Disturbances::noise) {
    if (strength != Strength::kNone && all->background() != Strength::kNone) {
      throw std::invalid_argument(std::string("disturbance '") + kind.name +
                                  "': there is another background already; allowed: one of noise, "
                                  "pictures and video");
    }
  }
  all->*kind.strength = strength;
  if (!from.empty()) all->from = from;
}

}  // namespace

bool Disturbances::any() const {
  for (const Kind& kind : kKinds) {
    if (this->*kind.strength != Strength::kNone) return true;
  }
  return false;
}

Strength Disturbances::background() const {
  for (const Strength strength : {noise, pictures, video}) {
    if (strength != Strength::kNone) return strength;
  }
  return Strength::kNone;
}

Disturbances ParseDisturbances(const std::string& text) {
  Disturbances disturbances;
  if (text.empty() || text == "none") return disturbances;
  if (text.back() == ',') {
    throw std::invalid_argument("disturbances '" + text + "': nothing after the last comma");
  }
  std::vector<std::string> seen;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) ReadPart(part, &seen, &disturbances);
  return disturbances;
}

Disturbances ParseDisturbances(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return ParseDisturbances(all);
}

std::string TextOf(const Disturbances& disturbances) {
  std::string text;
  for (const Kind& kind : kKinds) {
    const Strength strength = disturbances.*kind.strength;
    if (strength == Strength::kNone) continue;
    text += (text.empty() ? "" : ",") + std::string(kind.name) + "=" + envs::NameOf(strength);
    if (kind.from_files) text += ":" + disturbances.from;
  }
  return text.empty() ? "none" : text;
}

std::string NameOf(const Disturbances& disturbances) {
  std::string name;
  for (const Kind& kind : kKinds) {
    const Strength strength = disturbances.*kind.strength;
    if (strength == Strength::kNone) continue;
    name += (name.empty() ? "" : "_") + std::string(kind.name) + "_" + envs::NameOf(strength);
  }
  return name.empty() ? "none" : name;
}

int CountOf(Strength strength) {
  constexpr int kCounts[] = {0, 4, 8, 0};  // those of the Distracting Control Suite
  return kCounts[static_cast<int>(strength)];
}

bool CoversGround(Strength strength) { return strength == Strength::kHard; }

std::uint64_t Mixed(std::uint64_t bits) {
  bits += 0x9E3779B97F4A7C15u;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
  return bits ^ (bits >> 31);
}

}  // namespace curl_rl::envs
