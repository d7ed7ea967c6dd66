#include "experiments/tensorboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace curl_rl::experiments {
namespace {

// Protocol-buffer wire format: a field is a varint key (number * 8 + wire type), then its value.
// Field numbers are those of tensorflow/core/util/event.proto and framework/summary.proto.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Key(int field, WireType type) {
  return Varint(static_cast<std::uint64_t>(field * 8 + type));
}

template <typename T>
std::string LittleEndian(T value) {
  static_assert(std::is_unsigned_v<T>);
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

template <typename Bits, typename Real>
std::string RealBytes(Real value) {
  static_assert(sizeof(Bits) == sizeof(Real));
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  return LittleEndian(bits);
}

std::string BytesField(int field, const std::string& bytes) {
  return Key(field, kBytes) + Varint(bytes.size()) + bytes;
}

std::string EventHead(double wall_time, std::int64_t step) {
  return Key(1, kFixed64) + RealBytes<std::uint64_t>(wall_time) +     // Event.wall_time
         Key(2, kVarint) + Varint(static_cast<std::uint64_t>(step));  // Event.step
}

double WallTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// TensorBoard reads the files of a folder in the order of their names, so time comes first.
std::string EventPath(const std::string& directory) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  char time[48];
  const long long microseconds = std::llround(WallTime() * 1e6);
  std::snprintf(time, sizeof time, "%010lld.%06lld", microseconds / 1000000,
                microseconds % 1000000);
  return directory + "/events.out.tfevents." + time + "." + host;
}

}  // namespace

std::uint32_t MaskedCrc32c(const std::string& data) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data.data(), data.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

std::string FrameRecord(const std::string& data) {
  const std::string length = LittleEndian(static_cast<std::uint64_t>(data.size()));
  return length + LittleEndian(MaskedCrc32c(length)) + data + LittleEndian(MaskedCrc32c(data));
}

std::string EncodeEventVersion(double wall_time) {
  return EventHead(wall_time, 0) + BytesField(3, "brain.Event:2");  // Event.file_version
}

std::string EncodeSessionStart(double wall_time, std::int64_t step) {
  const std::string start = Key(1, kVarint) + Varint(1);     // SessionLog.status = START
  return EventHead(wall_time, step) + BytesField(7, start);  // Event.session_log
}

std::string EncodeScalars(double wall_time, std::int64_t step,
                          const std::map<std::string, double>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    const std::string entry = BytesField(1, tag) +  // Value.tag
                              Key(2, kFixed32) +
                              RealBytes<std::uint32_t>(static_cast<float>(value));  // .simple_value
    summary += BytesField(1, entry);                                                // Summary.value
  }
  return EventHead(wall_time, step) + BytesField(5, summary);  // Event.summary
}

TensorBoardLog::TensorBoardLog(const std::string& directory, std::optional<std::int64_t> resumed_at)
    : path_(EventPath(directory)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (file_.get() < 0) ThrowErrno(path_, "cannot create");
  WriteAll(file_, FrameRecord(EncodeEventVersion(WallTime())), path_);
  if (resumed_at) {
    WriteAll(file_, FrameRecord(EncodeSessionStart(WallTime(), *resumed_at + 1)), path_);
  }
}

void TensorBoardLog::Write(std::int64_t step, const std::map<std::string, double>& scalars) {
  WriteAll(file_, FrameRecord(EncodeScalars(WallTime(), step, scalars)), path_);
}

}  // namespace curl_rl::experiments
