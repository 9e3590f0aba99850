#ifndef CTORCH_OPERATORS_H
#define CTORCH_OPERATORS_H

// The everyday operators, typed. Everything else is reached by name: `ctorch_call.h`.

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Operators of one tensor: the list that declares them here and defines them in operators.cpp.
#define CT_UNARY(OP)                                                                                              \
  OP(neg) OP(abs) OP(exp) OP(expm1) OP(log) OP(log1p) OP(sqrt) OP(rsqrt) OP(reciprocal) OP(sin) OP(cos) OP(tanh)  \
  OP(sigmoid) OP(log_sigmoid) OP(silu) OP(relu) OP(erf) OP(floor) OP(ceil) OP(round) OP(sign) OP(square)          \
  OP(isnan) OP(isinf) OP(isfinite) OP(logical_not) OP(bitwise_not) OP(detach) OP(clone) OP(zeros_like)            \
  OP(ones_like) OP(empty_like) OP(nonzero) OP(all) OP(any) OP(max) OP(min) OP(softplus)

/// Operators of two tensors, broadcast.
#define CT_BINARY(OP)                                                                                             \
  OP(add) OP(sub) OP(mul) OP(div) OP(pow) OP(maximum) OP(minimum) OP(remainder) OP(floor_divide) OP(matmul)       \
  OP(bmm) OP(eq) OP(ne) OP(lt) OP(le) OP(gt) OP(ge) OP(logical_and) OP(logical_or) OP(logical_xor)

/// Operators of a tensor and a number.
#define CT_BINARY_SCALAR(OP)                                                                                      \
  OP(add) OP(sub) OP(mul) OP(div) OP(pow) OP(remainder) OP(floor_divide) OP(eq) OP(ne) OP(lt) OP(le) OP(gt)       \
  OP(ge) OP(rsub)

#define CT_DECLARE_UNARY(name) ct_tensor ct_##name(ct_tensor a);
#define CT_DECLARE_BINARY(name) ct_tensor ct_##name(ct_tensor a, ct_tensor b);
#define CT_DECLARE_BINARY_SCALAR(name) ct_tensor ct_##name##_scalar(ct_tensor a, ct_scalar b);
CT_UNARY(CT_DECLARE_UNARY)
CT_BINARY(CT_DECLARE_BINARY)
CT_BINARY_SCALAR(CT_DECLARE_BINARY_SCALAR)

// Shape

ct_tensor ct_contiguous(ct_tensor a);
ct_tensor ct_reshape(ct_tensor a, const int64_t *shape, size_t rank);
ct_tensor ct_view(ct_tensor a, const int64_t *shape, size_t rank);
ct_tensor ct_expand(ct_tensor a, const int64_t *shape, size_t rank);
ct_tensor ct_transpose(ct_tensor a, int64_t axis, int64_t other);
ct_tensor ct_permute(ct_tensor a, const int64_t *axes, size_t rank);
ct_tensor ct_unsqueeze(ct_tensor a, int64_t axis);
ct_tensor ct_squeeze(ct_tensor a, int64_t axis);
ct_tensor ct_flatten(ct_tensor a, int64_t first, int64_t last);
ct_tensor ct_narrow(ct_tensor a, int64_t axis, int64_t start, int64_t count);
/// Python's a[start:end:step] along an axis.
ct_tensor ct_slice(ct_tensor a, int64_t axis, int64_t start, int64_t end, int64_t step);
ct_tensor ct_select(ct_tensor a, int64_t axis, int64_t index);
ct_tensor ct_cat(const ct_tensor *tensors, size_t count, int64_t axis);
ct_tensor ct_stack(const ct_tensor *tensors, size_t count, int64_t axis);
/// `dtype` < 0 keeps the type.
ct_tensor ct_to(ct_tensor a, int32_t dtype, ct_device device, bool non_blocking);
ct_tensor ct_to_dtype(ct_tensor a, int32_t dtype);

// Lookup and choice

ct_tensor ct_embedding(ct_tensor weight, ct_tensor indices);
ct_tensor ct_index_select(ct_tensor a, int64_t axis, ct_tensor indices);
ct_tensor ct_gather(ct_tensor a, int64_t axis, ct_tensor indices);
ct_tensor ct_masked_fill(ct_tensor a, ct_tensor mask, ct_scalar value);
ct_tensor ct_where(ct_tensor condition, ct_tensor a, ct_tensor b);

// Reductions; no axes means all of them

ct_tensor ct_sum(ct_tensor a, const int64_t *axes, size_t count, bool keep);
ct_tensor ct_mean(ct_tensor a, const int64_t *axes, size_t count, bool keep);
ct_tensor ct_argmax(ct_tensor a, int64_t axis, bool keep);
ct_tensor ct_softmax(ct_tensor a, int64_t axis, int32_t dtype);
ct_tensor ct_log_softmax(ct_tensor a, int64_t axis, int32_t dtype);

// Layers

/// `bias` may be NULL.
ct_tensor ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias);
/// Over the last `rank` axes; `weight` and `bias` may be NULL.
ct_tensor ct_layer_norm(ct_tensor a, const int64_t *shape, size_t rank, ct_tensor weight, ct_tensor bias, double eps);
/// Hugging Face's LlamaRMSNorm over the last axis: half types are normed in float32 and cast back before `weight`.
ct_tensor ct_rms_norm(ct_tensor a, ct_tensor weight, double eps);
ct_tensor ct_gelu(ct_tensor a, bool tanh);
/// x · σ(1.702 x), CLIP's.
ct_tensor ct_quick_gelu(ct_tensor a);
/// Hugging Face's rotary embedding: x · cos + rotate_half(x) · sin.
ct_tensor ct_rotary(ct_tensor a, ct_tensor cosine, ct_tensor sine);
/// `bias` may be NULL.
ct_tensor ct_conv2d(ct_tensor a, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2]);
/// softmax(q·kᵀ·scale + mask)·v, written out; `mask` (added, or boolean: true sees) may be NULL. k and v may have
/// fewer heads than q. Causal: the last query sees every key.
ct_tensor ct_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale);
/// The same by libtorch's fused operator, where it can; its kernels are its own choice.
/// The same computed in float64 and given in q's type.
ct_tensor ct_attention_wide(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale);
ct_tensor ct_attention_fused(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale);
/// Cross entropy over axis 1; reduction 0: none, 1: mean, 2: sum.
ct_tensor ct_cross_entropy(ct_tensor logits, ct_tensor targets, int64_t reduction, int64_t ignore, double smoothing);

// In place

int ct_copy_(ct_tensor target, ct_tensor source, bool non_blocking);
int ct_add_(ct_tensor target, ct_tensor source, ct_scalar alpha);
int ct_mul_scalar_(ct_tensor target, ct_scalar value);
int ct_fill_(ct_tensor target, ct_scalar value);

#ifdef __cplusplus
}
#endif
#endif
