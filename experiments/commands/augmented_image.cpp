// Draws augmentations of one frame and lays them out side by side.
#include "experiments/commands/augmented_image.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "encoders/augmentations.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/usage_error.h"
#include "replay/random_stream.h"

namespace curl_rl::experiments {
namespace {

using encoders::AugmentationSpec;

constexpr int kGap = 4;              // pixels between pictures
constexpr int kSheetSide = 96;       // pixels: a multiple of 3, for the tiles of `patches`
constexpr std::int64_t kInner = 64;  // pixels that crop and window keep of those

std::vector<AugmentationSpec> ChosenKinds(const AugmentChoice& choice) {
  return ReadConfig("", choice.overrides).agent.augment.kinds;
}

// float32 [1, 3, side, side] in [0, 1].
torch::Tensor AsPixels(const std::vector<std::uint8_t>& frame, int side) {
  auto bytes = torch::empty({side, side, 3}, torch::kUInt8);
  std::copy(frame.begin(), frame.end(), bytes.data_ptr<std::uint8_t>());
  return bytes.permute({2, 0, 1}).unsqueeze(0).to(torch::kFloat32) / 255.0;
}

torch::Tensor Apply(torch::Tensor pixels, const std::vector<AugmentationSpec>& specs,
                    const at::Generator& stream) {
  for (const auto& spec : specs) {
    const auto drawn = encoders::DrawAugmentation(spec, pixels.sizes(), stream);
    pixels = encoders::Augment(pixels, spec, drawn);
    if (spec.kind == "quantize") pixels = pixels + 0.5;  // to be seen
  }
  return pixels;
}

// [1, 3, h, w] each, row by row, on white.
Image LayOut(const std::vector<torch::Tensor>& pictures, int columns) {
  std::int64_t cell = 0;
  for (const auto& picture : pictures) cell = std::max({cell, picture.size(2), picture.size(3)});
  const auto rows = (static_cast<std::int64_t>(pictures.size()) + columns - 1) / columns;
  auto sheet = torch::ones({3, rows * (cell + kGap) - kGap, columns * (cell + kGap) - kGap});
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto& picture = pictures[i];
    const auto row = static_cast<std::int64_t>(i) / columns;
    const auto column = static_cast<std::int64_t>(i) % columns;
    const auto top = row * (cell + kGap) + (cell - picture.size(2)) / 2;
    const auto left = column * (cell + kGap) + (cell - picture.size(3)) / 2;
    sheet.narrow(1, top, picture.size(2)).narrow(2, left, picture.size(3)).copy_(picture[0]);
  }
  const auto bytes =
      (sheet.clamp(0.0, 1.0) * 255.0).round().to(torch::kUInt8).permute({1, 2, 0}).contiguous();
  const auto* data = bytes.data_ptr<std::uint8_t>();
  return {static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
          std::vector<std::uint8_t>(data, data + bytes.numel())};
}

}  // namespace

AugmentChoice::AugmentChoice(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"all"}) {
    all = true;
    return;
  }
  std::string kinds;
  std::vector<std::string> settings;
  for (const auto& word : words) {
    if (word.find('=') != std::string::npos) {
      settings.push_back("agent.augment." + word);
    } else if (word == "all") {
      throw UsageError("--augment: 'all' stands alone: it shows every kind once");
    } else {
      kinds += (kinds.empty() ? "" : ", ") + word;
    }
  }
  overrides = {"agent.augment.kinds=[" + kinds + "]", "agent.augment.views=all",
               "agent.window=whole"};
  overrides.insert(overrides.end(), settings.begin(), settings.end());
  ReadConfig("", overrides);  // it says what is wrong with them
}

int FrameSide(const AugmentChoice& choice) {
  if (choice.all) return kSheetSide;
  return static_cast<int>(ReadConfig("", choice.overrides).environment.image_size);
}

Image AugmentedImage(const AugmentChoice& choice, const std::vector<std::uint8_t>& frame,
                     int side) {
  const torch::NoGradGuard no_grad;
  const auto pixels = AsPixels(frame, side);
  const auto stream = replay::MakeStream(1, "augmented_image", torch::kCPU);
  std::vector<torch::Tensor> pictures = {pixels};
  if (!choice.all) {
    const auto kinds = ChosenKinds(choice);
    for (int i = 0; i < 7; ++i) pictures.push_back(Apply(pixels, kinds, stream));
    return LayOut(pictures, /*columns=*/4);
  }
  for (const auto& info : encoders::AugmentationInfos()) {
    auto spec = encoders::DefaultAugmentation(info.name);
    spec.probability = 1.0;
    if (spec.kind == "crop" || spec.kind == "window") spec.size = kInner;
    pictures.push_back(Apply(pixels, {spec}, stream));
  }
  return LayOut(pictures, /*columns=*/6);
}

}  // namespace curl_rl::experiments
