// Reads a task file key by key into a described task; errors name the place in it.
#include "experiments/config/task_file.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "envs/mujoco_model.h"
#include "experiments/config/yaml_map.h"

namespace curl_rl::experiments {
namespace {

using envs::Quantity;
using envs::RewardTerm;
using Kind = Quantity::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const std::vector<std::pair<std::string, Kind>> kQuantities = {
    {"position", Kind::kPosition}, {"velocity", Kind::kVelocity},
    {"sensor", Kind::kSensor},     {"control", Kind::kControl},
    {"place", Kind::kPlace},       {"orientation", Kind::kOrientation}};

const std::vector<std::pair<std::string, RewardTerm::Kind>> kCombinations = {
    {"product", RewardTerm::Kind::kProduct},
    {"sum", RewardTerm::Kind::kSum},
    {"mean", RewardTerm::Kind::kMean},
    {"min", RewardTerm::Kind::kMin}};

const std::vector<std::pair<std::string, envs::Sigmoid>> kSigmoids = {
    {"gaussian", envs::Sigmoid::kGaussian},   {"hyperbolic", envs::Sigmoid::kHyperbolic},
    {"long_tail", envs::Sigmoid::kLongTail},  {"reciprocal", envs::Sigmoid::kReciprocal},
    {"cosine", envs::Sigmoid::kCosine},       {"linear", envs::Sigmoid::kLinear},
    {"quadratic", envs::Sigmoid::kQuadratic}, {"tanh_squared", envs::Sigmoid::kTanhSquared}};

template <typename Pairs>
std::vector<std::string> Names(const Pairs& pairs, std::vector<std::string> names = {}) {
  for (const auto& pair : pairs) names.push_back(pair.first);
  return names;
}

// Reads one file; the model is there from the key `model` on.
class Reader {
 public:
  Reader(const std::string& text, const std::string& path)
      : text_(text), source_{path}, folder_(Folder(path)) {}

  envs::TaskDescription Read() {
    const YAML::Node root = ParseYaml(text_, source_);
    const YamlMap map(root, "a task file",
                      {"name", "description", "model", "camera", "control_timestep", "time_limit",
                       "actions", "keyframe", "start", "observation", "reward", "terminate"},
                      source_);
    task_.name = map.Text("name");
    if (map.Has("description")) task_.description = map.Text("description");
    task_.model = (folder_ / map.Text("model")).lexically_normal().string();
    Checked(map.At("model"), [&] { model_ = envs::LoadModel(task_.model); });
    if (map.Has("camera")) {
      task_.camera = map.Text("camera");
      Checked(map.At("camera"),
              [&] { envs::DescribedElement(*model_, mjOBJ_CAMERA, task_.camera); });
    }
    task_.control_timestep = map.Number("control_timestep", 0.0);
    if (task_.control_timestep < 0.0) {
      source_.Fail(map.At("control_timestep").Mark(), "control_timestep must not be negative");
    }
    task_.time_limit = map.Number("time_limit");
    if (!(task_.time_limit > 0.0) || task_.time_limit > 1e9) {
      source_.Fail(map.At("time_limit").Mark(), "time_limit must be above 0 s and finite");
    }
    if (map.Has("actions")) ReadActions(map.At("actions"));
    if (map.Has("keyframe")) {
      task_.keyframe = map.Text("keyframe");
      Checked(map.At("keyframe"),
              [&] { envs::DescribedElement(*model_, mjOBJ_KEY, task_.keyframe); });
    }
    if (map.Has("start")) ReadStart(map.At("start"));
    if (map.Has("observation")) {
      ReadObservation(map.At("observation"));
    } else {
      task_.observation = {{"position", {{Kind::kPosition, "", Quantity::kAll}}},
                           {"velocity", {{Kind::kVelocity, "", Quantity::kAll}}}};
    }
    task_.reward = ReadTerm(map.At("reward"));
    if (map.Has("terminate")) ReadTerminate(map.At("terminate"));
    // What only the whole task shows (the control timestep, an empty action range).
    envs::EnvironmentOptions options;
    options.pixels = false;
    Checked(root, [&] { envs::MakeDescribed(task_, options); });
    return std::move(task_);
  }

 private:
  static std::filesystem::path Folder(const std::string& path) {
    return std::filesystem::absolute(path).parent_path();
  }

