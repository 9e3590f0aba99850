// What a Transformer is made of, each as one call.

#include <cmath>

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "Products/products.h"
#include "boundary.h"
#include "include/ctorch_operators.h"

namespace {

bool is_half(const at::Tensor &a) {
  return a.scalar_type() == at::kHalf || a.scalar_type() == at::kBFloat16;
}

/// Whether `row_linear` may stand in for `linear`: one row of float32 or float64 on the processor, nothing recorded,
/// nothing cast on the way.
bool is_plain_row(const at::Tensor &x, const at::Tensor &weight) {
  auto type = x.scalar_type();
  return weight.dim() == 2 && x.numel() == weight.size(1) && x.numel() > 0 && x.size(-1) == x.numel() &&
         (type == at::kFloat || type == at::kDouble) && weight.scalar_type() == type && x.device().is_cpu() &&
         weight.device().is_cpu() && weight.is_contiguous() && !c10::GradMode::is_enabled() &&
         c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutocastCPU);
}

/// Into how many equal parts to cut a matrix's rows for the threads: below 2^16 elements threads cost more than they
/// save.
int64_t row_parts(const at::Tensor &weight) {
  if (weight.numel() < 1 << 16) return 1;
  auto parts = static_cast<int64_t>(at::get_num_threads());
  while (parts > 1 && weight.size(0) % parts != 0) parts--;
  return parts;
}

/// A row times a matrix, which takes as long as reading the matrix does. `linear` asks for a matrix product:
/// OpenBLAS 0.3.21 then copies the matrix, on one thread (on two cores 2112 × 640 took 1,770 µs, `mv` 205), and MKL
/// leaves a product of one row to one thread (480 µs; cut into a batch 265).
at::Tensor row_linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  auto in = weight.size(1), out = weight.size(0);
  auto row = x.reshape({in});
  auto parts = at::hasMKL() ? row_parts(weight) : 1;
  at::Tensor result;
  if (parts > 1) {
    auto cut = weight.view({parts, out / parts, in}).transpose(1, 2);
    result = at::bmm(row.view({1, 1, in}).expand({parts, 1, in}), cut);
  } else {
    result = at::mv(weight, row);
  }
  auto shape = x.sizes().vec();
  shape.back() = out;
  result = result.view(shape);
  return bias.defined() ? result.add_(bias) : result;
}

/// True where query row i may see key column j, the last row seeing all: j ≤ i + (keys − queries).
at::Tensor causal_mask(int64_t queries, int64_t keys, const at::Tensor &like) {
  return at::ones({queries, keys}, like.options().dtype(at::kBool).requires_grad(false)).tril(keys - queries);
}

/// Puts the mask on scores that no graph has saved yet.
at::Tensor masked(at::Tensor scores, const at::Tensor &mask) {
  if (mask.scalar_type() != at::kBool) return scores.add_(mask);
  return scores.masked_fill_(mask.logical_not(), -std::numeric_limits<double>::infinity());
}

at::Tensor attention(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, at::Tensor mask, bool causal, double scale,
    bool wide = false) {
  TORCH_CHECK(
      q.dim() == 4 && k.dim() == 4 && v.dim() == 4, "attention takes [batch, heads, length, width], got ", q.sizes(),
      ", ", k.sizes(), ", ", v.sizes());
  auto batch = q.size(0), heads = q.size(1), queries = q.size(2), width = q.size(3);
  auto key_heads = k.size(1), keys = k.size(2);
  TORCH_CHECK(
      key_heads > 0 && heads % key_heads == 0, heads, " query heads are no multiple of ", key_heads, " key heads");
  if (causal && queries > 1) {
    auto triangle = causal_mask(queries, keys, q);
    if (!mask.defined()) mask = triangle;
    else if (mask.scalar_type() == at::kBool) mask = mask.logical_and(triangle);
    else mask = mask.masked_fill(triangle.logical_not(), -std::numeric_limits<double>::infinity());
  }
  if (ct::can_attend(q, k, v, mask, wide)) return ct::product_attention(q, k, v, mask, scale, wide);
  if (wide) {
    auto type = at::kDouble;
    return attention(q.to(type), k.to(type), v.to(type), mask, false, scale).to(q.scalar_type());
  }
  // The queries of one key head lie beside each other: one product a key head, no copies of keys.
  auto group = heads / key_heads;
  auto rows = group == 1 ? q : q.reshape({batch, key_heads, group * queries, width});
  auto scores = at::matmul(rows * scale, k.transpose(2, 3)).view({batch, heads, queries, keys});
  if (mask.defined()) scores = masked(scores, mask);
  auto weights = at::softmax(scores, -1).to(v.scalar_type());
  if (group > 1) weights = weights.view({batch, key_heads, group * queries, keys});
  return at::matmul(weights, v).view({batch, heads, queries, v.size(3)});
}

