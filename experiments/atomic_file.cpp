#include "experiments/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
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

void WriteAll(const FileDescriptor& file, const void* bytes, std::size_t size,
              const std::string& path) {
  const auto* data = static_cast<const char*>(bytes);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::write(file.get(), data + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ThrowErrno(path, "cannot write");
    done += static_cast<std::size_t>(count);
  }
}

void WriteAll(const FileDescriptor& file, const std::string& bytes, const std::string& path) {
  WriteAll(file, bytes.data(), bytes.size(), path);
}

void Sync(const FileDescriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) ThrowErrno(path, "cannot write");
}

PendingFile::PendingFile(const std::string& path) : path_(path), write_path_(path) {
  temporary_ = !std::filesystem::exists(path) || std::filesystem::is_regular_file(path);
  if (temporary_) write_path_ += ".tmp" + std::to_string(::getpid());
}

PendingFile::~PendingFile() {
  if (temporary_) ::unlink(write_path_.c_str());
}

void PendingFile::Commit() {
  if (temporary_ && ::rename(write_path_.c_str(), path_.c_str()) != 0) {
    ThrowErrno(path_, "cannot replace");
  }
  temporary_ = false;
}

void WriteFileAtomically(const std::string& path, const std::string& bytes) {
  PendingFile pending(path);
  const FileDescriptor file(
      ::open(pending.write_path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) ThrowErrno(path, "cannot create");
  WriteAll(file, bytes, path);
  // EINVAL: a device or pipe, which has nothing to sync.
  if (::fsync(file.get()) != 0 && errno != EINVAL) ThrowErrno(path, "cannot write");
  pending.Commit();
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ThrowErrno(path, "cannot read");
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) ThrowErrno(path, "cannot read");
  return bytes;
}

}  // namespace curl_rl::experiments
