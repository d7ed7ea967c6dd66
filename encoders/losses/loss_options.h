// What losses can be told, as data that needs no LibTorch.
#pragma once

#include "envs/setting.h"

namespace curl_rl::encoders {

/// How terms of pairs become one number.
enum class PairReduction {
  kMean,      // over all pairs that are own or other: B - 1 others to one own
  kBalanced,  // mean over the own ones + mean over the others (SimCLR's NT-Logistic)
  kRowSum,    // sum over all pairs, divided by the number of rows (SigLIP)
};
constexpr envs::EnumName<PairReduction> kPairReductions[] = {{PairReduction::kMean, "mean"},
                                                             {PairReduction::kBalanced, "balanced"},
                                                             {PairReduction::kRowSum, "row_sum"}};
inline const auto& NamesOf(PairReduction) { return kPairReductions; }

enum class MaxMarginForm {
  kHadsell,  // 1/2 D^2 and 1/2 relu(margin - D)^2 (Hadsell, Chopra, LeCun 2006, eq. 4)
  kSquared,  // D^2 and relu(margin - D^2)
  kLinear,   // D and relu(margin - D)
};
constexpr envs::EnumName<MaxMarginForm> kMaxMarginForms[] = {{MaxMarginForm::kHadsell, "hadsell"},
                                                             {MaxMarginForm::kSquared, "squared"},
                                                             {MaxMarginForm::kLinear, "linear"}};
inline const auto& NamesOf(MaxMarginForm) { return kMaxMarginForms; }

enum class TripletMining {
  kAll,       // every own with every other
  kHard,      // the farthest own with the nearest other
  kSemiHard,  // the farthest own with the nearest other that is farther (Schroff et al. 2015);
              // rows without one are left out
};
constexpr envs::EnumName<TripletMining> kTripletMinings[] = {
    {TripletMining::kAll, "all"},
    {TripletMining::kHard, "hard"},
    {TripletMining::kSemiHard, "semi_hard"}};
inline const auto& NamesOf(TripletMining) { return kTripletMinings; }

enum class SupervisedForm {
  kOut,  // the mean over own rows of their logarithms
  kIn,   // the logarithm of their mean
};
constexpr envs::EnumName<SupervisedForm> kSupervisedForms[] = {{SupervisedForm::kOut, "out"},
                                                               {SupervisedForm::kIn, "in"}};
inline const auto& NamesOf(SupervisedForm) { return kSupervisedForms; }

}  // namespace curl_rl::encoders
