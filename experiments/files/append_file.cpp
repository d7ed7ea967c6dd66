// Appends whole pieces; what a full disk refuses waits in memory for the next try.
#include "experiments/files/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace curl_rl::experiments {

AppendFile::AppendFile(const std::string& path, int open_flags)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | open_flags, 0666)) {
  if (file_.get() < 0) ThrowErrno(path_, "cannot open");
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) ThrowErrno(path_, "cannot read");
  size_ = status.st_size;
}

void AppendFile::WriteWaiting() {
  if (waiting_.empty()) return;
  try {
    WriteAll(file_, waiting_, path_);
  } catch (const FileError&) {
    // A full disk may have taken the first half of a piece: a reader must not find it.
    if (::ftruncate(file_.get(), size_) != 0) ThrowErrno(path_, "cannot cut a torn end off");
    throw;
  }
  size_ += static_cast<std::int64_t>(waiting_.size());
  waiting_.clear();
}

void AppendFile::Append(const std::string& piece) {
  waiting_ += piece;
  try {
    WriteWaiting();
  } catch (const FileError& error) {
    if (!error.out_of_space()) throw;
  }
}

void AppendFile::Sync() {
  WriteWaiting();
  try {
    experiments::Sync(file_, path_);
  } catch (const FileError& error) {
    throw std::runtime_error(std::string(error.what()) + "; what it holds is not certain");
  }
}

}  // namespace curl_rl::experiments
