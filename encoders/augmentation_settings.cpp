// The one list of augmentations: what each kind is and reads, and what is checked of it.
#include "encoders/augmentation_settings.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace curl_rl::encoders {
namespace {

using Spec = AugmentationSpec;
using Parameter = AugmentationParameter;

Parameter Number(const char* name, double Spec::*member, double initial, double minimum,
                 double maximum, const char* meaning) {
  return {name, meaning, member, initial, minimum, maximum, {}};
}

Parameter Whole(const char* name, std::int64_t Spec::*member, std::int64_t initial,
                std::int64_t minimum, std::int64_t maximum, const char* meaning) {
  return {
      name, meaning, member, initial, static_cast<double>(minimum), static_cast<double>(maximum),
      {}};
}

Parameter Choice(const char* name, std::string Spec::*member, const char* initial,
                 std::vector<std::string> choices, const char* meaning) {
  return {name, meaning, member, std::string(initial), 0.0, 0.0, std::move(choices)};
}

Parameter Probability(double initial) {
  return Number("probability", &Spec::probability, initial, 0.0, 1.0, "of a row to be changed");
}

std::vector<std::string> Orders() {
  std::vector<std::string> orders;
  std::string order = "bchs";
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

std::vector<AugmentationInfo> MakeInfos() {
  const auto border = Choice("border", &Spec::border, "edge", {"edge", "zeros"},
                             "what is outside the picture: its edge or black");
  const auto sampling =
      Choice("sampling", &Spec::sampling, "bilinear", {"bilinear", "nearest"}, "between pixels");
  const auto factor = [](const char* name, double Spec::*member, double initial,
                         const char* meaning) {
    return Number(name, member, initial, 0.0, 10.0, meaning);
  };
  const std::vector<Parameter> box = {
      Probability(1.0), Whole("box_min", &Spec::box_min, 10, 1, 1000, "smallest side, pixels"),
      Whole("box_max", &Spec::box_max, 29, 1, 1000, "largest side, pixels"),
      Choice("corner", &Spec::corner, "anywhere", {"anywhere", "size"},
             "where it lies: anywhere inside; size: row = height, column = width, as RAD's")};
  return {
      {"crop",
       "a window of the picture at a whole-pixel place; draws top, left",
       {Whole("size", &Spec::size, 84, 1, 10000, "side of the window, pixels")}},
      {"shift",
       "moved by whole pixels, the edge repeated (DrQ, DrQ-v2); draws top, left in 0..2 pad",
       {Probability(1.0), Whole("pad", &Spec::pad, 4, 0, 1000, "farthest shift, pixels")}},
      {"subpixel_shift",
       "moved by parts of pixels too, the edge repeated; draws shift_row, shift_column in 0..2 pad",
       {Probability(1.0), Whole("pad", &Spec::pad, 4, 0, 1000, "farthest shift, pixels")}},
      {"translate",
       "the picture somewhere in a larger black one (RAD); draws top, left",
       {Whole("size", &Spec::size, 108, 1, 10000, "side of the black picture, pixels"),
        Choice("next", &Spec::next, "same", {"same", "own"},
               "the next observation's place: the observation's (RAD) or its own")}},
      {"window",
       "black but for a window; draws top, left",
       {Probability(1.0), Whole("size", &Spec::size, 84, 1, 10000, "side of the window, pixels")}},
      {"resized_crop",
       "a box of random area and shape, drawn to the whole picture; draws top, left, height, width",
       {Probability(1.0),
        Number("area_min", &Spec::area_min, 0.08, 1e-3, 1.0, "least share of the picture"),
        Number("area_max", &Spec::area_max, 1.0, 1e-3, 1.0, "greatest share")}},
      {"flip",
       "mirrored; draws nothing more",
       {Probability(0.5), Choice("axis", &Spec::axis, "horizontal", {"horizontal", "vertical"},
                                 "left-right or upside down")}},
      {"quarter_turns",
       "turned by 90, 180 or 270 degrees (RAD); draws quarter_turns in 1..3",
       {Probability(0.3)}},
      {"rotate",
       "turned counter-clockwise by any angle about the centre; draws degrees",
       {Probability(1.0),
        Number("degrees_min", &Spec::degrees_min, 0.0, -180.0, 180.0, "least angle"),
        Number("degrees_max", &Spec::degrees_max, 90.0, -180.0, 180.0, "greatest angle"), border,
        sampling}},
      {"affine",
       "turned, moved, zoomed and sheared (SPR); draws affine [B, 6] as AffineMatrix takes it",
       {Probability(1.0),
        Number("degrees_min", &Spec::degrees_min, -5.0, -180.0, 180.0, "least angle"),
        Number("degrees_max", &Spec::degrees_max, 5.0, -180.0, 180.0, "greatest angle"),
        Number("translation", &Spec::translation, 0.14, 0.0, 1.0, "farthest move, of the side"),
        Number("zoom_min", &Spec::zoom_min, 0.9, 0.01, 100.0, "least enlargement"),
        Number("zoom_max", &Spec::zoom_max, 1.1, 0.01, 100.0, "greatest enlargement"),
        Number("shear", &Spec::shear, 5.0, 0.0, 80.0, "greatest shear along x, degrees"), border,
        sampling}},
      {"patches",
       "cut into tiles, put together in another order (jigsaw); draws order [B, grid^2]",
       {Probability(1.0), Whole("grid", &Spec::grid, 3, 2, 100, "tiles a side; divides the side")}},
      {"grayscale", "luma in all three channels; draws nothing more", {Probability(0.2)}},
      {"rad_grayscale",
       "the same in whole grey levels, cut off as RAD does; draws nothing more",
       {Probability(0.3)}},
      {"color_jitter",
       "torchvision's jitter in a given order; draws brightness, contrast, saturation, hue",
       {Probability(0.8), factor("brightness", &Spec::brightness, 0.4, "factor in 1 ± this"),
        factor("contrast", &Spec::contrast, 0.4, "about the mean luma, factor in 1 ± this"),
        factor("saturation", &Spec::saturation, 0.4, "about the luma, factor in 1 ± this"),
        Number("hue", &Spec::hue, 0.1, 0.0, 0.5, "shift in ± this, turns"),
        Choice("order", &Spec::order, "bcsh", Orders(),
               "of brightness, contrast, saturation, hue by their first letters")}},
      {"rad_color_jitter",
       "RAD's jitter in HSV, contrast before or after; draws those of color_jitter, contrast_first",
       {Probability(1.0), factor("brightness", &Spec::brightness, 0.4, "factor in 1 ± this"),
        factor("contrast", &Spec::contrast, 0.4, "about each channel's mean, factor in 1 ± this"),
        factor("saturation", &Spec::saturation, 0.4, "factor in 1 ± this"),
        Number("hue", &Spec::hue, 0.5, 0.0, 0.5, "shift in ± this, times 255/360 turns")}},
      {"intensity",
       "times one factor a row, 1 + deviation clip(N(0, 1), ±2) (SPR); draws normal",
       {Probability(1.0), Number("scale_deviation", &Spec::scale_deviation, 0.05, 0.0, 0.5,
                                 "standard deviation of the factor")}},
      {"random_conv",
       "colours through a random 3x3 convolution, not clamped (RAD); draws weight [B, 3, 3, 3, 3]",
       {Probability(1.0),
        Choice("rescale", &Spec::rescale, "never", {"never", "reference"},
               "reference: a batch with a value above 1 is divided by 255 once more (RAD)")}},
      {"blur",
       "Gaussian blur, reflected at the border (SimCLR); draws sigma",
       {Probability(0.5), Number("sigma_min", &Spec::sigma_min, 0.1, 0.01, 100.0, "pixels"),
        Number("sigma_max", &Spec::sigma_max, 2.0, 0.01, 100.0, "pixels"),
        Whole("kernel", &Spec::kernel, 9, 1, 199, "taps, odd")}},
      {"noise",
       "plus Gaussian noise, clamped; draws normal [B, K*3, H, W], a pixel's",
       {Probability(1.0), Number("noise", &Spec::noise, 0.05, 0.0, 1.0, "standard deviation")}},
      {"salt_pepper",
       "pixels of a stack white or black; draws amount, pixel [B, H, W], a pixel's",
       {Probability(1.0), Number("amount_min", &Spec::amount_min, 0.02, 0.0, 1.0, "least share"),
        Number("amount_max", &Spec::amount_max, 0.08, 0.0, 1.0, "greatest share"),
        Number("salt", &Spec::salt, 0.5, 0.0, 1.0, "share of the white ones among them")}},
      {"cutout", "a black box; draws top, left, height, width", box},
      {"cutout_color", "a box of one colour a channel; draws those of cutout and color [B, K*3]",
       box},
      {"quantize",
       "fewer grey levels, spread by noise, less 1/2 (SAC+AE's targets); draws pixel, a pixel's",
       {Whole("bits", &Spec::bits, 5, 1, 8, "grey levels are 2 to this")}},
  };
}

[[noreturn]] void Refuse(const AugmentationSpec& spec, const AugmentationParameter& parameter,
                         const std::string& got, const std::string& allowed) {
  throw std::invalid_argument("augmentation " + spec.kind + ": " + parameter.name + ": got " + got +
                              ", allowed " + allowed);
}

template <typename Value>
std::string Text(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

void CheckParameter(const AugmentationSpec& spec, const AugmentationParameter& parameter) {
  std::visit(
      [&](const auto member) {
        const auto& value = spec.*member;
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          const auto& choices = parameter.choices;
          if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
          std::string all;
          for (const auto& choice : choices) all += (all.empty() ? "" : ", ") + choice;
          Refuse(spec, parameter, "'" + value + "'", all);
        } else {
          const auto number = static_cast<double>(value);
          if (number >= parameter.minimum && number <= parameter.maximum)
            return;  // a NaN is neither
          Refuse(spec, parameter, Text(value),
                 Text(parameter.minimum) + " to " + Text(parameter.maximum));
        }
      },
      parameter.member);
}

// A range whose ends are two parameters.
template <typename Value>
void CheckRange(const AugmentationSpec& spec, Value AugmentationSpec::*low,
                Value AugmentationSpec::*high) {
  const auto& parameters = FindAugmentationInfo(spec.kind).parameters;
  for (const auto& parameter : parameters) {
    const auto* member = std::get_if<Value AugmentationSpec::*>(&parameter.member);
    if (member == nullptr || *member != high || spec.*low <= spec.*high) continue;
    Refuse(spec, parameter, Text(spec.*high), "at least the range's start, " + Text(spec.*low));
  }
}

envs::SettingValue ValueOf(AugmentationSpec& spec, const AugmentationParameter& parameter) {
  return std::visit(
      [&](const auto member) -> envs::SettingValue {
        auto& value = spec.*member;
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          envs::Choice choice;
          choice.names = parameter.choices;
          choice.get = [&value, names = parameter.choices] {
            const auto found = std::find(names.begin(), names.end(), value);
            return static_cast<std::size_t>(found - names.begin());
          };
          choice.set = [&value, names = parameter.choices](std::size_t i) { value = names[i]; };
          return choice;
        } else {
          return &value;
        }
      },
      parameter.member);
}

}  // namespace

