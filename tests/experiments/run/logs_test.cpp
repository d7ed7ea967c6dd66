// CSV, TensorBoard event files and the progress line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "experiments/files/csv.h"
#include "experiments/run/csv_log.h"
#include "experiments/run/tensorboard.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::string> kColumns = {"env_step", "episode", "episode_return"};

TEST(FormatNumber, IsShortAndExact) {
  EXPECT_EQ(FormatNumber(1e6), "1000000");
  EXPECT_EQ(FormatNumber(-3), "-3");
  EXPECT_EQ(FormatNumber(0.1), "0.1");
  EXPECT_EQ(FormatNumber(1e300), "1e+300");
  EXPECT_EQ(std::stod(FormatNumber(M_PI)), M_PI);
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(CsvLog, WritesWholeRowsAtOnce) {
  const TemporaryDirectory directory;
  CsvLog log(directory.File("train.csv"), kColumns);
  log.Write({{"env_step", 1000}, {"episode_return", 12.5}});
  // Read while the log is open: nothing waits in a buffer.
  EXPECT_EQ(directory.Read("train.csv"), "env_step,episode,episode_return\n1000,,12.5\n");
  EXPECT_THROW(log.Write({{"episode", 1}}), std::logic_error);
}

TEST(CsvLog, NeverOverwrites) {
  const TemporaryDirectory directory;
  directory.Write("train.csv", "precious");
  EXPECT_THAT(([&] { CsvLog(directory.File("train.csv"), kColumns); }),
              ThrowsMessage<std::runtime_error>(HasSubstr("train.csv: cannot open: File exists")));
  EXPECT_EQ(directory.Read("train.csv"), "precious");
}

TEST(CsvLog, ContinuingCutsBackToTheStep) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write(
      "train.csv", "env_step,episode,episode_return\n1000,1,5\n2000,2,6\n3000,3,7\n40");
  CsvLog log = CsvLog::Continue(path, kColumns, 2000);
  log.Write({{"env_step", 2500}, {"episode", 9}, {"episode_return", 8}});
  EXPECT_EQ(directory.Read("train.csv"),
            "env_step,episode,episode_return\n1000,1,5\n2000,2,6\n2500,9,8\n");
}

// As a run that is resumed under a program that measures more, or less.
TEST(CsvLog, ContinuingKeepsColumnsAndAddsThoseThatLack) {
  const TemporaryDirectory directory;
  const std::string path =
      directory.Write("train.csv", "env_step,loss,episode\n1000,0.5,1\n2000,nan,2\n");
  CsvLog log = CsvLog::Continue(path, kColumns, 2000);
  EXPECT_EQ(directory.Read("train.csv"),
            "env_step,loss,episode,episode_return\n1000,0.5,1,\n2000,nan,2,\n");
  log.Write({{"env_step", 3000}, {"episode_return", 4}});
  EXPECT_THAT(directory.Read("train.csv"), HasSubstr("\n3000,,,4\n"));
}

TEST(CsvLog, ContinuingRefusesWhatIsNoLog) {
  const TemporaryDirectory directory;
  const auto continued = [&](const std::string& text) {
    const std::string path = directory.Write("train.csv", text);
    return [path] { CsvLog::Continue(path, kColumns, 10); };
  };
  EXPECT_THAT(continued("step,episode\n1,2\n"),
              ThrowsMessage<std::runtime_error>(HasSubstr("the first column is 'step'")));
  EXPECT_THAT(continued(""), ThrowsMessage<std::runtime_error>(HasSubstr("cannot be continued")));
  EXPECT_THAT(continued("env_step,a\n1\n"),
              ThrowsMessage<std::runtime_error>(HasSubstr("train.csv:2: 1 fields")));
  EXPECT_EQ(directory.Read("train.csv"), "env_step,a\n1\n");
}

TEST(CsvLog, AColumnThatComesLaterIsEmptyBefore) {
  const TemporaryDirectory directory;
  CsvLog log(directory.File("train.csv"), {"env_step"});
  log.Write({{"env_step", 1}});
  log.Write({{"env_step", 2}, {"b", 5}, {"a", 4}});
  log.Write({{"env_step", 3}, {"c", 6}});
  log.Write({{"env_step", 4}});
  EXPECT_EQ(directory.Read("train.csv"), "env_step,a,b,c\n1,,,\n2,4,5,\n3,,,6\n4,,,\n");
  log.Sync();
  EXPECT_FALSE(log.waiting());
  EXPECT_EQ(directory.Entries().size(), 1u);
}

