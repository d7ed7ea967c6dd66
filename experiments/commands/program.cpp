// The list of commands, and what is told of errors.
#include "experiments/commands/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "envs/nearest_name.h"
#include "experiments/commands/command.h"
#include "experiments/config/usage_error.h"
#include "experiments/machine/openblas_kernels.h"
#include "experiments/machine/version.h"

namespace curl_rl::experiments {
namespace {

struct Command {
  const char* name;
  CommandFunction run;
  const char* help;
};

#ifndef CURL_RL_WITH_TORCH
int NeedsTorch(const std::vector<std::string>&) {
  throw std::runtime_error(
      "this program was built without LibTorch (CURL_RL_TORCH=OFF) and has no agent; build it with "
      "CURL_RL_TORCH=ON");
}
constexpr CommandFunction kTrain = NeedsTorch;
constexpr CommandFunction kResume = NeedsTorch;
constexpr CommandFunction kEvaluate = NeedsTorch;
constexpr CommandFunction kProbe = NeedsTorch;
constexpr CommandFunction kSweep = NeedsTorch;
constexpr CommandFunction kImport = NeedsTorch;
constexpr CommandFunction kExport = NeedsTorch;
#else
constexpr CommandFunction kTrain = TrainCommand;
constexpr CommandFunction kResume = ResumeCommand;
constexpr CommandFunction kEvaluate = EvaluateCommand;
constexpr CommandFunction kProbe = ProbeCommand;
constexpr CommandFunction kSweep = SweepCommand;
constexpr CommandFunction kImport = ImportCommand;
constexpr CommandFunction kExport = ExportCommand;
#endif

constexpr Command kCommands[] = {
    {"train", kTrain, "train an agent: train CONFIG.yaml ... [key=value ...]"},
    {"resume", kResume, "go on with a run that was stopped: resume RUN_DIR"},
    {"evaluate", kEvaluate, "episodes of a trained agent: evaluate RUN_DIR"},
    {"probe", kProbe, "what the representation of a run holds: probe RUN_DIR"},
    {"render", RenderCommand, "a window on an agent at play: render RUN_DIR"},
    {"export", kExport, "an agent's weights as a safetensors file: export RUN_DIR FILE"},
    {"import", kImport, "a run from given weights: import CONFIG.yaml WEIGHTS ..."},
    {"rollout", RolloutCommand, "episodes of an environment as JSON lines: rollout ENV"},
    {"sweep", kSweep, "a grid of runs, and their comparison: sweep CONFIG.yaml --seeds 0-4"},
    {"compare", CompareCommand, "runs and methods against each other: compare RUN_DIR ..."},
    {"publish", PublishCommand,
     "a campaign's runs as result files, checked: publish CAMPAIGN.yaml"},
    {"results", ResultsCommand, "the page of all published results: results [FOLDER]"},
    {"envs", EnvsCommand, "the environments, or all about one: envs [NAME]"},
    {"methods", MethodsCommand, "the methods of learning, or all about one: methods [NAME]"},
    {"config", ConfigCommand, "every config key, or a config resolved: config [CONFIG.yaml ...]"},
    {"doctor", DoctorCommand, "what this machine has and what it lacks"},
};

void PrintHelp() {
  std::cout
      << "curl-rl: CURL, an agent that learns from pixels by contrast, and its environments\n\n"
         "usage: curl-rl COMMAND [arguments]\n\n";
  for (const Command& command : kCommands) {
    std::string name = command.name;
    name.resize(10, ' ');
    std::cout << "  " << name << command.help << "\n";
  }
  std::cout << "\ncurl-rl COMMAND --help tells more; curl-rl --version tells the version.\n";
}

int Dispatch(const std::vector<std::string>& words) {
  if (words.empty()) {
    throw UsageError("a command is missing (`curl-rl --help` lists them)");
  }
  const std::string& name = words.front();
  if (name == "--help" || name == "-h" || name == "help") {
    PrintHelp();
    return 0;
  }
  if (name == "--version") {
    std::cout << "curl-rl " << kVersion << " (" << kGitCommit << ", " << kCompiler << ")\n";
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (name == command.name) return command.run({words.begin() + 1, words.end()});
    names.push_back(command.name);
  }
  throw UsageError("unknown command '" + name + "'" + envs::DidYouMean(name, names) +
                   " (`curl-rl --help` lists them)");
}

// The first files that are opened would else be taken for these, and what is printed would land in
// them. The wrong way round, so that using them fails as it does without.
void FillStandardDescriptors() {
  for (const int fd : {0, 1, 2}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);  // the lowest number that is free
  }
}

constexpr char kOutOfMemory[] =
    "curl-rl: memory ran out (see `ulimit -d`, `ulimit -v` and the control group): the last "
    "checkpoint is the run's state\n";

// What LibTorch's exceptions say, without the stack behind it, which is for those who build it.
std::string WithoutStack(const std::string& what) {
  return what.substr(0, std::min(what.find("\nException raised from"), what.find("\nframe #")));
}

}  // namespace

void WriteOutOfMemory() {
  if (::write(STDERR_FILENO, kOutOfMemory, sizeof kOutOfMemory - 1) < 0) return;  // in vain
}

int Main(int argc, char** argv) {
  UseBetterOpenBlasKernels();
  FillStandardDescriptors();
  std::signal(SIGPIPE, SIG_IGN);  // `curl-rl rollout … | head` then fails to write, and says so
  std::signal(SIGXFSZ, SIG_IGN);  // as does a file beyond its size limit
  try {
    const int status = Dispatch({argv + std::min(argc, 1), argv + argc});
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("cannot write to the standard output");
    return status;
  } catch (const UsageError& error) {
    std::cerr << "curl-rl: " << error.what() << "\n";
    return 2;
  } catch (const std::bad_alloc&) {
    WriteOutOfMemory();
    return 1;
  } catch (const std::exception& error) {
    const std::string what = WithoutStack(error.what());
    const bool refused = what.find("DefaultCPUAllocator") != std::string::npos;  // LibTorch's
    std::cerr << (refused ? kOutOfMemory : "") << "curl-rl: " << what << "\n";
    return 1;
  } catch (...) {  // a user's environment may do that
    std::cerr << "curl-rl: an environment threw something that is no std::exception\n";
    return 1;
  }
}

}  // namespace curl_rl::experiments
