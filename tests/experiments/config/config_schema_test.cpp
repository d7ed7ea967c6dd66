#include "experiments/config/config_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <type_traits>
#include <utility>

#include "experiments/config/config_reader.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

// Converts to whatever a member is: T{Any, Any} compiles if T has at least two members.
struct Any {
  template <typename T>
  operator T() const;
};

template <typename T, std::size_t... I>
constexpr auto HasMembers(std::index_sequence<I...>, int)
    -> decltype(T{(static_cast<void>(I), Any{})...}, true) {
  return true;
}
template <typename T, std::size_t... I>
constexpr bool HasMembers(std::index_sequence<I...>, long) {
  return false;
}

template <typename T, std::size_t N = 0>
constexpr std::size_t CountMembers() {
  if constexpr (HasMembers<T>(std::make_index_sequence<N + 1>{}, 0)) {
    return CountMembers<T, N + 1>();
  } else {
    return N;
  }
}

TEST(ConfigSchema, HasOneLineForEveryMember) {
  constexpr std::size_t kNested = 2;  // ExperimentConfig::environment and ::agent
  ExperimentConfig config;
  const std::vector<Field> fields = Fields(config);
  EXPECT_EQ(fields.size(), CountMembers<ExperimentConfig>() - kNested +
                               CountMembers<EnvironmentConfig>() +
                               CountMembers<agents::CurlConfig>());
  std::set<std::string> keys;
  std::set<const void*> members;
  for (const Field& field : fields) {
    keys.insert(field.key);
    members.insert(
        std::visit([](const auto* p) { return static_cast<const void*>(p); }, field.value));
    EXPECT_FALSE(field.meaning.empty()) << field.key;
  }
  EXPECT_EQ(keys.size(), fields.size());
  EXPECT_EQ(members.size(), fields.size());
}

TEST(ConfigSchema, DefaultsAreAllowed) {
  ExperimentConfig config;
  EXPECT_NO_THROW(Validate(config));
  for (const Field& field : Fields(config)) {
    // An override with the field's own text passes the same type, range and choice checks.
    if (field.key == "run_dir") continue;  // its text "" is quoted, an override is not
    EXPECT_NO_THROW(ReadConfig("", {field.key + "=" + ValueText(field)})) << field.key;
  }
}

// Another value that the field allows.
void Change(const Field& field) {
  if (auto* integer = std::get_if<std::int64_t*>(&field.value)) ++**integer;
  if (auto* number = std::get_if<double*>(&field.value)) **number = **number * 0.9 + 1.0 / 3e5;
  if (auto* boolean = std::get_if<bool*>(&field.value)) **boolean = !**boolean;
  if (auto* text = std::get_if<std::string*>(&field.value)) {
    if (!field.allowed.choices.empty()) **text = field.allowed.choices.back();
  }
}

TEST(ConfigSchema, WrittenConfigReadsBackExactly) {
  ExperimentConfig config;
  for (const Field& field : Fields(config)) Change(field);
  // What ties keys together must still hold.
  config.method = "no";  // YAML 1.1 would take it for false
  config.run_dir = "a folder: with \"quotes\", \\ # and \xc3\xa4";
  config.device = "cuda:1";
  config.action_repeat = 1;
  config.observation = "pixels";
  config.agent.contrastive = "infonce";
  config.agent.schedule = "reference";
  const TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", WriteConfig(config));
  ExperimentConfig read = ReadConfig(path, {});
  EXPECT_EQ(WriteConfig(read), WriteConfig(config));
  std::vector<Field> left = Fields(config);
  std::vector<Field> right = Fields(read);
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::visit(
        [&](auto* p) { EXPECT_EQ(*p, *std::get<decltype(p)>(right[i].value)) << left[i].key; },
        left[i].value);
  }
}

}  // namespace
}  // namespace curl_rl::experiments
