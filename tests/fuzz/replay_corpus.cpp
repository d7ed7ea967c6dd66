// Without libFuzzer: feeds every file of the folders and files named on the command line, and each
// of them cut at every 7th byte, to the fuzz target once.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int Feed(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  int count = 1;
  LLVMFuzzerTestOneInput(data, bytes.size());
  for (std::size_t size = 0; size < bytes.size(); size += 7, ++count) {
    LLVMFuzzerTestOneInput(data, size);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      count += Feed(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      count += Feed(entry.path());
    }
  }
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
