#include "products.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "libraries.h"

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace ct {

namespace {

/// Whether all of these are float32, or of the other type, on the processor. Undefined tensors count as such.
bool are_floats(std::initializer_list<at::Tensor> tensors, at::ScalarType other = at::kFloat) {
  for (const auto &tensor : tensors) {
    if (!tensor.defined()) continue;
    auto type = tensor.scalar_type();
    if (!tensor.device().is_cpu() || (type != at::kFloat && type != other) || tensor.numel() == 0) return false;
  }
  return true;
}

bool is_autocast() { return !c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutocastCPU); }

void first_derivative_only() {
  TORCH_CHECK(!c10::GradMode::is_enabled(), "linear layers and attention in float32 have a first derivative only");
}

// MARK: linear layers

struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
      const c10::optional<at::Tensor> &bias) {
    auto x = input.contiguous(), w = weight.contiguous();
    auto in = w.size(1), out = w.size(0), rows = x.numel() / in;
    auto shape = x.sizes().vec();
    shape.back() = out;
    auto y = at::empty(shape, x.options());
    if (bias) y.copy_(*bias);
    multiply(false, true, rows, out, in, x, w, bias ? 1 : 0, y);
    // What needs no gradient is not kept: the input of a frozen layer, the weights behind the first.
    bool trains = weight.requires_grad(), passes = input.requires_grad();
    context->save_for_backward({trains ? x : at::Tensor(), passes ? w : at::Tensor()});
    context->saved_data["bias"] = bias && bias->requires_grad();
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    auto x = saved[0], w = saved[1], dy = gradients[0].contiguous();
    auto out = dy.size(-1), rows = dy.numel() / out;
    at::Tensor dx, dw, db;
    if (w.defined()) {
      auto shape = dy.sizes().vec();
      shape.back() = w.size(1);
      dx = at::empty(shape, dy.options());
      multiply(false, false, rows, w.size(1), out, dy, w, 0, dx);
    }
    if (x.defined()) {
      dw = at::empty({out, x.size(-1)}, dy.options());
      multiply(true, false, out, x.size(-1), rows, dy, x, 0, dw);
    }
    if (context->saved_data["bias"].toBool()) db = dy.view({rows, out}).sum(0);
    return {dx, dw, db};
  }

 private:
  /// c [m, n] = a · b + beta · c of matrices whose rows lie without gaps.
  static void multiply(
      bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, const at::Tensor &a, const at::Tensor &b, float beta,
      const at::Tensor &c) {
    bool done = onednn_product(
        turn_a, turn_b, m, n, k, 1, a.data_ptr<float>(), turn_a ? m : k, b.data_ptr<float>(), turn_b ? k : n, beta,
        c.data_ptr<float>(), n);
    TORCH_CHECK(done, "oneDNN refused a product of [", m, ", ", k, "] and [", k, ", ", n, "]");
  }
};

// MARK: attention

/// As is, or a copy whose last axis lies without gaps.
at::Tensor rows_of(const at::Tensor &tensor) {
  return tensor.stride(-1) == 1 || tensor.size(-1) == 1 ? tensor : tensor.contiguous();
}

/// `[B, H, T, E]` in the memory of `[B, T, H, E]`, where the projections before and after have it.
at::Tensor head_major(int64_t batch, int64_t heads, int64_t tokens, int64_t width, const at::Tensor &like) {
  return at::empty({batch, tokens, heads, width}, like.options()).transpose(1, 2);
}

/// The matrices of rows of `[B, H, T, E]`, one a head.
template <typename Real>
struct Heads {
  Real *base;
  int64_t count, batch, head, row;

  explicit Heads(const at::Tensor &tensor)
      : base(tensor.data_ptr<Real>()), count(tensor.size(1)), batch(tensor.stride(0)), head(tensor.stride(1)),
        row(tensor.stride(2)) {}
  /// The matrix of head h of `heads`, which several may share.
  Real *at(int64_t b, int64_t h, int64_t heads) const { return base + b * batch + h * count / heads * head; }
};

struct Shape {
  int64_t batch, heads, key_heads, queries, keys, width, value_width;
  Shape(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v)
      : batch(q.size(0)), heads(q.size(1)), key_heads(k.size(1)), queries(q.size(2)), keys(k.size(2)),
        width(q.size(3)), value_width(v.size(3)) {}

  /// Calls `body(b, h)` for every head, each group of those that share a key head on one thread and in order.
  template <typename Body>
  void for_heads(Body &&body) const {
    auto group = heads / key_heads;
    for_parts(batch * key_heads, group * queries * keys * width, [&](int64_t first, int64_t last) {
      for (int64_t item = first * group; item < last * group; item++) body(item / heads, item % heads);
    });
  }
  bool begins_group(int64_t h) const { return h % (heads / key_heads) == 0; }
};