  // What the model refuses is told with the place in this file.
  template <typename Function>
  void Checked(const YAML::Node& node, const Function& function) const {
    try {
      function();
    } catch (const UsageError&) {
      throw;  // has a place
    } catch (const envs::OutOfMemory&) {
      throw;  // no fault of the file's
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      source_.Fail(node.Mark(), error.what());
    }
  }

  // The choice of `choices` that is a key of `map`; exactly one must be.
  template <typename Choices>
  const typename Choices::value_type& OneOf(const YamlMap& map, const Choices& choices) const {
    const typename Choices::value_type* found = nullptr;
    std::string all;
    for (const auto& choice : choices) {
      all += (all.empty() ? "" : ", ") + choice.first;
      if (!map.Has(choice.first)) continue;
      if (found != nullptr) {
        source_.Fail(map.mark(),
                     "has both " + found->first + " and " + choice.first + "; one is allowed");
      }
      found = &choice;
    }
    if (found == nullptr) source_.Fail(map.mark(), "needs one of " + all);
    return *found;
  }

  // x, y, z of a place; xx … zz (row, column) of an orientation; a number from 0; or norm.
  int ReadComponent(const YAML::Node& node, Kind kind) const {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    const std::string axes = "xyz";
    const auto axis = [&](std::size_t i) { return axes.find(text[i]); };
    if (text == "norm") return Quantity::kNorm;
    if (kind == Kind::kPlace && text.size() == 1 && axis(0) < 3) return static_cast<int>(axis(0));
    if (kind == Kind::kOrientation && text.size() == 2 && axis(0) < 3 && axis(1) < 3) {
      return static_cast<int>(3 * axis(0) + axis(1));
    }
    const std::optional<double> number = ParseNumber(node);
    if (!number || *number < 0 || *number > 1e6 || *number != static_cast<int>(*number)) {
      source_.Fail(node.Mark(), "component cannot be " + Describe(node) +
                                    ", allowed: 0, 1, ... or norm; x, y, z of a place; xx, xy, "
                                    "... zz of an orientation");
    }
    return static_cast<int>(*number);
  }

  Quantity ReadQuantity(const YamlMap& map) const {
    const auto& [key, kind] = OneOf(map, kQuantities);
    Quantity quantity{kind, map.Text(key), Quantity::kAll};
    Checked(map.At(key), [&] { envs::QuantitySize(*model_, quantity); });
    if (map.Has("component")) {
      quantity.component = ReadComponent(map.At("component"), kind);
      Checked(map.At("component"), [&] { envs::QuantitySize(*model_, quantity); });
    }
    return quantity;
  }

  void ReadActions(const YAML::Node& node) {
    const YamlMap map(node, "actions", {}, source_);
    for (const auto& entry : node) {
      const std::string name = entry.first.Scalar();
      Checked(entry.first, [&] { envs::DescribedElement(*model_, mjOBJ_ACTUATOR, name); });
      const auto [low, high] = map.TwoNumbers(name);
      if (!(low < high)) source_.Fail(entry.second.Mark(), "the range is empty");
      task_.range.push_back({name, low, high});
    }
  }

  void ReadStart(const YAML::Node& node) {
    for (const YAML::Node& item : ListOf(node, "start", source_)) {
      const YamlMap map(item, "a draw at the start",
                        {"position", "velocity", "component", "uniform", "normal"}, source_);
      const std::vector<std::pair<std::string, bool>> draws = {{"uniform", false},
                                                               {"normal", true}};
      const auto& [draw, normal] = OneOf(map, draws);
      const auto [first, second] = map.TwoNumbers(draw);
      const bool valid = normal ? second >= 0.0 : first <= second;
      if (!valid) {
        source_.Fail(map.At(draw).Mark(), normal ? "normal: [mean, deviation], which is negative"
                                                 : "uniform: [low, high], which are swapped");
      }
      const Quantity target = ReadQuantity(map);
      if (target.component == Quantity::kNorm) {
        source_.Fail(map.At("component").Mark(), "a norm cannot be drawn; allowed: a number");
      }
      task_.start.push_back({target, normal, first, second});
    }
  }

