// Writes under a temporary name, syncs, and renames: what is there is whole.
#include "experiments/files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "envs/file_kind.h"

namespace curl_rl::experiments {
namespace {

constexpr char kPending[] = ".tmp";  // and the process's number: the end of a PendingFile's name

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool FileError::out_of_space() const {
  return code_ == ENOSPC || code_ == EDQUOT || code_ == EFBIG;
}

void ThrowErrno(const std::string& path, const std::string& what) {
  const int code = errno;
  throw FileError(path + ": " + what + ": " + std::generic_category().message(code), code);
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

void SyncFolder(const std::string& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0) ThrowErrno(folder, "cannot open");
  // EINVAL: a file system that has no such thing.
  if (::fsync(file.get()) != 0 && errno != EINVAL) ThrowErrno(folder, "cannot write");
}

PendingFile::PendingFile(const std::string& path) : path_(path), write_path_(path) {
  temporary_ = !std::filesystem::exists(path) || std::filesystem::is_regular_file(path);
  if (!temporary_) return;
  write_path_ += kPending + std::to_string(::getpid());
  // What a killed process of this number left; or a link that somebody put there: whoever creates
  // the file then creates it anew.
  ::unlink(write_path_.c_str());
}

PendingFile::~PendingFile() {
  if (temporary_) ::unlink(write_path_.c_str());
}

FileDescriptor PendingFile::Create() const {
  const int flags = O_WRONLY | O_CLOEXEC | (temporary_ ? O_CREAT | O_EXCL : O_TRUNC);
  FileDescriptor file(::open(write_path_.c_str(), flags, 0666));
  if (file.get() < 0) ThrowErrno(path_, "cannot create");
  return file;
}

void PendingFile::Commit() {
  if (temporary_ && ::rename(write_path_.c_str(), path_.c_str()) != 0) {
    ThrowErrno(path_, "cannot replace");
  }
  temporary_ = false;
}

void WriteFileAtomically(const std::string& path, const std::string& bytes) {
  PendingFile pending(path);
  const FileDescriptor file = pending.Create();
  WriteAll(file, bytes, path);
  // EINVAL: a device or pipe, which has nothing to sync.
  if (::fsync(file.get()) != 0 && errno != EINVAL) ThrowErrno(path, "cannot write");
  const bool replaced = pending.write_path() != path;
  pending.Commit();
  const auto folder = std::filesystem::path(path).parent_path();
  if (replaced) SyncFolder(folder.empty() ? "." : folder.string());
}

bool IsPendingFile(const std::string& name) {
  constexpr std::size_t kSize = sizeof kPending - 1;
  const auto end = name.rfind(kPending);
  return end != std::string::npos && end + kSize < name.size() &&
         name.find_first_not_of("0123456789", end + kSize) == std::string::npos;
}

void RemovePendingFiles(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    // A folder of such a name is somebody else's.
    if (entry.symlink_status().type() != std::filesystem::file_type::regular) continue;
    if (IsPendingFile(entry.path().filename().string())) paths.push_back(entry.path());
  }
  for (const auto& path : paths) std::filesystem::remove(path);
}

FileDescriptor OpenRegular(const std::string& path) {
  // Without O_NONBLOCK opening a pipe would wait for a writer.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const int code = errno;
  struct stat opened {};
  if (file.get() >= 0 && ::fstat(file.get(), &opened) != 0) ThrowErrno(path, "cannot read");
  if (file.get() >= 0 && S_ISREG(opened.st_mode)) return file;
  std::error_code other;
  const auto status = std::filesystem::status(path, other);
  if (file.get() < 0 && status.type() != std::filesystem::file_type::socket) {
    errno = code;
    ThrowErrno(path, "cannot read");
  }
  throw FileError(path + ": cannot read: it is " + envs::KindOfFile(status) + ", no regular file",
                  std::filesystem::is_directory(status) ? EISDIR : EINVAL);
}

std::size_t ReadSome(const FileDescriptor& file, void* bytes, std::size_t size,
                     const std::string& path) {
  for (;;) {
    const ssize_t count = ::read(file.get(), bytes, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) ThrowErrno(path, "cannot read");
  }
}

std::string ReadWholeFile(const std::string& path, std::int64_t max_bytes) {
  const FileDescriptor file = OpenRegular(path);
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  while (const std::size_t count = ReadSome(file, buffer.data(), buffer.size(), path)) {
    bytes.append(buffer.data(), count);
    if (static_cast<std::int64_t>(bytes.size()) > max_bytes) {
      throw FileError(path + ": cannot read: it has more than " + std::to_string(max_bytes) +
                          " bytes, the most that such a file may have",
                      EINVAL);
    }
  }
  return bytes;
}

}  // namespace curl_rl::experiments
