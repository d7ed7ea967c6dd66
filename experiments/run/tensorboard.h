// Scalars in TensorBoard's event file format, written without TensorFlow or protobuf.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "experiments/files/append_file.h"

namespace curl_rl::experiments {

class TensorBoardLog {
 public:
  /// A new event file in `directory`. `resumed_at`: the env step a run is taken up at; what earlier
  /// files of the folder say of later steps is cut off, and a TensorBoard that has read it is told
  /// to drop it. Throws FileError.
  TensorBoardLog(const std::string& directory, std::optional<std::int64_t> resumed_at);

  /// One event: each tag's value at `step`, stamped with the present time. Throws FileError if it
  /// cannot be written for anything but want of space.
  void Write(std::int64_t step, const std::map<std::string, double>& scalars);

  const std::string& path() const { return file_.path(); }
  AppendFile& file() { return file_; }

 private:
  AppendFile file_;
};

/// The records of the event file `bytes` that tell of steps up to `env_step`. Later ones may stand
/// between them: a session begins behind the step that it takes up, whose evaluation may still be
/// owed. What follows a record that is not whole is left out.
std::string EventsUpTo(const std::string& bytes, std::int64_t env_step);

/// The encodings, apart from file and clock.
std::string EncodeEventVersion(double wall_time);
std::string EncodeSessionStart(double wall_time, std::int64_t step);
std::string EncodeScalars(double wall_time, std::int64_t step,
                          const std::map<std::string, double>& scalars);

/// One TFRecord: length, its checksum, `data`, its checksum.
std::string FrameRecord(const std::string& data);

/// CRC-32C (Castagnoli), rotated and offset as the TFRecord format asks.
std::uint32_t MaskedCrc32c(const std::string& data);

}  // namespace curl_rl::experiments
