// Scalars in TensorBoard's event file format, written without TensorFlow or protobuf.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "experiments/atomic_file.h"

namespace curl_rl::experiments {

class TensorBoardLog {
 public:
  /// A new event file in `directory`. `resumed_at`: the env step a run is taken up at; TensorBoard
  /// then drops what earlier files of the folder say of later steps. Throws std::runtime_error.
  TensorBoardLog(const std::string& directory, std::optional<std::int64_t> resumed_at);

  /// One event: each tag's value at `step`, stamped with the present time. Throws
  /// std::runtime_error if it cannot be written.
  void Write(std::int64_t step, const std::map<std::string, double>& scalars);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  FileDescriptor file_;
};

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
