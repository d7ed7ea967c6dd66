// The commands of the program, one function each.
#pragma once

#include <string>
#include <vector>

namespace curl_rl::experiments {

/// One command. `arguments` is what stands after the command's name. Returns the exit status.
using CommandFunction = int (*)(const std::vector<std::string>& arguments);

int TrainCommand(const std::vector<std::string>& arguments);
int ResumeCommand(const std::vector<std::string>& arguments);
int ImportCommand(const std::vector<std::string>& arguments);
int ExportCommand(const std::vector<std::string>& arguments);
int EvaluateCommand(const std::vector<std::string>& arguments);
int ProbeCommand(const std::vector<std::string>& arguments);
int RenderCommand(const std::vector<std::string>& arguments);
int RolloutCommand(const std::vector<std::string>& arguments);
int SweepCommand(const std::vector<std::string>& arguments);
int CompareCommand(const std::vector<std::string>& arguments);
int ResultsCommand(const std::vector<std::string>& arguments);
int PublishCommand(const std::vector<std::string>& arguments);
int MethodsCommand(const std::vector<std::string>& arguments);
int EnvsCommand(const std::vector<std::string>& arguments);
int ConfigCommand(const std::vector<std::string>& arguments);
int DoctorCommand(const std::vector<std::string>& arguments);

}  // namespace curl_rl::experiments
