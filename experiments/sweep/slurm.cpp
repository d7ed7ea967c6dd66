// Writes the job script, submits it, and asks Slurm whether the job is still there.
#include "experiments/sweep/slurm.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "experiments/config/config_schema.h"
#include "experiments/config/usage_error.h"
#include "experiments/files/atomic_file.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/resources.h"
#include "experiments/sweep/shell_command.h"

namespace curl_rl::experiments {
namespace {

namespace fs = std::filesystem;

std::string JobFile(const std::string& output) { return output + "/slurm/job_id"; }

// #SBATCH lines know double quotes and no way to write one.
std::string Directive(const std::string& option, const std::string& value) {
  if (value.find_first_of("\"\n\r") != std::string::npos) {
    throw UsageError(option + ": got '" + value + "', which must have no quote and no line end");
  }
  return "#SBATCH " + option + "=\"" + value + "\"\n";
}

// A comment ends where its line does.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  return text;
}

// "0,3,5": array indices, with "%2" if only so many may run at once.
std::string ArrayOf(const std::vector<std::size_t>& chosen, int jobs) {
  std::string text;
  for (const std::size_t index : chosen) text += (text.empty() ? "" : ",") + std::to_string(index);
  return jobs > 0 ? text + "%" + std::to_string(jobs) : text;
}

// A file name of Slurm's in which nothing is replaced.
std::string WithoutPatterns(const std::string& path) {
  std::string plain;
  for (const char c : path) plain += c == '%' ? std::string("%%") : std::string(1, c);
  return plain;
}

std::int64_t CpusOf(const ExperimentConfig& config, const SlurmOptions& options) {
  if (options.cpus > 0) return options.cpus;
  return std::max<std::int64_t>(1, config.threads);
}

std::string MemoryOf(const std::vector<Element>& elements, const std::vector<std::size_t>& chosen,
                     const SlurmOptions& options) {
  if (!options.memory.empty()) return options.memory;
  Machine node;
  node.gpus.resize(static_cast<std::size_t>(options.gpus));
  std::int64_t bytes = 0;
  for (const std::size_t index : chosen) {
    bytes = std::max(bytes, EstimateBytes(elements[index], node));
  }
  return std::to_string(bytes / (1 << 20) + 1) + "M";
}

// A site's plug-ins may say anything on standard error: only standard output is the answer.
[[noreturn]] void Fail(const std::string& what, const CommandResult& said) {
  throw std::runtime_error(what + ": " +
                           (said.status == 127
                                ? "Slurm's programs are not installed here (" + said.text() + ")"
                                : said.text()));
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string SlurmScript(const std::vector<Element>& elements,
                        const std::vector<std::size_t>& chosen, const std::string& folder,
                        const std::string& program, int jobs, const SlurmOptions& options) {
  const std::int64_t cpus = CpusOf(elements[chosen.front()].config, options);
  std::string script = "#!/bin/bash\n";
  script += Directive("--job-name", "curl-rl");
  script += Directive("--array", ArrayOf(chosen, jobs));
  script += Directive("--chdir", fs::current_path().string());
  script += Directive("--output", WithoutPatterns(folder) + "/element_%a.log");
  script += "#SBATCH --open-mode=append\n#SBATCH --requeue\n#SBATCH --ntasks=1\n";
  script += Directive("--signal", "B:USR1@" + std::to_string(options.save_before));
  script += Directive("--cpus-per-task", std::to_string(cpus));
  script += Directive("--mem", MemoryOf(elements, chosen, options));
  if (!options.time.empty()) script += Directive("--time", options.time);
  if (!options.partition.empty()) script += Directive("--partition", options.partition);
  if (options.gpus > 0) script += Directive("--gres", "gpu:" + std::to_string(options.gpus));
  for (const std::string& option : options.more) {
    const std::size_t equals = option.find('=');
    if (option.find_first_of("\n\r") != std::string::npos) {
      throw UsageError("--sbatch: got '" + OneLine(option) + "', which must have no line end");
    }
    script += equals == std::string::npos
                  ? "#SBATCH " + option + "\n"
                  : Directive(option.substr(0, equals), option.substr(equals + 1));
  }
  script += "\n# One run of the grid each:\n";
  for (const std::size_t index : chosen) {
    script += "#   " + std::to_string(index) + "  " + OneLine(elements[index].name()) + "\n";
  }
  script += "export OMP_NUM_THREADS=" + std::to_string(cpus) + "\n";
  script += Quoted(program) + " train " + Quoted(folder) +
            "/\"$SLURM_ARRAY_TASK_ID\".yaml --continue &\n";
  script += R"(run=$!
again=
# Before the time limit: stop with a checkpoint, then wait in the queue for another turn. Preemption
# and cancelling send SIGTERM, to this script alone or to the run as well: it may come twice.
trap 'again=yes; kill -TERM "$run"' USR1
trap 'kill -TERM "$run"' TERM
wait "$run"
status=$?
# A signal ends a wait before the run has ended.
while kill -0 "$run" 2>/dev/null; do
  wait "$run"
  status=$?
done
[ -z "$again" ] || scontrol requeue "$SLURM_JOB_ID"
exit "$status"
)";
  return script;
}

std::string SubmitToSlurm(const std::vector<Element>& elements,
                          const std::vector<std::size_t>& chosen, const std::string& output,
                          int jobs, const SlurmOptions& options) {
  const fs::path folder = fs::absolute(output).lexically_normal() / "slurm";
  const std::string script =
      SlurmScript(elements, chosen, folder.string(), OwnProgram(), jobs, options);
  fs::create_directories(folder);
  for (const std::size_t index : chosen) {
    ExperimentConfig config = elements[index].config;
    if (config.threads == 0) config.threads = CpusOf(config, options);
    WriteFileAtomically((folder / (std::to_string(index) + ".yaml")).string(), WriteConfig(config));
  }
  const std::string path = (folder / "job.sh").string();
  WriteFileAtomically(path, script);
  const CommandResult said = RunCommand("sbatch --parsable " + Quoted(path));
  if (said.status != 0) Fail("sbatch " + path, said);
  if (!said.err.empty()) std::fprintf(stderr, "%s\n", said.err.c_str());
  const std::string job = said.out.substr(0, said.out.find(';'));  // "12" or "12;cluster"
  if (!IsNumber(job)) {
    throw std::runtime_error("sbatch --parsable: got '" + said.out +
                             "', which is no job's number; the array may be in the queue (squeue)");
  }
  WriteFileAtomically(JobFile(output), job + "\n");
  return job;
}

std::optional<std::string> JobInQueue(const std::string& output) {
  if (!fs::exists(JobFile(output))) return std::nullopt;
  std::string job = ReadWholeFile(JobFile(output));
  job.erase(job.find_last_not_of(" \n") + 1);
  if (!IsNumber(job)) {
    throw std::runtime_error(JobFile(output) + ": holds '" + job.substr(0, 80) +
                             "', no job's number; look whether its jobs are in the queue (squeue), "
                             "then remove the file");
  }
  const CommandResult said = RunCommand("squeue --noheader --format=%i --jobs=" + Quoted(job));
  // Slurm forgets a job some minutes after its end.
  if (said.err.find("Invalid job id") != std::string::npos) return std::nullopt;
  if (said.status != 0) Fail("squeue", said);
  return said.out.empty() ? std::nullopt : std::optional<std::string>(job);
}

}  // namespace curl_rl::experiments
