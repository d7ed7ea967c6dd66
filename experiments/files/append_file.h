// A log file that grows by whole pieces and loses none to a full disk.
#pragma once

#include <cstdint>
#include <string>

#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {

class AppendFile {
 public:
  AppendFile() = default;
  /// Opens `path` to append, with `open_flags` besides (O_CREAT | O_EXCL: it must be new). Throws
  /// FileError.
  AppendFile(const std::string& path, int open_flags);

  /// Appends all of `piece` or, if there is no space for it, none of it: it then waits in memory
  /// for the next Append or Sync. Throws FileError for any other failure.
  void Append(const std::string& piece);

  /// Writes what waits and returns when all is on the disk. Throws FileError if it cannot be
  /// written, also for want of space; std::runtime_error if it cannot be synced: the system may
  /// then have dropped what it had taken, and trying again would not tell.
  void Sync();

  /// True if something waits for space.
  bool waiting() const { return !waiting_.empty(); }

  const std::string& path() const { return path_; }

 private:
  void WriteWaiting();

  std::string path_;
  FileDescriptor file_;
  std::int64_t size_ = 0;  // of the file, whole pieces only
  std::string waiting_;
};

}  // namespace curl_rl::experiments