TEST(CsvLog, RowsWaitForSpaceAndNoneIsTorn) {
  const TemporaryDirectory directory;
  CsvLog log(directory.File("train.csv"), kColumns);
  // A file size limit stands for a full disk: the last row fits by half.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{44, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  for (const double step : {1000, 2000, 3000}) log.Write({{"env_step", step}});
  EXPECT_TRUE(log.waiting());
  EXPECT_EQ(directory.Read("train.csv"), "env_step,episode,episode_return\n1000,,\n");
  EXPECT_THAT([&] { log.Sync(); },
              ThrowsMessage<FileError>(HasSubstr("train.csv: cannot write: File too large")));
  ::setrlimit(RLIMIT_FSIZE, &limit);
  log.Write({{"env_step", 4000}});
  EXPECT_FALSE(log.waiting());
  EXPECT_EQ(directory.Read("train.csv"),
            "env_step,episode,episode_return\n1000,,\n2000,,\n3000,,\n4000,,\n");
}

TEST(CsvLog, AColumnWaitsForSpaceToo) {
  const TemporaryDirectory directory;
  CsvLog log(directory.File("train.csv"), kColumns);
  log.Write({{"env_step", 1000}});
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{44, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  log.Write({{"env_step", 2000}, {"loss", 1}});
  log.Write({{"env_step", 3000}});
  EXPECT_TRUE(log.waiting());
  EXPECT_EQ(directory.Read("train.csv"), "env_step,episode,episode_return\n1000,,\n");
  EXPECT_THROW(log.Sync(), FileError);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  log.Sync();
  EXPECT_FALSE(log.waiting());
  EXPECT_EQ(directory.Read("train.csv"),
            "env_step,episode,episode_return,loss\n1000,,,\n2000,,,1\n3000,,,\n");
  EXPECT_EQ(directory.Entries().size(), 1u);  // no half-written file stays
}

// --- TensorBoard, read back by a parser of its own --------------------------------------------

TEST(TensorBoard, ChecksumsAreThoseOfTheStandard) {
  const auto unmask = [](std::uint32_t masked) {
    const std::uint32_t rotated = masked - 0xa282ead8u;
    return (rotated >> 17) | (rotated << 15);
  };
  EXPECT_EQ(unmask(MaskedCrc32c("123456789")), 0xe3069283u);              // CRC catalogue
  EXPECT_EQ(unmask(MaskedCrc32c(std::string(32, '\0'))), 0x8a9136aau);    // RFC 3720, B.4
  EXPECT_EQ(unmask(MaskedCrc32c(std::string(32, '\xff'))), 0x62a8ab43u);  // RFC 3720, B.4
}

template <typename T>
T Take(std::string* bytes) {
  if (bytes->size() < sizeof(T)) throw std::runtime_error("short record");
  T value;
  std::memcpy(&value, bytes->data(), sizeof(T));
  bytes->erase(0, sizeof(T));
  return value;
}

std::uint64_t TakeVarint(std::string* bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = Take<unsigned char>(bytes);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

struct Event {
  double wall_time = 0;
  std::uint64_t step = 0;
  std::string version;
  int session = 0;
  std::map<std::string, float> scalars;
};

void ParseMessage(std::string bytes, const std::string& where, Event* event, std::string* tag) {
  while (!bytes.empty()) {
    const std::uint64_t key = TakeVarint(&bytes);
    const std::string place = where + "." + std::to_string(key >> 3);
    switch (key & 7) {
      case 0: {
        const std::uint64_t value = TakeVarint(&bytes);
        if (place == "event.2") event->step = value;
        if (place == "event.7.1") event->session = static_cast<int>(value);
        break;
      }
      case 1:
        event->wall_time = Take<double>(&bytes);
        break;
      case 2: {
        const std::size_t size = TakeVarint(&bytes);
        const std::string inner = bytes.substr(0, size);
        bytes.erase(0, size);
        if (place == "event.3") event->version = inner;
        if (place == "event.5.1.1") *tag = inner;
        if (place == "event.5" || place == "event.5.1" || place == "event.7") {
          ParseMessage(inner, place, event, tag);
        }
        break;
      }
      case 5:
        event->scalars[*tag] = Take<float>(&bytes);
        break;
      default:
        throw std::runtime_error("wire type");
    }
  }
}

std::vector<Event> ParseEvents(std::string file) {
  std::vector<Event> events;
  while (!file.empty()) {
    const std::string length_bytes = file.substr(0, 8);
    const auto length = Take<std::uint64_t>(&file);
    EXPECT_EQ(Take<std::uint32_t>(&file), MaskedCrc32c(length_bytes));
    const std::string data = file.substr(0, length);
    file.erase(0, length);
    EXPECT_EQ(Take<std::uint32_t>(&file), MaskedCrc32c(data));
    events.emplace_back();
    std::string tag;
    ParseMessage(data, "event", &events.back(), &tag);
  }
  return events;
}

TEST(TensorBoard, FileReadsBack) {
  const TemporaryDirectory directory;
  TensorBoardLog log(directory.path(), std::nullopt);
  log.Write(1000, {{"train/episode_return", 12.5}, {"train/critic_loss", 0.25}});
  log.Write(3000000000, {{"eval/episode_return", -1.0}});
  const std::string name = *directory.Entries().begin();
  EXPECT_EQ(name.rfind("events.out.tfevents.", 0), 0u) << name;
  const std::vector<Event> events = ParseEvents(directory.Read(name));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].step, 1000u);
  EXPECT_GT(events[1].wall_time, 1.7e9);
  EXPECT_EQ(events[1].scalars, (std::map<std::string, float>{{"train/episode_return", 12.5f},
                                                             {"train/critic_loss", 0.25f}}));
  EXPECT_EQ(events[2].step, 3000000000u);
  EXPECT_EQ(events[2].scalars.at("eval/episode_return"), -1.0f);
}

