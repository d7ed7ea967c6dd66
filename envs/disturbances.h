// Disturbed pixels: what may change from episode to episode of how a task looks, by kind and
// strength. Starts, physics and rewards stay the task's: what is drawn alone is touched.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envs/setting.h"

namespace curl_rl::envs {

/// How far a disturbance goes; docs/disturbances.md has the numbers.
enum class Strength { kNone, kEasy, kMedium, kHard };
constexpr EnumName<Strength> kStrengths[] = {{Strength::kNone, "none"},
                                             {Strength::kEasy, "easy"},
                                             {Strength::kMedium, "medium"},
                                             {Strength::kHard, "hard"}};
inline const auto& NamesOf(Strength) { return kStrengths; }

/// What of the frames is disturbed, and how strongly.
struct Disturbances {
  Strength colors = Strength::kNone;  // of materials; textures are tinted
  Strength camera = Strength::kNone;  // its place about the task, and its roll
  Strength light = Strength::kNone;   // direction and colour
  // What is seen where nothing is (sky), at most one of:
  Strength noise = Strength::kNone;
  Strength pictures = Strength::kNone;
  Strength video = Strength::kNone;
  std::string from;  // folder of pictures; a video or a folder of them

  bool any() const;

  /// Of noise, pictures or video, whichever there is.
  Strength background() const;
};

/// "colors=hard,camera=easy,video=hard:FILE": kinds, each once, with a strength; pictures and video
/// with their file or folder, whose name has no comma. "" and "none" are none of them. Throws
/// std::invalid_argument that names what is wrong and what is allowed.
Disturbances ParseDisturbances(const std::string& text);

/// The same of several such texts together, as a config lists them; "none" stands alone.
Disturbances ParseDisturbances(const std::vector<std::string>& texts);

/// What ParseDisturbances reads, kinds in the order of the struct; "none" for none.
std::string TextOf(const Disturbances& disturbances);

/// For columns: "colors_hard_camera_easy", without files; "none".
std::string NameOf(const Disturbances& disturbances);

/// How many different pictures or videos a strength shows, the first ones by name; 0: all.
int CountOf(Strength strength);

/// Whether it takes the place of the ground too, not of the sky alone. Of a task that is seen from
/// above, without any sky, every strength does.
bool CoversGround(Strength strength);

/// What is to be seen behind a task, held by all its environments together.
struct Backdrop {
  int side = 0;  // height and width of every picture
  // Each a picture or a video: uint8 RGB [frames, side, side, 3].
  std::vector<std::vector<std::uint8_t>> clips;

  std::size_t picture_bytes() const { return std::size_t{3} * side * side; }
};

/// A number of 64 bits that has nothing in common with that of the neighbour of `bits` (the
/// finaliser of splitmix64, Steele et al. 2014).
std::uint64_t Mixed(std::uint64_t bits);

}  // namespace curl_rl::envs
