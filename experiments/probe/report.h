// A probe's page, figures, tables and JSON.
#pragma once

#include <string>
#include <vector>

#include "experiments/probe/probe.h"
#include "experiments/reports/page.h"
#include "experiments/reports/table.h"

namespace curl_rl::probe {

/// What the manifest names as its program: a probe's folder is known by it.
constexpr char kProbeProgram[] = "curl-rl probe";

/// R² of each entry of the state, of every representation.
reports::Figure RegressionFigure(const ProbeResult& result);
/// Frames on two principal axes of the encoder's features, and of the untrained one's, coloured by
/// reward. `most` frames at most, evenly spaced.
reports::Figure MapFigure(const ProbeResult& result, std::int64_t most = 2000);
/// Frames and their nearest neighbours.
reports::Figure NeighbourFigure(const ProbeResult& result);

/// One row a representation.
reports::Table MeasureTable(const ProbeResult& result);
/// One row an entry of the state.
reports::Table RegressionTable(const ProbeResult& result);
/// The numbers behind the figures.
reports::Table MapData(const ProbeResult& result);
reports::Table NeighbourData(const ProbeResult& result);

/// The answer in a sentence: how much of the state the encoder tells, beside the others.
std::string Headline(const ProbeResult& result);

/// Every number, as JSON. What is not defined is null.
std::string ToJson(const ProbeResult& result, const ProbeOptions& options);

/// Writes probe.html, probe.json, manifest.json, figures/ and tables/ to the folder `path`, as
/// reports::WriteFolder does. Returns the warnings.
std::vector<std::string> WriteProbe(const ProbeResult& result, const ProbeOptions& options,
                                    const std::string& path);

}  // namespace curl_rl::probe
