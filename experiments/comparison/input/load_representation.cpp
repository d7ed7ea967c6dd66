// What a run's folder tells of its representation: a probe's report, and columns of train.csv.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/comparison/input/evaluations.h"
#include "experiments/comparison/input/load.h"
#include "experiments/files/checked_json.h"

namespace curl_rl::comparison {
namespace {

using Json = nlohmann::json;

std::string ReadIfThere(const std::string& path, LoadedRuns* loaded) {
  if (!std::filesystem::exists(path)) return "";
  std::string bytes = ReadInputFile(path);
  loaded->inputs.push_back({path, experiments::Crc32(bytes)});
  return bytes;
}

// root[keys...], a number, or NaN for null, as a probe writes what is not defined.
double NumberAt(const Json& root, const std::vector<std::string>& keys, const std::string& path) {
  const Json* at = &root;
  std::string name;
  for (const std::string& key : keys) {
    name += (name.empty() ? "" : ".") + key;
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (!at->is_object() || found == at->end()) {
      throw InputError(path + ": there is no '" + name + "'; it is no probe of this version's");
    }
    at = &*found;
  }
  if (at->is_null()) return Probe::kNone;
  if (!at->is_number()) throw InputError(path + ": '" + name + "' is no number");
  return at->get<double>();
}

Probe ReadProbe(const std::string& bytes, const std::string& path) {
  const Json root = experiments::ParseJson(bytes);
  if (!root.is_object() || root.value("program", Json()) != "curl-rl probe") {
    throw InputError(path + ": not what `curl-rl probe` writes");
  }
  const auto of = [&](const char* representation, std::vector<std::string> keys) {
    keys.insert(keys.begin(), {"representations", representation});
    return NumberAt(root, keys, path);
  };
  Probe probe;
  const double step = NumberAt(root, {"env_step"}, path);
  if (!(step >= 0 && step < 1e15)) throw InputError(path + ": 'env_step' is no step");
  probe.env_step = static_cast<std::int64_t>(step);
  probe.r2 = of("encoder", {"mean", "r2"});
  probe.untrained_r2 = of("untrained", {"mean", "r2"});
  probe.pixels_r2 = of("pixels", {"mean", "r2"});
  probe.accuracy = of("encoder", {"contrastive_accuracy"});
  probe.alignment = of("encoder", {"alignment"});
  probe.uniformity = of("encoder", {"uniformity"});
  probe.participation_ratio = of("encoder", {"participation_ratio"});
  probe.effective_rank = of("encoder", {"effective_rank"});
  probe.neighbour_distance = of("encoder", {"neighbour_distance"});
  return probe;
}

// Rows in which the column has a number; a run taken up again never goes back.
Series ReadColumn(const CsvTable& table, const std::string& name) {
  Series series;
  const int column = table.Find(name);
  const int step = table.Find("env_step");
  if (column < 0 || step < 0) return series;
  for (const CsvRecord& row : table.rows) {
    if (row.fields[static_cast<std::size_t>(column)].empty()) continue;
    const double x = table.Number(row, step);
    if (!series.x.empty() && x <= series.x.back()) continue;
    series.x.push_back(x);
    series.y.push_back(table.Number(row, column));
  }
  return series;
}

}  // namespace

void LoadRepresentation(const std::string& path, LoadedRuns* loaded, Run* run) {
  const std::filesystem::path folder(path);
  const std::string probe_path = (folder / "probe" / "probe.json").string();
  if (const std::string bytes = ReadIfThere(probe_path, loaded); !bytes.empty()) {
    run->probe = ReadProbe(bytes, probe_path);
  }
  const std::string train_path = (folder / "train.csv").string();
  std::string rows = ReadIfThere(train_path, loaded);
  // As of eval.csv: the last line may be half written.
  rows.erase(rows.rfind('\n') == std::string::npos ? 0 : rows.rfind('\n') + 1);
  if (rows.empty()) return;
  const CsvTable table = experiments::ParseCsv(rows, train_path);
  for (const char* name :
       {"contrastive_accuracy", "alignment", "uniformity", "participation_ratio"}) {
    if (Series series = ReadColumn(table, name); !series.x.empty()) run->metrics[name] = series;
  }
}

}  // namespace curl_rl::comparison
