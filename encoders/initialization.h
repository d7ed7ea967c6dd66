// Weight initialisation, drawn from a stream of the caller's, never from the global one.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "encoders/encoder_config.h"

namespace curl_rl::encoders {

/// Fills `weight` [rows, columns...] with a matrix [rows, prod(columns)] that has orthonormal rows
/// or columns (whichever are fewer), times `gain` (Saxe et al. 2014; the same law as torch's own).
void InitOrthogonal(torch::Tensor weight, double gain, at::Generator stream);

/// Fills `weight` [out, in, k, k], k odd, with zeros but for the centre tap, which is orthogonal
/// times `gain` (Xiao et al. 2018, as the reference implementation does it).
void InitDeltaOrthogonal(torch::Tensor weight, double gain, at::Generator stream);

/// A linear layer as the reference initialises it: orthogonal with gain 1, bias 0.
void InitLinear(torch::nn::Linear& linear, at::Generator stream);

/// A convolution with gain sqrt(2), bias 0.
void InitConv(torch::nn::Conv2d& conv, ConvInit scheme, at::Generator stream);

}  // namespace curl_rl::encoders
