// How a replay keeps its frames, as data that needs no LibTorch.
#pragma once

#include "envs/setting.h"

namespace curl_rl::replay {

/// Batches are the same bit for bit.
enum class FrameStorage {
  kRaw,         // as they are
  kCompressed,  // in the host's memory (packed_frames.h), unpacked where they are drawn
  kAuto,        // compressed where raw frames do not fit into the host's memory, else raw
};
constexpr envs::EnumName<FrameStorage> kFrameStorages[] = {
    {FrameStorage::kRaw, "raw"},
    {FrameStorage::kCompressed, "compressed"},
    {FrameStorage::kAuto, "auto"}};
inline const auto& NamesOf(FrameStorage) { return kFrameStorages; }

}  // namespace curl_rl::replay
