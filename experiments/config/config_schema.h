// The one table of every config key: reading, checking, listing and writing all walk it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "experiments/config/config.h"

namespace curl_rl::experiments {

/// Where a key's value lives in one ExperimentConfig.
using FieldPointer =
    std::variant<std::int64_t*, double*, bool*, std::string*, std::vector<std::string>*>;

/// What a key may hold: numbers in [min, max], or one of `choices`. Neither: any value of its type.
struct Allowed {
  double min = 0.0;
  double max = 0.0;
  std::vector<std::string> choices = {};

  bool has_range() const { return max > min; }
};

struct Field {
  std::string key;  // dotted: "agent.batch_size"
  FieldPointer value;
  Allowed allowed;
  std::string unit;     // empty: a plain number, or no number
  std::string meaning;  // one line
};

/// Every key in the order it is written, each bound to its member of `config`, which must outlive
/// the result. A new member needs one line here; a test counts the members.
std::vector<Field> Fields(ExperimentConfig& config);

/// "integer", "number", "true or false", "text" or "list of texts".
std::string TypeName(const Field& field);

/// "1 .. 65536", "infonce | none"; empty if anything goes.
std::string AllowedText(const Field& field);

/// The field's value as YAML that reads back to the same value: numbers in their shortest exact
/// form, text quoted where YAML would take it for something else.
std::string ValueText(const Field& field);

/// The resolved config as YAML: every key, nested maps for `environment` and `agent`.
std::string WriteConfig(const ExperimentConfig& config);

}  // namespace curl_rl::experiments
