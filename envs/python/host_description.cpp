// Reads a host's description line by line.
#include "envs/python/host_description.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace curl_rl::envs {
namespace {

using Words = std::vector<std::string>;

constexpr int kMostSide = 4096;        // pixels, as environment.image_size
constexpr int kMostNumbers = 1 << 20;  // of a state vector
constexpr int kMostActions = 1 << 16;

Words Split(const std::string& text, char separator) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
  return words;
}

double Number(const std::string& word) {
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end != '\0') {
    throw std::runtime_error("its description has '" + word + "' where a number is expected");
  }
  return value;
}

int Whole(const std::string& word, const std::string& what, int least, int most) {
  const double value = Number(word);
  if (!(value >= least && value <= most) || value != std::floor(value)) {
    throw std::runtime_error(what + " is " + word + "; allowed: " + std::to_string(least) + " .. " +
                             std::to_string(most));
  }
  return static_cast<int>(value);
}

std::vector<double> Numbers(const Words& words) {
  std::vector<double> values;
  for (std::size_t i = 1; i < words.size(); ++i) values.push_back(Number(words[i]));
  return values;
}

void ReadLine(const Words& words, HostDescription& description) {
  const std::string& key = words.front();
  if (key == "frame" && words.size() == 6) {
    ObservationSpec& spec = description.observation;
    spec.height = Whole(words[1], "the height of its frames", 1, kMostSide);
    spec.width = Whole(words[2], "the width of its frames", 1, kMostSide);
    spec.channels = Whole(words[3], "the number of its frames' channels", 1, 3);
    description.drawn_when_asked = words[4] == "1";
    description.drawn_by = words[5];
  } else if (key == "state" && words.size() == 3) {
    const int size =
        Whole(words[2], "the size of its observation '" + words[1] + "'", 0, kMostNumbers);
    if (size > 0) description.observation.state.push_back({words[1], size});
  } else if (key == "low") {
    description.low = Numbers(words);
  } else if (key == "high") {
    description.high = Numbers(words);
  } else if (key == "step_limit" && words.size() == 2) {
    description.step_limit = Whole(words[1], "its step limit", 0, 1000000000);
  } else if (key == "timestep" && words.size() == 2) {
    description.timestep = Number(words[1]);
  } else if (key == "version" && words.size() == 3) {
    description.versions.emplace_back(words[1], words[2]);
  } else {
    throw std::runtime_error("its description has a line that is none: '" + key + "'");
  }
}

}  // namespace

HostDescription ParseHostDescription(const std::string& text) {
  HostDescription description;
  for (const std::string& line : Split(text, '\n')) {
    const Words words = Split(line, '\t');
    if (!words.empty()) ReadLine(words, description);
  }
  const std::size_t actions = description.low.size();
  if (actions == 0 || actions > kMostActions || description.high.size() != actions) {
    throw std::runtime_error("its actions have " + std::to_string(actions) +
                             " components; allowed: 1 .. " + std::to_string(kMostActions));
  }
  for (std::size_t i = 0; i < actions; ++i) {
    if (description.low[i] < description.high[i]) continue;
    throw std::runtime_error("component " + std::to_string(i) + " of its actions has the bounds " +
                             std::to_string(description.low[i]) + " and " +
                             std::to_string(description.high[i]) + "; allowed: low below high");
  }
  if (description.observation.state_size() > kMostNumbers) {
    throw std::runtime_error("its state vector has " +
                             std::to_string(description.observation.state_size()) +
                             " numbers; allowed: up to " + std::to_string(kMostNumbers));
  }
  if (!(description.timestep > 0.0) || !std::isfinite(description.timestep)) {
    throw std::runtime_error("its control step takes " + std::to_string(description.timestep) +
                             " s; allowed: more than 0");
  }
  return description;
}

}  // namespace curl_rl::envs
