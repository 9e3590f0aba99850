#pragma once

// Pieces of a Transformer that are one node of the graph each: float32 on the processor.

#include <ATen/ATen.h>

namespace ct {

/// Whether the fused forms take all of these: float32 on the processor. Undefined tensors count as taken.
bool is_fusible(std::initializer_list<at::Tensor> tensors);

/// w · x / √(mean x² + eps) over the last axis.
at::Tensor fused_rms_norm(const at::Tensor &x, const at::Tensor &weight, double eps);

/// x · cos + rotate_half(x) · sin for x `[B, H, T, E]`, cos and sin broadcast to it.
at::Tensor fused_rotary(const at::Tensor &x, const at::Tensor &cosine, const at::Tensor &sine);

/// silu(gate) · up.
at::Tensor fused_gate(const at::Tensor &gate, const at::Tensor &up);

/// GELU by tanh.
at::Tensor fused_gelu(const at::Tensor &x);

/// Whether oneDNN takes a linear layer of these: several rows, nothing that autocast would make half.
bool can_multiply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias);

/// x · weightᵀ + bias.
at::Tensor fused_linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias);

/// Whether attention has what it needs, and its inputs are such that it is worth it.
bool can_attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask);

/// softmax(q · kᵀ · scale + mask) · v, by blocks of queries: the scores are never stored, backward computes them again
/// (Dao et al. 2022).
at::Tensor fused_attention(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, bool causal, double scale);

}  // namespace ct
