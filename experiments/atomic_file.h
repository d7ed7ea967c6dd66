// Files that are there whole or not at all, and the owner of a file descriptor.
#pragma once

#include <cstddef>
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
void WriteAll(const FileDescriptor& file, const void* bytes, std::size_t size,
              const std::string& path);
void WriteAll(const FileDescriptor& file, const std::string& bytes, const std::string& path);

/// Waits until the file's bytes are on the disk.
void Sync(const FileDescriptor& file, const std::string& path);

/// A file that will replace `path` when it is complete: written beside it and renamed by Commit, or
/// removed if Commit is never called. What is there but no regular file (/dev/stdout) cannot be
/// replaced and is written to directly.
class PendingFile {
 public:
  explicit PendingFile(const std::string& path);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  const std::string& write_path() const { return write_path_; }

  /// Call it after closing or syncing. Throws std::runtime_error.
  void Commit();

 private:
  std::string path_;
  std::string write_path_;
  bool temporary_ = true;
};

/// Replaces `path` by a file that holds `bytes`: a PendingFile, synced, so
/// that a crash or a full disk leaves the old file. Throws std::runtime_error.
void WriteFileAtomically(const std::string& path, const std::string& bytes);

/// The whole file. Throws std::runtime_error.
std::string ReadWholeFile(const std::string& path);

}  // namespace curl_rl::experiments