/// scores [B, H, T, S] = scale · q · kᵀ.
template <typename Real>
at::Tensor pair_products(const Shape &s, const at::Tensor &q, const at::Tensor &k, int64_t width, Real scale) {
  auto scores = at::empty({s.batch, s.heads, s.queries, s.keys}, q.options());
  Heads<Real> a(q), b(k), c(scores);
  s.for_heads([&](int64_t n, int64_t h) {
    blas_product(
        false, true, s.queries, s.keys, width, scale, a.at(n, h, s.heads), a.row, b.at(n, h, s.heads), b.row, 0,
        c.at(n, h, s.heads), c.row);
  });
  return scores;
}

/// [B, H, T, E] = scale · weights · values.
template <typename Real>
at::Tensor mixed(const Shape &s, const at::Tensor &weights, const at::Tensor &values, int64_t width, Real scale) {
  auto out = head_major(s.batch, s.heads, s.queries, width, weights);
  Heads<Real> a(weights), b(values), c(out);
  s.for_heads([&](int64_t n, int64_t h) {
    blas_product(
        false, false, s.queries, width, s.keys, scale, a.at(n, h, s.heads), a.row, b.at(n, h, s.heads), b.row, 0,
        c.at(n, h, s.heads), c.row);
  });
  return out;
}

/// [B, G, S, E] = scale · Σ weightsᵀ · queries, over the heads that share a key head.
at::Tensor gathered(const Shape &s, const at::Tensor &weights, const at::Tensor &queries, int64_t width, float scale) {
  auto out = head_major(s.batch, s.key_heads, s.keys, width, weights);
  Heads<float> a(weights), b(queries), c(out);
  s.for_heads([&](int64_t n, int64_t h) {
    blas_product(
        true, false, s.keys, width, s.queries, scale, a.at(n, h, s.heads), a.row, b.at(n, h, s.heads), b.row,
        s.begins_group(h) ? 0 : 1, c.at(n, h, s.heads), c.row);
  });
  return out;
}

/// softmax(q · kᵀ · scale + mask) `[B, H, T, S]`, and what it takes of the values.
template <typename Real>
std::pair<at::Tensor, at::Tensor> attend(
    const Shape &shape, const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
    const c10::optional<at::Tensor> &mask, double scale) {
  auto scores = pair_products<Real>(shape, q, k, shape.width, static_cast<Real>(scale));
  if (mask && mask->scalar_type() == at::kBool) {
    scores.masked_fill_(mask->logical_not(), -std::numeric_limits<double>::infinity());
  } else if (mask) {
    scores.add_(*mask);
  }
  auto weights = at::_softmax(scores, -1, false);
  return {weights, mixed<Real>(shape, weights, v, shape.value_width, 1)};
}

struct Attention : torch::autograd::Function<Attention> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
      const c10::optional<at::Tensor> &mask, double scale, bool wide) {
    auto q = rows_of(query), k = rows_of(key), v = rows_of(value);
    Shape shape(q, k, v);
    auto double_rows = [](const at::Tensor &rows) { return rows_of(rows.to(at::kDouble)); };
    auto [weights, taken] = wide ? attend<double>(shape, double_rows(q), double_rows(k), double_rows(v), mask, scale)
                                 : attend<float>(shape, q, k, v, mask, scale);
    if (query.requires_grad() || key.requires_grad() || value.requires_grad()) {
      context->save_for_backward({q, k, v, weights.to(at::kFloat)});
    }
    context->saved_data["scale"] = scale;
    return taken.to(at::kFloat);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    auto q = saved[0], k = saved[1], v = saved[2], weights = saved[3];
    auto dy = rows_of(gradients[0]);
    auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    Shape shape(q, k, v);
    auto dv = gathered(shape, weights, dy, shape.value_width, 1);
    auto changes = pair_products<float>(shape, dy, v, shape.value_width, 1);
    auto ds = at::_softmax_backward_data(changes, weights, -1, at::kFloat);
    auto dq = mixed<float>(shape, ds, k, shape.width, scale);
    auto dk = gathered(shape, ds, q, shape.width, scale);
    return {dq, dk, dv, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

bool can_multiply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  return !is_autocast() && weight.dim() == 2 && x.dim() > 1 && x.size(-1) == weight.size(1) &&
         (!bias.defined() || bias.sizes() == weight.sizes().slice(0, 1)) && are_floats({x, weight, bias}) &&
         has_onednn();
}

at::Tensor product_linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  return Linear::apply(x, weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt);
}

bool can_attend(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, bool wide) {
  // One query reads the cache once: libtorch's own products are faster.
  bool readable = !mask.defined() || (mask.device().is_cpu() && !mask.requires_grad() &&
                                      (mask.scalar_type() == at::kBool || mask.scalar_type() == at::kFloat));
  bool many = wide || (q.size(2) > 1 && q.size(0) * k.size(1) > 1);
  // The way back is in float32.
  auto other = wide && !c10::GradMode::is_enabled() ? at::kDouble : at::kFloat;
  return !is_autocast() && readable && many && are_floats({q}) && are_floats({k, v}, other) && has_blas();
}

at::Tensor product_attention(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, double scale, bool wide) {
  // An undefined tensor among the arguments would be taken for one of the graph.
  return Attention::apply(q, k, v, mask.defined() ? c10::optional<at::Tensor>(mask) : c10::nullopt, scale, wide);
}

}  // namespace ct
