// Encodes events in protocol-buffer wire format, frames them with checksums, and cuts files back.
#include "experiments/run/tensorboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

namespace curl_rl::experiments {
namespace {

constexpr char kPrefix[] = "events.out.tfevents.";

// Protocol-buffer wire format: a field is a varint key (number * 8 + wire type), then its value.
// Field numbers are those of tensorflow/core/util/event.proto and framework/summary.proto.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Key(int field, WireType type) {
  return Varint(static_cast<std::uint64_t>(field) * 8 + type);
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

std::vector<std::filesystem::path> EventFiles(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) == 0) paths.push_back(entry.path());
  }
  return paths;
}

double WallTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// TensorBoard reads the files of a folder in the order of their names, so time comes first. Should
// the clock have been set back since the last one, the name still comes after it.
std::string EventPath(const std::string& directory) {
  long long microseconds = std::llround(WallTime() * 1e6);
  for (const auto& path : EventFiles(directory)) {
    long long seconds = 0, fraction = 0;
    const auto time = path.filename().string().substr(sizeof kPrefix - 1);
    if (std::sscanf(time.c_str(), "%10lld.%6lld", &seconds, &fraction) == 2) {
      microseconds = std::max(microseconds, seconds * 1000000 + fraction + 1);
    }
  }
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  char time[48];
  std::snprintf(time, sizeof time, "%010lld.%06lld", microseconds / 1000000,
                microseconds % 1000000);
  return directory + "/" + kPrefix + time + "." + host;
}

// Leaves in every event file of the folder what is kept.
void CutEventFiles(const std::string& directory, const ResumedEvents& resumed) {
  for (const auto& path : EventFiles(directory)) {
    const auto bytes = ReadWholeFile(path.string());
    const auto kept = EventsKept(bytes, resumed);
    if (kept.empty()) {
      std::filesystem::remove(path);
    } else if (kept.size() < bytes.size()) {
      WriteFileAtomically(path.string(), kept);
    }
  }
}

std::uint64_t ReadLittleEndian(const std::string& bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  }
  return value;
}

// Event.step of an encoded event; nullopt if it is none of ours.
std::optional<std::int64_t> StepOf(const std::string& event) {
  constexpr std::size_t kHead = 1 + 8 + 1;  // EventHead before the step's digits
  if (event.size() <= kHead || event[0] != Key(1, kFixed64)[0] || event[9] != Key(2, kVarint)[0]) {
    return std::nullopt;
  }
  std::uint64_t step = 0;
  for (std::size_t i = kHead, shift = 0; i < event.size() && shift < 64; ++i, shift += 7) {
    step |= static_cast<std::uint64_t>(event[i] & 0x7f) << shift;
    if ((event[i] & 0x80) == 0) return static_cast<std::int64_t>(step);
  }
  return std::nullopt;
}

// The first tag of an encoded event; empty if it has none, or is none of ours.
std::string FirstTagOf(const std::string& event) {
  std::size_t at = 1 + 8 + 1;  // EventHead before the step's digits
  const auto pass_varint = [&] {
    while (at < event.size() && (event[at] & 0x80) != 0) ++at;
    ++at;
  };
  pass_varint();  // the step
  // Event.summary, its first Value, that one's tag: a key each, and a length.
  std::size_t length = 0;
  for (const int field : {5, 1, 1}) {
    if (at >= event.size() || event[at] != Key(field, kBytes)[0]) return "";
    const auto digits = ++at;
    pass_varint();
    length = 0;
    for (auto i = std::min(at, event.size()); i-- > digits;) {
      length = length << 7 | static_cast<std::size_t>(event[i] & 0x7f);
    }
  }
  return at < event.size() ? event.substr(at, length) : "";
}

// Up to which step an encoded event is kept. All tags of an event of ours begin alike.
std::int64_t LastStepOf(const std::string& event, const ResumedEvents& resumed) {
  const auto tag = FirstTagOf(event);
  if (tag.rfind("train/", 0) == 0) return resumed.train_step;
  if (tag.rfind("eval/", 0) == 0) return resumed.eval_step;
  return resumed.env_step;
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

std::string EventsKept(const std::string& bytes, const ResumedEvents& resumed) {
  std::string kept;
  std::size_t end = 0;
  while (bytes.size() - end >= 16) {  // length, its checksum, data, its checksum
    const auto length = ReadLittleEndian(bytes, end, 8);
    if (length > bytes.size() - end - 16) break;
    const auto record = FrameRecord(bytes.substr(end + 12, length));
    if (bytes.compare(end, record.size(), record) != 0) break;
    const auto event = record.substr(12, length);
    const auto step = StepOf(event);
    if (!step) break;
    if (*step <= LastStepOf(event, resumed)) kept += record;
    end += record.size();
  }
  return kept;
}

TensorBoardLog::TensorBoardLog(const std::string& directory,
                               const std::optional<ResumedEvents>& resumed) {
  if (resumed) CutEventFiles(directory, *resumed);
  file_ = AppendFile(EventPath(directory), O_CREAT | O_EXCL);
  file_.Append(FrameRecord(EncodeEventVersion(WallTime())));
  if (resumed) file_.Append(FrameRecord(EncodeSessionStart(WallTime(), resumed->env_step + 1)));
}

void TensorBoardLog::Write(std::int64_t step, const std::map<std::string, double>& scalars) {
  file_.Append(FrameRecord(EncodeScalars(WallTime(), step, scalars)));
}

}  // namespace curl_rl::experiments