at::Tensor attention_fused(
    at::Tensor q, at::Tensor k, at::Tensor v, at::Tensor mask, bool causal, double scale) {
  auto queries = q.size(-2), keys = k.size(-2);
  if (causal && queries > 1 && (queries != keys || mask.defined())) {
    auto triangle = causal_mask(queries, keys, q);
    if (!mask.defined()) mask = triangle;
    else if (mask.scalar_type() == at::kBool) mask = mask.logical_and(triangle);
    else mask = mask.masked_fill(triangle.logical_not(), -std::numeric_limits<double>::infinity());
    causal = false;
  }
  if (queries == 1) causal = false;
  c10::optional<at::Tensor> given = mask.defined() ? c10::optional<at::Tensor>(mask) : c10::nullopt;
  auto group = q.size(1) / k.size(1);
  if (group > 1) {
    k = k.repeat_interleave(group, 1);
    v = v.repeat_interleave(group, 1);
  }
#if CT_AT_LEAST(2, 1)
  return at::scaled_dot_product_attention(q, k, v, given, 0.0, causal, scale);
#else
  // 1.13 scales by 1/√width itself, and has no choice.
  auto own = std::sqrt(static_cast<double>(q.size(-1)));
  if (scale * own != 1.0) q = q * (scale * own);
  return std::get<0>(at::_scaled_dot_product_attention(q, k, v, given, 0.0, false, causal));
#endif
}

}  // namespace

extern "C" {

ct_tensor ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias) {
  return ct::tensor([&] {
    const auto &x = input->value, &w = weight->value;
    if (is_plain_row(x, w)) return row_linear(x, w, ct::optional(bias));
    if (ct::can_multiply(x, w, ct::optional(bias))) return ct::product_linear(x, w, ct::optional(bias));
    return at::linear(x, w, ct::optional(bias));
  });
}

ct_tensor ct_layer_norm(
    ct_tensor a, const int64_t *shape, size_t rank, ct_tensor weight, ct_tensor bias, double eps) {
  return ct::tensor([&] {
    return at::layer_norm(a->value, ct::ints(shape, rank), ct::optional(weight), ct::optional(bias), eps);
  });
}

ct_tensor ct_rms_norm(ct_tensor a, ct_tensor weight, double eps) {
  return ct::tensor([&] {
    // Composed everywhere: libtorch 2.15's own rms_norm takes as long on the processor (5.6 against 5.7 ms, forward and
    // backward of [8, 256, 256] on two cores), and need not round half types where Hugging Face does.
    auto type = a->value.scalar_type();
    auto wide = is_half(a->value) ? a->value.to(at::kFloat) : a->value;
    auto scale = at::rsqrt(at::mean(wide * wide, at::IntArrayRef{-1}, true) + eps);
    return weight->value * (wide * scale).to(type);
  });
}

ct_tensor ct_gelu(ct_tensor a, bool tanh) {
  return ct::tensor([&] { return at::gelu(a->value, tanh ? "tanh" : "none"); });
}

ct_tensor ct_quick_gelu(ct_tensor a) {
  return ct::tensor([&] { return a->value * at::sigmoid(a->value * 1.702); });
}

ct_tensor ct_rotary(ct_tensor a, ct_tensor cosine, ct_tensor sine) {
  return ct::tensor([&] {
    const auto &x = a->value;
    auto half = x.size(-1) / 2;
    auto rotated = at::cat({-x.narrow(-1, half, x.size(-1) - half), x.narrow(-1, 0, half)}, -1);
    return x * cosine->value + rotated * sine->value;
  });
}

ct_tensor ct_conv2d(
    ct_tensor a, ct_tensor weight, ct_tensor bias, const int64_t stride[2], const int64_t padding[2]) {
  return ct::tensor([&] {
    return at::conv2d(a->value, weight->value, ct::optional(bias), ct::ints(stride, 2), ct::ints(padding, 2));
  });
}

ct_tensor ct_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale) {
  return ct::tensor([&] { return attention(q->value, k->value, v->value, ct::optional(mask), causal, scale); });
}

ct_tensor ct_attention_wide(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale) {
  return ct::tensor(
      [&] { return attention(q->value, k->value, v->value, ct::optional(mask), causal, scale, true); });
}

ct_tensor ct_attention_fused(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, bool causal, double scale) {
  return ct::tensor(
      [&] { return attention_fused(q->value, k->value, v->value, ct::optional(mask), causal, scale); });
}

ct_tensor ct_cross_entropy(ct_tensor logits, ct_tensor targets, int64_t reduction, int64_t ignore, double smoothing) {
  return ct::tensor([&] {
    return at::cross_entropy_loss(logits->value, targets->value, {}, reduction, ignore, smoothing);
  });
}

}  // extern "C"