TEST(TensorBoard, ResumedFileRestartsAfterItsStep) {
  const TemporaryDirectory directory;
  const TensorBoardLog log(directory.path(), ResumedEvents{5000, 5000, 5000});
  const std::vector<Event> events = ParseEvents(directory.Read(*directory.Entries().begin()));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].step, 5001u);
  EXPECT_EQ(events[1].session, 1);
}

TEST(TensorBoard, ResumingCutsEarlierFilesBackToTheStep) {
  const TemporaryDirectory directory;
  std::string first;
  {
    TensorBoardLog log(directory.path(), std::nullopt);
    for (const int step : {100, 200, 300}) log.Write(step, {{"a", step}});
    first = std::filesystem::path(log.path()).filename();
  }
  directory.Write(first, directory.Read(first) + "torn");
  const TensorBoardLog second(directory.path(), ResumedEvents{200, 200, 200});
  EXPECT_LT(first, std::filesystem::path(second.path()).filename().string());
  const auto events = ParseEvents(directory.Read(first));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events.back().step, 200u);
  const TensorBoardLog third(directory.path(), ResumedEvents{100, 100, 100});
  EXPECT_EQ(ParseEvents(directory.Read(first)).size(), 2u);
  EXPECT_EQ(ParseEvents(directory.Read(std::filesystem::path(second.path()).filename())).size(),
            1u);  // its session start was after step 100
}

TEST(TensorBoard, AClockSetBackLeavesTheOrderOfTheFiles) {
  const TemporaryDirectory directory;
  directory.Write("events.out.tfevents.9999999998.000000.host", "");
  const TensorBoardLog log(directory.path(), std::nullopt);
  const auto name = std::filesystem::path(log.path()).filename().string();
  EXPECT_EQ(name.rfind("events.out.tfevents.9999999998.000001.", 0), 0u) << name;
}

TEST(TensorBoard, EveryDamageEndsTheFileThere) {
  std::string bytes;
  std::vector<std::size_t> ends = {0};
  for (const int step : {1, 2, 300}) {
    bytes += FrameRecord(EncodeScalars(1e9, step, {{"a", 1.0}}));
    ends.push_back(bytes.size());
  }
  EXPECT_EQ(EventsKept(bytes, {300, 300, 300}), bytes);
  EXPECT_EQ(EventsKept(bytes, {299, 299, 299}), bytes.substr(0, ends[2]));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    const auto record = std::upper_bound(ends.begin(), ends.end(), i) - 1;
    EXPECT_EQ(EventsKept(broken, {1000, 1000, 1000}), bytes.substr(0, *record)) << i;
    EXPECT_EQ(EventsKept(bytes.substr(0, i), {1000, 1000, 1000}), bytes.substr(0, *record)) << i;
  }
}

// A run taken up at its last step owes its evaluation, writes it, and is taken up there again: the
// evaluation stands behind the first session's beginning, which is of the step after. Whether it is
// owed still, the checkpoint tells.
TEST(TensorBoardLog, AnEvaluationOfTheStepItselfIsThereOnceHoweverOftenItIsTakenUp) {
  const auto count = [](const std::string& directory, const std::string& tag) {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      for (auto at = bytes.find(tag); at != std::string::npos; at = bytes.find(tag, at + 1))
        ++found;
    }
    return found;
  };
  const TemporaryDirectory directory;
  const ResumedEvents owed{400, 400, 300}, done{400, 400, 400};
  {
    TensorBoardLog log(directory.path(), std::nullopt);
    log.Write(300, {{"eval/b", 1.0}});
    log.Write(400, {{"train/a", 1.0}, {"train/c", 1.0}});
  }
  TensorBoardLog(directory.path(), owed).Write(400, {{"eval/b", 2.0}});
  TensorBoardLog(directory.path(), done).Write(500, {{"train/a", 3.0}});
  TensorBoardLog(directory.path(), done);
  EXPECT_EQ(count(directory.path(), "eval/b"), 2);
  EXPECT_EQ(count(directory.path(), "train/a"), 1);  // that of step 500 is gone
  TensorBoardLog(directory.path(), owed).Write(400, {{"eval/b", 2.0}});
  EXPECT_EQ(count(directory.path(), "eval/b"), 2);
  EXPECT_EQ(EventsKept(FrameRecord(EncodeScalars(1e9, 10, {{"eval/b", 1.0}})), {400, 400, 9}), "");
}

}  // namespace
}  // namespace curl_rl::experiments