  void ReadObservation(const YAML::Node& node) {
    const YamlMap map(node, "observation", {}, source_);
    for (const auto& entry : node) {
      envs::ObservationEntry observed{entry.first.Scalar(), {}};
      for (const YAML::Node& item : ListOf(entry.second, observed.name, source_)) {
        const YamlMap part(item, "a part of an observation", Names(kQuantities, {"component"}),
                           source_);
        observed.quantities.push_back(ReadQuantity(part));
      }
      task_.observation.push_back(std::move(observed));
    }
  }

  // One bound, or a list of them.
  void ReadTerminate(const YAML::Node& node) {
    const std::vector<YAML::Node> bounds =
        node.IsMap() ? std::vector<YAML::Node>{node} : ListOf(node, "terminate", source_);
    for (const YAML::Node& item : bounds) {
      const YamlMap map(item, "what ends an episode",
                        Names(kQuantities, {"component", "lower", "upper"}), source_);
      if (!map.Has("lower") && !map.Has("upper")) {
        source_.Fail(map.mark(), "needs lower, upper or both: the episode ends outside of them");
      }
      envs::Bound bound{ReadQuantity(map), map.Number("lower", -kInfinity),
                        map.Number("upper", kInfinity)};
      if (!(bound.lower <= bound.upper)) {
        source_.Fail(map.At("upper").Mark(), "upper must not be below lower");
      }
      Checked(item, [&] {
        if (envs::QuantitySize(*model_, bound.quantity) == 1) return;
        throw std::invalid_argument("one number ends an episode: add component: ... to '" +
                                    bound.quantity.name + "'");
      });
      task_.terminate.push_back(std::move(bound));
    }
  }

  RewardTerm ReadTerm(const YAML::Node& node) const {
    std::vector<std::string> keys =
        Names(kQuantities, {"component", "lower", "upper", "margin", "value_at_margin", "sigmoid"});
    const auto combinations = Names(kCombinations);
    const bool combined =
        node.IsMap() && std::any_of(combinations.begin(), combinations.end(),
                                    [&](const std::string& key) { return bool(node[key]); });
    if (combined) keys.clear();
    for (const std::string& key : combinations) keys.push_back(key);
    for (const char* key : {"least", "weight"}) keys.emplace_back(key);
    const YamlMap map(node, combined ? "a combined reward" : "a reward term", keys, source_);

    RewardTerm term;
    term.least = map.Number("least", 0.0);
    term.weight = map.Number("weight", 1.0);
    if (combined) {
      const auto& [key, kind] = OneOf(map, kCombinations);
      term.kind = kind;
      for (const YAML::Node& item : ListOf(map.At(key), key, source_)) {
        term.terms.push_back(ReadTerm(item));
      }
      return term;
    }
    term.quantity = ReadQuantity(map);
    term.lower = map.Number("lower", map.Has("upper") ? -kInfinity : 0.0);
    term.upper = map.Number("upper", map.Has("lower") ? kInfinity : 0.0);
    term.falloff.margin = map.Number("margin", 0.0);
    term.falloff.value_at_margin = map.Number("value_at_margin", term.falloff.value_at_margin);
    if (map.Has("sigmoid")) term.falloff.sigmoid = map.Choice("sigmoid", kSigmoids);
    Checked(node, [&] {
      envs::Tolerance(0.0, term.lower, term.upper, term.falloff);
      if (envs::QuantitySize(*model_, term.quantity) == 1) return;
      throw std::invalid_argument("a reward needs one number: add component: ... to '" +
                                  term.quantity.name + "'");
    });
    return term;
  }

  const std::string& text_;
  const YamlSource source_;
  const std::filesystem::path folder_;
  envs::ModelPtr model_;
  envs::TaskDescription task_;
};

}  // namespace

envs::TaskDescription ReadTaskFile(const std::string& path) {
  return ParseTask(ReadTextFile(path), path);
}

envs::TaskDescription ParseTask(const std::string& text, const std::string& path) {
  return Reader(text, path).Read();
}

std::string ModelOfTaskFile(const std::string& path) { return ReadTaskFile(path).model; }

envs::EnvironmentInfo TaskOfFile(const std::string& path) {
  envs::TaskDescription task = ReadTaskFile(path);
  const std::string name = task.name;
  const std::string description = task.description;
  // Shared: an std::function is copied.
  const auto shared = std::make_shared<const envs::TaskDescription>(std::move(task));
  return {name, description, path, [shared](const envs::EnvironmentOptions& options) {
            return envs::MakeDescribed(*shared, options);
          }};
}

}  // namespace curl_rl::experiments
