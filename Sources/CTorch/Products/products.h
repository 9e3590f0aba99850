#pragma once

// Linear layers and attention as one node of the graph each, so that their matrix products go straight to oneDNN and
// BLAS: float32 on the processor.
//
// libtorch 1.13 without MKL takes OpenBLAS for every linear layer, which copies its matrices each time and is slower at
// the small ones of a small model, and asks for the products of a batch one by one, a dispatch each. All numbers are
// made by the libraries and by libtorch: here is only who is asked for which product.

#include <ATen/ATen.h>

namespace ct {

/// Whether oneDNN takes a linear layer of these: several rows, nothing that autocast would make half.
bool can_multiply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias);

/// x · weightᵀ + bias.
at::Tensor product_linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias);

/// Whether BLAS takes attention of these: several queries, nothing that autocast would make half, a mask that needs no
/// gradient.
///
/// - Parameter wide: as of `product_attention`; one query will do then, and keys and values may be float64.
bool can_attend(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, bool wide);

/// softmax(q · kᵀ · scale + mask) · v for q `[B, H, T, E]`, k `[B, G, S, E]`, v `[B, G, S, D]`, H a multiple of G. A mask
/// of bools says what may be seen, another is added.
///
/// - Parameter wide: whether all of it is computed in float64 and rounded once; not the way back.
at::Tensor product_attention(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, double scale, bool wide);

}  // namespace ct
