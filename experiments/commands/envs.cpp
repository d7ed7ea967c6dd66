// The command `envs`: lists tasks, describes, draws or checks one.
#include <iostream>
#include <memory>
#include <stdexcept>

#include "envs/conformance.h"
#include "envs/gl_context.h"
#include "envs/mujoco_environment.h"
#include "envs/registry.h"
#include "experiments/commands/arguments.h"
#ifdef CURL_RL_WITH_TORCH
#include "experiments/commands/augmented_image.h"
#endif
#include "experiments/commands/command.h"
#include "experiments/commands/disturbed_sheet.h"
#include "experiments/commands/environment_list.h"
#include "experiments/config/plugins.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/png.h"
#include "experiments/video/backdrops.h"

namespace curl_rl::experiments {
namespace {

std::string StateText(const envs::ObservationSpec& spec) {
  std::string text;
  for (const envs::StateEntry& entry : spec.state) {
    text += (text.empty() ? "" : ", ") + entry.name + " " + std::to_string(entry.size);
  }
  return text.empty() ? "none" : text;
}

// As an agent would see it; frames of Python's environments may have any size here.
envs::EnvironmentOptions Options(const envs::Disturbances& disturbances,
                                 int image_size = envs::EnvironmentOptions().image_size) {
  envs::EnvironmentOptions options;
  options.python.resize = true;
  options.image_size = image_size;
  video::SetDisturbances(disturbances, &options);
  return options;
}

// Without a renderer an environment's spec has no pixels, and making it needs no GL.
std::unique_ptr<envs::Environment> MakeWithoutPixels(const envs::EnvironmentInfo& info) {
  envs::EnvironmentOptions options;
  options.pixels = false;
  return envs::Make(info.name, options);
}

// Whether the files from outside this program that it reads, if any, are there.
bool HasItsFiles(const envs::EnvironmentInfo& info) {
  if (!info.files) return true;
  try {
    info.files({});
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void ListEnvironments() {
  std::vector<ListedEnvironment> list;
  bool all = true;
  for (const auto& info : envs::Environments()) {
    if (!HasItsFiles(info)) {
      list.push_back({info.name, info.source, 0, 0, 0, false});
      all = false;
      continue;
    }
    const auto environment = MakeWithoutPixels(info);
    list.push_back({info.name, info.source, environment->observation_spec().state_size(),
                    environment->action_spec().size, environment->step_limit()});
  }
  WriteEnvironmentList(list, std::cout);
  if (!all) std::cout << "?: reads files that are not there; `curl-rl envs NAME` tells which.\n";
  std::cout << "state and action: numbers in the vector; limit: control steps an episode. "
               "`curl-rl envs NAME` tells more.\nNames may also be a task file FILE.yaml, or "
               "Python's: gymnasium:ID, dm_env:MODULE:FUNCTION,\npython:FILE.py:FUNCTION.\n";
}

void Describe(const envs::EnvironmentInfo& info) {
  const auto environment = MakeWithoutPixels(info);
  const int limit = environment->step_limit();
  std::cout << info.name << ": " << info.description << "\n"
            << "  source            " << info.source << "\n"
            << "  action            " << environment->action_spec().size << " in [-1, 1]\n"
            << "  state             " << StateText(environment->observation_spec()) << "\n"
            << "  control timestep  " << environment->control_timestep() << " s\n"
            << "  limit             "
            << (limit > 0 ? std::to_string(limit) + " control steps" : "none") << "\n";
  for (auto [name, version] : environment->Versions()) {
    name.resize(std::max<std::size_t>(name.size() + 2, 18), ' ');
    std::cout << "  " << name << version << "\n";
  }
  const auto* mujoco = dynamic_cast<const envs::MujocoEnvironment*>(environment.get());
  if (mujoco != nullptr) {
    std::cout << "  physics           " << mujoco->physics_steps() << " steps of "
              << mujoco->model().opt.timestep << " s, nq " << mujoco->model().nq << ", nv "
              << mujoco->model().nv << "\n";
    std::cout << "  drawn by          ";
    try {
      std::cout << envs::QueryGl().Describe() << "\n";
    } catch (const std::runtime_error& error) {
      std::cout << "nothing: " << error.what() << "\n";
    }
  }
}

void WriteImage(const envs::EnvironmentInfo& info, const envs::Disturbances& disturbances,
                const std::string& path) {
  const auto environment = envs::Make(info.name, Options(disturbances));
  const envs::ObservationSpec& spec = environment->observation_spec();
  if (!spec.has_pixels()) throw UsageError(info.name + " draws nothing: --image cannot be had");
  std::vector<std::uint8_t> pixels(spec.pixel_count());
  environment->Reset();
  environment->Observe(pixels.data());
  WritePng(path, pixels.data(), spec.height, spec.width, spec.channels);
  std::cout << path << ": the first frame, " << spec.height << "x" << spec.width << " pixels\n";
}

void WriteAugmented(const envs::EnvironmentInfo& info, const std::vector<std::string>& augment,
                    const envs::Disturbances& disturbances, const std::string& path) {
#ifdef CURL_RL_WITH_TORCH
  const AugmentChoice choice(augment);
  const auto environment = envs::Make(info.name, Options(disturbances, FrameSide(choice)));
  const envs::ObservationSpec& spec = environment->observation_spec();
  if (!spec.has_pixels()) throw UsageError(info.name + " draws nothing: --image cannot be had");
  std::vector<std::uint8_t> pixels(spec.pixel_count());
  environment->Reset();
  environment->Observe(pixels.data());
  const Image image = AugmentedImage(choice, pixels, spec.height);
  WritePng(path, image.pixels.data(), image.height, image.width, 3);
  std::cout << path << ": the first frame, and "
            << (choice.all ? "every augmentation of it\n" : "seven draws of the augmentations\n");
#else
  (void)disturbances;
  throw std::runtime_error(info.name + ", " + augment.front() + ", " + path +
                           ": this program was built without LibTorch (CURL_RL_TORCH=OFF) and has "
                           "no augmentations; build it with CURL_RL_TORCH=ON");
#endif
}

// Every kind and strength, "all"; with PATH those from files too, "all:PATH".
void WriteSheet(const envs::EnvironmentInfo& info, const std::string& from,
                const std::string& path) {
  const video::Image sheet = DisturbedSheet(info.name, from);
  WritePng(path, sheet.pixels.data(), sheet.height, sheet.width, 3);
  std::cout << path << ": rows of colors, camera, light, these together, noise"
            << (from.empty() ? "" : ", video")
            << ";\nthe task as it is, then easy, medium and hard, two episodes each\n";
}

int Check(const envs::EnvironmentInfo& info, const envs::Disturbances& disturbances) {
  std::vector<std::string> advice;
  envs::ConformanceOptions options;
  options.environment = Options(disturbances);
  envs::Make(info.name,
             options.environment);  // what cannot be made is told once, not by each check
  const std::vector<std::string> faults = envs::CheckConformance(info.factory, options, &advice);
  for (const std::string& fault : faults) std::cout << info.name << ": " << fault << "\n";
  for (const std::string& one : advice) std::cout << info.name << ": advice: " << one << "\n";
  if (faults.empty()) std::cout << info.name << ": keeps the contract of an environment\n";
  return faults.empty() ? 0 : 1;
}

}  // namespace

int EnvsCommand(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ArgumentSpec spec{"envs [NAME] [options]",
                    "Lists the environments, or tells all about one of them."};
  spec.words = {"NAME"};
  auto add = spec.options.add_options();
  add("image", po::value<std::string>(), "FILE.png: write the first frame, as an agent sees it");
  add("augment", po::value<std::vector<std::string>>()->composing(),
      "KIND, or a setting of one (rotate.degrees_max=10), as in agent.augment; may repeat: --image "
      "then shows the frame and seven draws of these. all: every kind once");
  AddDisturbOption(&spec, "all of them; `all` alone, or all:VIDEO, is a sheet of every kind");
  add("check", "play it and test that it keeps the contract; status 1 if not");
  AddPluginOption(&spec);
  const auto parsed = ParseArguments(spec, arguments);
  if (!parsed) return 0;
  for (const std::string& plugin : PluginOption(*parsed)) LoadPlugin(plugin);
  const bool image = parsed->options.count("image") > 0;
  const bool check = parsed->options.count("check") > 0;
  const bool augment = parsed->options.count("augment") > 0;
  const bool disturb = parsed->options.count("disturb") > 0;
  if (parsed->words.empty()) {
    if (image || check || augment || disturb) {
      throw UsageError("--image, --augment, --disturb and --check need the NAME of an environment");
    }
    ListEnvironments();
    return 0;
  }
  const envs::EnvironmentInfo& info = FindEnvironment(parsed->words.front());
  if (augment && !image) throw UsageError("--augment needs --image FILE.png, to be written there");
  if (disturb && !image && !check) {
    throw UsageError("--disturb needs --image FILE.png, to be seen there, or --check");
  }
  if (disturb && image && !augment && !check) {
    const auto texts = parsed->options["disturb"].as<std::vector<std::string>>();
    if (texts.size() == 1 && (texts[0] == "all" || texts[0].rfind("all:", 0) == 0)) {
      WriteSheet(info, texts[0].size() > 4 ? texts[0].substr(4) : "",
                 parsed->options["image"].as<std::string>());
      return 0;
    }
  }
  const envs::Disturbances disturbances = DisturbOptionTogether(*parsed);
  if (image) {
    const auto path = parsed->options["image"].as<std::string>();
    if (augment) {
      WriteAugmented(info, parsed->options["augment"].as<std::vector<std::string>>(), disturbances,
                     path);
    } else {
      WriteImage(info, disturbances, path);
    }
  }
  if (check) return Check(info, disturbances);
  if (!image) Describe(info);
  return 0;
}

}  // namespace curl_rl::experiments