const std::vector<AugmentationInfo>& AugmentationInfos() {
  static const std::vector<AugmentationInfo> kInfos = MakeInfos();
  return kInfos;
}

const AugmentationInfo& FindAugmentationInfo(const std::string& name) {
  std::string names;
  for (const auto& info : AugmentationInfos()) {
    if (info.name == name) return info;
    names += (names.empty() ? "" : ", ") + info.name;
  }
  throw std::invalid_argument("augmentation: got '" + name + "', allowed: " + names);
}

AugmentationSpec DefaultAugmentation(const std::string& name) {
  AugmentationSpec spec;
  spec.kind = name;
  for (const auto& parameter : FindAugmentationInfo(name).parameters) {
    std::visit(
        [&](const auto member) {
          using Value = std::decay_t<decltype(spec.*member)>;
          spec.*member = std::get<Value>(parameter.initial);
        },
        parameter.member);
  }
  return spec;
}

void CheckAugmentation(const AugmentationSpec& spec) {
  for (const auto& parameter : FindAugmentationInfo(spec.kind).parameters) {
    CheckParameter(spec, parameter);
  }
  CheckRange(spec, &Spec::degrees_min, &Spec::degrees_max);
  CheckRange(spec, &Spec::zoom_min, &Spec::zoom_max);
  CheckRange(spec, &Spec::area_min, &Spec::area_max);
  CheckRange(spec, &Spec::box_min, &Spec::box_max);
  CheckRange(spec, &Spec::amount_min, &Spec::amount_max);
  CheckRange(spec, &Spec::sigma_min, &Spec::sigma_max);
}

