// Policies without an agent: random and zero actions, and those of a file.
#include "experiments/play/policy.h"

#include <charconv>
#include <cstdio>
#include <random>

#include "experiments/play/text_lines.h"

namespace curl_rl::experiments {
namespace {

class RandomPolicy final : public Policy {
 public:
  explicit RandomPolicy(std::uint32_t seed) : random_(seed) {}

  std::optional<Choice> Decide(envs::Environment& environment, bool) override {
    Choice choice;
    choice.action.resize(static_cast<std::size_t>(environment.action_spec().size));
    // 53 random bits give the same doubles with every standard library, which
    // std::uniform_real_distribution does not promise.
    for (double& value : choice.action) {
      value = static_cast<double>(random_() >> 11) * 0x1.0p-52 - 1.0;
    }
    return choice;
  }
  std::string Describe() const override { return "random"; }

 private:
  std::mt19937_64 random_;
};

class ZeroPolicy final : public Policy {
 public:
  std::optional<Choice> Decide(envs::Environment& environment, bool) override {
    const auto size = static_cast<std::size_t>(environment.action_spec().size);
    return Choice{std::vector<double>(size, 0.0)};
  }
  std::string Describe() const override { return "zero"; }
};

std::vector<double> ParseAction(const TextLines& lines, int action_size) {
  std::vector<double> action;
  const char* const end = lines.text.data() + lines.text.size();
  for (const char* begin = lines.text.data();; ++begin) {  // steps over the comma
    while (begin != end && *begin == ' ') ++begin;
    double value = 0.0;
    auto [next, error] = std::from_chars(begin, end, value);
    while (error == std::errc() && next != end && *next == ' ') ++next;
    if (error != std::errc() || (next != end && *next != ',')) {
      lines.Fail("not a row of numbers: '" + lines.text.substr(0, 80) + "'");
    }
    if (!(value >= -1.0 && value <= 1.0)) {
      char text[32];
      std::snprintf(text, sizeof text, "%.17g", value);
      lines.Fail(std::string("an action must be in [-1, 1], got ") + text);
    }
    action.push_back(value);
    if (next == end) break;
    begin = next;
  }
  if (action.size() != static_cast<std::size_t>(action_size)) {
    lines.Fail("an action of this environment has " + std::to_string(action_size) +
               " numbers, got " + std::to_string(action.size()));
  }
  return action;
}

class CsvPolicy final : public Policy {
 public:
  explicit CsvPolicy(const std::string& path) : lines_(path) {}

  std::optional<Choice> Decide(envs::Environment& environment, bool) override {
    do {
      if (!lines_.Next()) return std::nullopt;
    } while (lines_.text.empty() || lines_.text.front() == '#');
    return Choice{ParseAction(lines_, environment.action_spec().size)};
  }
  std::string Describe() const override { return lines_.path; }

 private:
  TextLines lines_;
};

}  // namespace

std::unique_ptr<Policy> MakeRandomPolicy(std::uint32_t seed) {
  return std::make_unique<RandomPolicy>(seed);
}

std::unique_ptr<Policy> MakeZeroPolicy() { return std::make_unique<ZeroPolicy>(); }

std::unique_ptr<Policy> MakeCsvPolicy(const std::string& path) {
  return std::make_unique<CsvPolicy>(path);
}

}  // namespace curl_rl::experiments
