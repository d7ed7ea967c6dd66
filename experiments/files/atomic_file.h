// Files that are there whole or not at all, and the owner of a file descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace curl_rl::experiments {

/// The system refused something a file needed; `code` is its errno.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& message, int code) : std::runtime_error(message), code_(code) {}

  int code() const { return code_; }
  /// The disk is full, a quota or a size limit reached: it may work later.
  bool out_of_space() const;

 private:
  int code_;
};

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

/// FileError "path: what: reason", the reason from errno.
[[noreturn]] void ThrowErrno(const std::string& path, const std::string& what);

/// Writes all of `bytes`; `path` is for the message of the FileError.
void WriteAll(const FileDescriptor& file, const void* bytes, std::size_t size,
              const std::string& path);
void WriteAll(const FileDescriptor& file, const std::string& bytes, const std::string& path);

/// Waits until the file's bytes are on the disk. Throws FileError.
void Sync(const FileDescriptor& file, const std::string& path);

/// Waits until the names in `folder` are on the disk: a new or renamed file may be lost with the
/// power until then, however well its bytes are synced. Throws FileError.
void SyncFolder(const std::string& folder);

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

  /// Makes the file, empty; never through a link that somebody put in its place. To be called
  /// before anything opens write_path() that could follow one. Throws FileError.
  FileDescriptor Create() const;

  /// Call it after closing or syncing. Throws FileError.
  void Commit();

 private:
  std::string path_;
  std::string write_path_;
  bool temporary_ = true;
};

/// Replaces `path` by a file that holds `bytes`: a PendingFile, synced with its name, so that a
/// crash, a power cut or a full disk leaves the old file or the new one. Throws FileError.
void WriteFileAtomically(const std::string& path, const std::string& bytes);

/// Whether a file of this name is a PendingFile's, perhaps of a killed process.
bool IsPendingFile(const std::string& name);

/// Removes from `folder` what PendingFiles of killed processes left there: regular files alone.
void RemovePendingFiles(const std::string& folder);

/// Opens a regular file for reading. Throws FileError for anything else too: a device may have no
/// end, and a pipe nobody who writes.
FileDescriptor OpenRegular(const std::string& path);

/// What is left of an open file, at most `size` bytes to `bytes`; returns how many, 0 at its end.
/// Throws FileError.
std::size_t ReadSome(const FileDescriptor& file, void* bytes, std::size_t size,
                     const std::string& path);

/// The whole of a regular file. Throws FileError, also if it has more than `max_bytes`.
std::string ReadWholeFile(const std::string& path,
                          std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max());

}  // namespace curl_rl::experiments
