// What `import` looks at before LibTorch's unpickler does: a pickle, and the directory of a zip
// file.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "experiments/checkpoints/pickle_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curl_rl::experiments;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& pickle : {bytes, "\x80\x02" + bytes}) {
    try {
      CheckPickle(pickle);
    } catch (const std::runtime_error&) {
    }
  }
  // As it is, and before an end that is right.
  const std::string end("PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0", 22);
  for (const std::string& zip : {bytes, bytes + end}) {
    try {
      CheckZip(zip);
    } catch (const std::runtime_error&) {
    }
  }
  return 0;
}