envs::Settings AugmentationSpec::Describe() {
  envs::Settings settings;
  for (const auto& parameter : FindAugmentationInfo(kind).parameters) {
    settings.emplace_back(parameter.name, ValueOf(*this, parameter),
                          envs::Between(parameter.minimum, parameter.maximum), "",
                          parameter.meaning, envs::Role::kOutcome);
  }
  return settings;
}

std::int64_t SideAfter(const std::vector<AugmentationSpec>& specs, std::int64_t side) {
  for (const auto& spec : specs) {
    const auto refuse = [&](const std::string& name, std::int64_t got, const std::string& allowed) {
      throw std::invalid_argument("augmentation " + spec.kind + ": " + name + ": got " + Text(got) +
                                  " for pictures of " + Text(side) + " pixels, allowed " + allowed);
    };
    const bool cuts = spec.kind == "crop" || spec.kind == "window";
    if (cuts && spec.size > side) refuse("size", spec.size, "1 to " + Text(side));
    if (spec.kind == "translate" && spec.size < side) {
      refuse("size", spec.size, "at least " + Text(side));
    }
    if (spec.kind == "patches" && side % spec.grid != 0) {
      refuse("grid", spec.grid, "a divisor of the side");
    }
    if (spec.kind == "blur" && spec.kernel / 2 >= side) {
      refuse("kernel", spec.kernel, "less than twice the side");
    }
    if (spec.kind == "crop" || spec.kind == "translate") side = spec.size;
  }
  return side;
}

}  // namespace curl_rl::encoders
