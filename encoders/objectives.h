// The one list of objectives. A framework is a line here, a header with its settings and a source
// with its mathematics in objectives/.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "encoders/objective_settings.h"
#include "encoders/objectives/curl.h"
#include "encoders/objectives/moco.h"
#include "encoders/objectives/nnclr.h"
#include "encoders/objectives/ore.h"
#include "encoders/objectives/pairs.h"
#include "encoders/objectives/pcl.h"
#include "encoders/objectives/pcrl.h"
#include "encoders/objectives/reconstruction.h"
#include "encoders/objectives/segmentation.h"
#include "encoders/objectives/simclr.h"
#include "encoders/objectives/sscl.h"
#include "encoders/objectives/supervised.h"
#include "encoders/objectives/swav.h"
#include "encoders/objectives/taco.h"
#include "encoders/objectives/temporal.h"

namespace curl_rl::encoders {

using ObjectiveList = std::tuple<  //
    CurlConfig,                    //
    SimclrConfig,                  //
    MocoConfig,                    //
    NnclrConfig,                   //
    OreConfig,                     //
    PairsConfig,                   //
    PclConfig,                     //
    PcrlConfig,                    //
    ReconstructionConfig,          //
    SegmentationConfig,            //
    SsclConfig,                    //
    SupervisedConfig,              //
    SwavConfig,                    //
    TacoConfig,                    //
    TemporalConfig>;

/// The settings of the objective `name` with their defaults: of this list, or one of a user's own
/// (RegisterObjective). Throws std::invalid_argument with the list and the nearest name.
std::unique_ptr<ObjectiveSettings> MakeObjectiveSettings(const std::string& name);

/// All there are, in order.
std::vector<ObjectiveInfo> ObjectiveInfos();

/// Adds an objective of a user's own to the list. Throws std::invalid_argument if its name is
/// taken. To be called before configs are read.
void RegisterObjectiveSettings(std::function<std::unique_ptr<ObjectiveSettings>()> make);

}  // namespace curl_rl::encoders
