// Scalars in TensorBoard's event file format, written without TensorFlow or protobuf.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "experiments/files/append_file.h"

namespace curl_rl::experiments {

/// Where a run is taken up, and the last steps whose numbers are not made again: an evaluation of
/// the step itself may be there already, or still be owed.
struct ResumedEvents {
  std::int64_t env_step, train_step, eval_step;
};

class TensorBoardLog {
 public:
  /// A new event file in `directory`. `resumed`: of a run that is taken up; what earlier files of
  /// the folder say of later steps is cut off, and a TensorBoard that has read it is told to drop
  /// it. Throws FileError.
  TensorBoardLog(const std::string& directory, const std::optional<ResumedEvents>& resumed);

  /// One event: each tag's value at `step`, stamped with the present time. Throws FileError if it
  /// cannot be written for anything but want of space.
  void Write(std::int64_t step, const std::map<std::string, double>& scalars);

  const std::string& path() const { return file_.path(); }
  AppendFile& file() { return file_; }

 private:
  AppendFile file_;
};

/// The records of the event file `bytes` that `resumed` keeps: tags train/ and eval/ up to their
/// steps, others up to env_step. Later ones may stand between them: a session begins behind the
/// step that it takes up. What follows a record that is not whole is left out.
std::string EventsKept(const std::string& bytes, const ResumedEvents& resumed);

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
