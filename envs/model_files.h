// The files that an MJCF model is made of, found by reading its text as MuJoCo will, and what is
// refused of them before MuJoCo opens them.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::envs {

/// The model `path` first, then every file that it or what it includes names (other MJCF files,
/// meshes, textures, height fields, skins), each once. Looked for where MuJoCo looks: beside the
/// model, beside what includes them, in the folders of <compiler>; a name that stands for no file
/// is left out, since MuJoCo says so better. Throws std::runtime_error that begins with the file's
/// path if one is no regular file (a pipe would wait for ever), or if there are too many.
std::vector<std::string> FilesOfModel(const std::string& path);

/// Refuses the files of a model with which MuJoCo 2.2 ends the process or takes all memory, where
/// that is cheap to see: a mesh (.obj) whose faces name vertices that it does not have or whose
/// numbers are not finite, a built-in texture or a height field of more than 2^26 points. Throws
/// std::runtime_error that begins with the file's path.
void CheckModelFiles(const std::string& path);

}  // namespace curl_rl::envs
