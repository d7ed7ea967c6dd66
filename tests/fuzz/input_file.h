// A fuzzer's input as a file, for readers that take a path.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace curl_rl::fuzz {

/// A folder of this process in memory, removed at its end.
class InputFolder {
 public:
  InputFolder() {
    std::string name = "/dev/shm/curl_rl_fuzz_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    path_ = name;
  }
  ~InputFolder() { std::filesystem::remove_all(path_); }
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;

  /// Writes `data` to the file `name` and returns its path.
  std::string Write(const std::string& name, const std::uint8_t* data, std::size_t size) const {
    const auto path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace curl_rl::fuzz
