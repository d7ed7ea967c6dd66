#include "experiments/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace curl_rl::experiments {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void ThrowErrno(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what + ": " + std::strerror(errno));
}

void WriteAll(const FileDescriptor& file, const std::string& bytes, const std::string& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ThrowErrno(path, "cannot write");
    done += static_cast<std::size_t>(count);
  }
}

void WriteFileAtomically(const std::string& path, const std::string& bytes) {
  const std::string temporary = path + ".tmp" + std::to_string(::getpid());
  const FileDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) ThrowErrno(path, "cannot create");
  try {
    WriteAll(file, bytes, path);
    if (::fsync(file.get()) != 0) ThrowErrno(path, "cannot write");
    if (::rename(temporary.c_str(), path.c_str()) != 0) ThrowErrno(path, "cannot replace");
  } catch (const std::runtime_error&) {
    ::unlink(temporary.c_str());
    throw;
  }
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ThrowErrno(path, "cannot read");
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) ThrowErrno(path, "cannot read");
  return bytes;
}

}  // namespace curl_rl::experiments
