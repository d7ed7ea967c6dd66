// Loads models, turns MuJoCo's errors and warnings into exceptions, finds elements by name.
#include "envs/mujoco_model.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "envs/file_kind.h"
#include "envs/model_files.h"
#include "envs/nearest_name.h"

namespace curl_rl::envs {
namespace {

thread_local int quiet_depth = 0;
thread_local std::string last_warning;

void OnWarning(const char* message) {
  last_warning = message;
  if (quiet_depth == 0) std::cerr << "MuJoCo: " << message << std::endl;
}

[[noreturn]] void Fail(const std::string& message) {
  if (message.find("ould not allocate") == std::string::npos) throw std::runtime_error(message);
  throw OutOfMemory(message + " (see `ulimit -v`, `ulimit -d` and the control group)");
}

// Passes through MuJoCo's C frames; they hold nothing but the data's own stack.
void OnError(const char* message) { Fail(std::string("MuJoCo: ") + message); }

void InstallHandlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (mju_user_warning == nullptr) mju_user_warning = OnWarning;
    if (mju_user_error == nullptr) mju_user_error = OnError;
  });
}

// A virtual file system: 2 MB in MuJoCo 2.2, hence on the heap.
struct VfsDeleter {
  void operator()(mjVFS* vfs) const {
    mj_deleteVFS(vfs);
    delete vfs;
  }
};

void AddText(mjVFS* vfs, const std::string& name, const std::string& text) {
  const int size = static_cast<int>(text.size());
#if mjVERSION_HEADER >= 300
  const int failed = mj_addBufferVFS(vfs, name.c_str(), text.data(), size);
#else
  const int failed = mj_makeEmptyFileVFS(vfs, name.c_str(), size);
  if (failed == 0) {
    std::memcpy(vfs->filedata[mj_findFileVFS(vfs, name.c_str())], text.data(), text.size());
  }
#endif
  if (failed != 0) throw std::runtime_error("model text " + name + " could not be loaded");
}

// What is said besides, where a model may be right for another MuJoCo. MuJoCo 2.2 says that it
// knows a word not, or that a range has no `limited` (which MuJoCo 3 takes for granted), MuJoCo 3
// how to write what it knew before; none says why.
std::string Advice(const std::string& error) {
  for (const char* sign : {"unrecognized", "invalid keyword", "Schema violation", "autolimits"}) {
    if (error.find(sign) == std::string::npos) continue;
    return std::string("\nThis program has MuJoCo ") + mj_versionString() +
           ". A model written for a newer one may need that: docs/environments.md, \"Models for a "
           "newer MuJoCo\", tells how to build against it.";
  }
  return "";
}

ModelPtr Load(const std::string& path, const mjVFS* vfs) {
  InstallHandlers();
  char error[1024] = "";
  static std::mutex mutex;  // rand() belongs to the whole process
  const std::lock_guard<std::mutex> lock(mutex);
  std::srand(1);
  last_warning.clear();
  ModelPtr model(mj_loadXML(path.c_str(), vfs, error, sizeof(error)));
  if (model == nullptr) Fail("model " + path + ": " + error + Advice(error));
  // MuJoCo 3 tells some of its warnings in both ways.
  if (error[0] != '\0' && last_warning.find(error) == std::string::npos) {
    std::cerr << "model " << path << ": " << error << std::endl;
  }
  return model;
}

}  // namespace

ModelPtr LoadModel(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::is_regular_file(status)) {
    throw std::runtime_error(
        "model " + path + ": " +
        (std::filesystem::exists(status) ? "is " + KindOfFile(status) + ", a model is needed"
         : status.type() == std::filesystem::file_type::not_found ? "no such file"
                                                                  : error.message()));
  }
  try {
    CheckModelFiles(path);
  } catch (const std::runtime_error& refused) {
    throw std::runtime_error("model " + path + ": " + refused.what());
  }
  return Load(path, nullptr);
}

ModelPtr LoadModelText(const std::string& text, const std::string& name, const std::string& folder,
                       const std::vector<std::string>& includes) {
  std::unique_ptr<mjVFS, VfsDeleter> vfs(new mjVFS);
  mj_defaultVFS(vfs.get());
  AddText(vfs.get(), name, text);
  for (const std::string& file : includes) {
    const std::ifstream stream(std::filesystem::path(folder) / file);
    if (!stream) {
      throw std::runtime_error("model " + name + ": cannot read " + file + " in " + folder);
    }
    std::stringstream content;
    content << stream.rdbuf();
    AddText(vfs.get(), file, content.str());
  }
  return Load(name, vfs.get());
}

DataPtr MakeData(const mjModel& model) {
  DataPtr data(mj_makeData(&model));
  if (data == nullptr) throw OutOfMemory("MuJoCo: no memory for simulation data");
  return data;
}

int ElementId(const mjModel& model, mjtObj type, const std::string& name) {
  const int id = mj_name2id(&model, type, name.c_str());
  if (id >= 0) return id;
  std::vector<std::string> names;
  std::string all;
  for (int i = 0; i < model.nnames; ++i) {  // more than there are elements; some have no name
    const char* known = mj_id2name(&model, type, i);
    if (known == nullptr || *known == '\0') continue;
    names.emplace_back(known);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  throw std::invalid_argument(std::string("model has no ") + mju_type2Str(type) + " '" + name +
                              "'" + DidYouMean(name, names) +
                              (all.empty() ? " (none has a name)" : " (it has " + all + ")"));
}

int SensorAddress(const mjModel& model, const std::string& name) {
  return model.sensor_adr[ElementId(model, mjOBJ_SENSOR, name)];
}

std::string PhysicsWarning(const mjData& data) {
  // Named one by one: MuJoCo 2 has one more, about drawing, and MuJoCo 3 other numbers.
  for (int i : {mjWARN_INERTIA, mjWARN_CONTACTFULL, mjWARN_CNSTRFULL, mjWARN_BADQPOS,
                mjWARN_BADQVEL, mjWARN_BADQACC, mjWARN_BADCTRL}) {
    if (data.warning[i].number > 0) return mju_warningText(i, data.warning[i].lastinfo);
  }
  return "";
}

QuietWarnings::QuietWarnings() { ++quiet_depth; }
QuietWarnings::~QuietWarnings() { --quiet_depth; }

}  // namespace curl_rl::envs
