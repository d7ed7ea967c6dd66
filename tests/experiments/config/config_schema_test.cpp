// Every key, described once and written so that it reads back.
#include "experiments/config/config_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "experiments/config/config_reader.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::experiments {
namespace {

using envs::Setting, envs::Settings;

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

// Struct by struct: every member but the structs in it is described.
TEST(ConfigSchema, DescribesEveryMember) {
  ExperimentConfig config;
  EXPECT_EQ(config.environment.Describe().size(), CountMembers<EnvironmentConfig>());
  EXPECT_EQ(config.agent.encoder.Describe().size(), CountMembers<encoders::EncoderConfig>());
  EXPECT_EQ(config.agent.sac.Describe().size(), CountMembers<agents::SacConfig>());
  EXPECT_EQ(config.agent.ddpg.Describe().size(), CountMembers<agents::DdpgConfig>());
  EXPECT_EQ(config.agent.augment.Describe().size(), CountMembers<agents::AugmentConfig>());
  std::map<std::string, std::size_t> own;  // section -> keys directly in it
  for (const Setting& setting : config.Describe()) {
    const std::size_t dot = setting.name.rfind('.');
    ++own[dot == std::string::npos ? "" : setting.name.substr(0, dot)];
  }
  EXPECT_EQ(own[""], CountMembers<ExperimentConfig>() - 2);  // environment, agent
  // encoder, augment, and the section of every actor-critic that is not chosen.
  const std::size_t actor_critics = std::size(agents::kActorCritics);
  EXPECT_EQ(own["agent"], CountMembers<agents::AgentConfig>() - 2 - actor_critics);
  EXPECT_EQ(own["agent.curl"],
            CountMembers<encoders::ObjectiveCommon>() + CountMembers<encoders::CurlConfig>());
}

TEST(ConfigSchema, EveryKeyIsDescribedOnceWithMeaningAndPlace) {
  const EveryKey keys;  // throws if one is described twice
  std::set<std::string> names;
  for (const Setting& setting : keys.settings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_FALSE(setting.meaning.empty()) << setting.name;
    EXPECT_STRNE(envs::NameOf(setting.role), "?") << setting.name;
    for (const std::string& alias : setting.aliases) {
      EXPECT_TRUE(names.insert(alias).second) << alias << " is a key too, or an alias of two";
    }
  }
  std::set<const void*> members;
  std::size_t places = 0;
  for (const Setting& setting : keys.settings()) {
    std::visit(
        [&](const auto& place) {
          if constexpr (std::is_pointer_v<std::decay_t<decltype(place)>>) {
            members.insert(static_cast<const void*>(place));
            ++places;
          }
        },
        setting.value);
  }
  EXPECT_EQ(members.size(), places);
}

// A key without a role is no key: it does not compile.
using Value = envs::SettingValue;
static_assert(std::is_constructible_v<Setting, std::string, Value, envs::Allowed, std::string,
                                      std::string, envs::Role>);
static_assert(
    !std::is_constructible_v<Setting, std::string, Value, envs::Allowed, std::string, std::string>);

TEST(ConfigSchema, AKeyDescribedTwiceIsAnError) {
  struct Twin {
    std::int64_t crop_size = 1;
    static encoders::ObjectiveInfo Info() { return {"encoder", "", "", encoders::Told::kPixels}; }
    static encoders::ObjectiveCommon Common() { return {}; }
    Settings Describe() {  // agent.encoder.tau is there already
      return {{"tau", &crop_size, envs::Anything(), "", "twice", envs::Role::kOutcome}};
    }
  };
  const pid_t child = ::fork();  // what is registered stays registered
  if (child == 0) {
    encoders::RegisterObjectiveSettings(
        [] { return std::make_unique<encoders::SettingsOf<Twin>>(); });
    try {
      const EveryKey keys;
    } catch (const std::logic_error& error) {
      ::_exit(std::string(error.what()) == "the key agent.encoder.tau is described twice" ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(ConfigSchema, DefaultsAreAllowed) {
  ExperimentConfig config;
  EXPECT_NO_THROW(Validate(config));
  for (const Setting& setting : config.Describe()) {
    // An override with the setting's own text passes the same type, range and choice checks.
    if (setting.name == "run_dir") continue;  // its text "" is quoted, an override is not
    EXPECT_NO_THROW(ReadConfig("", {setting.name + "=" + ValueText(setting)})) << setting.name;
  }
}

// Another value that the setting allows.
void Change(const Setting& setting) {
  if (const auto* integer = std::get_if<std::int64_t*>(&setting.value)) ++**integer;
  if (const auto* number = std::get_if<double*>(&setting.value)) {
    **number = **number * 0.9 + 1.0 / 3e5;
  }
  if (const auto* boolean = std::get_if<bool*>(&setting.value)) **boolean = !**boolean;
  if (const auto* choice = std::get_if<envs::Choice>(&setting.value)) {
    choice->set(choice->names.size() - 1);
  }
}

TEST(ConfigSchema, WrittenConfigReadsBackExactly) {
  ExperimentConfig config;
  for (const Setting& setting : config.Describe()) Change(setting);
  // What ties keys together must still hold.
  config.method = "no";  // YAML 1.1 would take it for false
  config.run_dir = "a folder: with \"quotes\", \\ # and \xc3\xa4";
  config.device = "cuda:1";
  config.action_repeat = 1;
  for (std::int64_t* steps : {&config.env_steps, &config.eval_every, &config.log_every,
                              &config.checkpoint_every, &config.video_every}) {
    *steps += *steps % config.environments;  // of whole decisions of two environments
  }
  config.observation = Observation::kPixels;
  config.agent.schedule = agents::Schedule::kReference;
  config.agent.augment = {};  // none is chosen
  const TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", WriteConfig(config));
  ExperimentConfig read = ReadConfig(path, {});
  EXPECT_EQ(WriteConfig(read), WriteConfig(config));
  const Settings left = config.Describe();
  const Settings right = read.Describe();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::visit(
        [&](const auto& place) {
          using T = std::decay_t<decltype(place)>;
          if constexpr (std::is_pointer_v<T>) {
            EXPECT_EQ(*place, *std::get<T>(right[i].value)) << left[i].name;
          } else {
            EXPECT_EQ(place.get(), std::get<T>(right[i].value).get()) << left[i].name;
          }
        },
        left[i].value);
  }
}

}  // namespace
}  // namespace curl_rl::experiments
