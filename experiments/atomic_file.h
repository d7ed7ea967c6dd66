// Files that are there whole or not at all, and the owner of a file descriptor.
#pragma once

#include <string>

namespace curl_rl::experiments {

/// Owns an open file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// std::runtime_error "path: what: reason", the reason from errno.
[[noreturn]] void ThrowErrno(const std::string& path, const std::string& what);

/// Writes all of `bytes`; `path` is for the message of the std::runtime_error.
void WriteAll(const FileDescriptor& file, const std::string& bytes, const std::string& path);

/// Replaces `path` by a file that holds `bytes`: a temporary file beside it is written, synced and
/// renamed, so that a crash or a full disk leaves the old file. Throws std::runtime_error.
void WriteFileAtomically(const std::string& path, const std::string& bytes);

/// The whole file. Throws std::runtime_error.
std::string ReadWholeFile(const std::string& path);

}  // namespace curl_rl::experiments
