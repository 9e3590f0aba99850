#include "fused.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels.h"

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace ct {

bool is_fusible(std::initializer_list<at::Tensor> tensors) {
  for (const auto &tensor : tensors) {
    if (!tensor.defined()) continue;
    if (!tensor.device().is_cpu() || tensor.scalar_type() != at::kFloat || tensor.numel() == 0) return false;
  }
  return true;
}

namespace {

void first_derivative_only() {
  TORCH_CHECK(!c10::GradMode::is_enabled(), "the fused layers have a first derivative only");
}

/// As is, or a copy whose last axis lies without gaps.
at::Tensor rows_of(const at::Tensor &tensor) {
  return tensor.stride(-1) == 1 || tensor.size(-1) == 1 ? tensor : tensor.contiguous();
}

/// `[B, H, T, E]` in the memory of `[B, T, H, E]`, where the projections before and after have it.
at::Tensor head_major(int64_t batch, int64_t heads, int64_t tokens, int64_t width, const at::Tensor &like) {
  return at::empty({batch, tokens, heads, width}, like.options()).transpose(1, 2);
}

// MARK: RMS norm

/// Parts into which rows are cut for the weights' gradient: fixed, so that sums never depend on the threads.
constexpr int64_t kParts = 16;

struct RMSNorm : torch::autograd::Function<RMSNorm> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input, const at::Tensor &weight, double eps) {
    auto x = input.contiguous();
    auto w = weight.contiguous();
    auto width = x.size(-1), rows = x.numel() / width;
    auto y = at::empty_like(x);
    auto scales = at::empty({rows}, x.options());
    auto px = x.data_ptr<float>(), pw = w.data_ptr<float>(), py = y.data_ptr<float>();
    auto ps = scales.data_ptr<float>();
    for_parts(rows, width, [&](int64_t first, int64_t last) {
      rms_forward(
          px + first * width, pw, static_cast<float>(eps), last - first, width, py + first * width, ps + first);
    });
    context->save_for_backward({x, w, scales});
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    auto x = saved[0], w = saved[1], scales = saved[2];
    auto dy = gradients[0].contiguous();
    auto width = x.size(-1), rows = x.numel() / width;
    auto dx = at::empty_like(x);
    auto dw = at::zeros({kParts, width}, x.options());
    auto px = x.data_ptr<float>(), pw = w.data_ptr<float>(), ps = scales.data_ptr<float>();
    auto py = dy.data_ptr<float>(), pdx = dx.data_ptr<float>(), pdw = dw.data_ptr<float>();
    for_parts(kParts, rows * width / kParts, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; part++) {
        auto from = rows * part / kParts, to = rows * (part + 1) / kParts;
        rms_backward(
            py + from * width, px + from * width, pw, ps + from, to - from, width, pdx + from * width,
            pdw + part * width);
      }
    });
    return {dx, dw.sum(0), at::Tensor()};
  }
};

// MARK: rotary positions

/// Turns `[B, H, T, E]` into memory of its own.
at::Tensor turned(const at::Tensor &input, const at::Tensor &cosine, const at::Tensor &sine, float sign) {
  auto x = rows_of(input);
  auto batch = x.size(0), heads = x.size(1), tokens = x.size(2), width = x.size(3);
  auto c = rows_of(cosine.expand_as(x)), s = rows_of(sine.expand_as(x));
  auto y = head_major(batch, heads, tokens, width, x);
  auto px = x.data_ptr<float>(), pc = c.data_ptr<float>(), ps = s.data_ptr<float>(), py = y.data_ptr<float>();
  auto sx = x.strides(), sc = c.strides(), ss = s.strides();
  for_parts(batch * tokens, heads * width, [&](int64_t first, int64_t last) {
    for (int64_t place = first; place < last; place++) {
      auto b = place / tokens, t = place % tokens;
      for (int64_t h = 0; h < heads; h++) {
        rotate(
            px + b * sx[0] + h * sx[1] + t * sx[2], pc + b * sc[0] + h * sc[1] + t * sc[2],
            ps + b * ss[0] + h * ss[1] + t * ss[2], sign, width, py + (place * heads + h) * width);
      }
    }
  });
  return y;
}

struct Rotary : torch::autograd::Function<Rotary> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &x, const at::Tensor &cosine, const at::Tensor &sine) {
    context->save_for_backward({cosine, sine});
    return turned(x, cosine, sine, 1);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    return {turned(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
  }
};

// MARK: gated MLP

struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &gate, const at::Tensor &up) {
    auto g = gate.contiguous(), u = up.contiguous();
    auto y = at::empty_like(g);
    auto pg = g.data_ptr<float>(), pu = u.data_ptr<float>(), py = y.data_ptr<float>();
    for_parts(g.numel(), 4, [&](int64_t first, int64_t last) {
      gated_forward(pg + first, pu + first, last - first, py + first);
    });
    context->save_for_backward({g, u});
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    auto g = saved[0], u = saved[1], dy = gradients[0].contiguous();
    auto dg = at::empty_like(g), du = at::empty_like(u);
    auto pg = g.data_ptr<float>(), pu = u.data_ptr<float>(), py = dy.data_ptr<float>();
    auto pdg = dg.data_ptr<float>(), pdu = du.data_ptr<float>();
    for_parts(g.numel(), 8, [&](int64_t first, int64_t last) {
      gated_backward(py + first, pg + first, pu + first, last - first, pdg + first, pdu + first);
    });
    return {dg, du};
  }
};

struct Gelu : torch::autograd::Function<Gelu> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input) {
    auto x = input.contiguous();
    auto y = at::empty_like(x);
    auto px = x.data_ptr<float>(), py = y.data_ptr<float>();
    for_parts(x.numel(), 8, [&](int64_t first, int64_t last) { gelu_forward(px + first, last - first, py + first); });
    context->save_for_backward({x});
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto x = context->get_saved_variables()[0], dy = gradients[0].contiguous();
    auto dx = at::empty_like(x);
    auto px = x.data_ptr<float>(), py = dy.data_ptr<float>(), pd = dx.data_ptr<float>();
    for_parts(x.numel(), 12, [&](int64_t first, int64_t last) {
      gelu_backward(py + first, px + first, last - first, pd + first);
    });
    return {dx};
  }
};

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
    auto py = y.data_ptr<float>();
    if (bias) {
      auto b = bias->contiguous();
      auto pb = b.data_ptr<float>();
      for_parts(rows, out, [&](int64_t first, int64_t last) { fill_rows(pb, last - first, out, py + first * out); });
    }
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
    if (context->saved_data["bias"].toBool()) {
      auto parts = at::zeros({kParts, out}, dy.options());
      auto py = dy.data_ptr<float>(), pb = parts.data_ptr<float>();
      for_parts(kParts, rows * out / kParts, [&](int64_t first, int64_t last) {
        for (int64_t part = first; part < last; part++) {
          auto from = rows * part / kParts, to = rows * (part + 1) / kParts;
          add_rows(py + from * out, to - from, out, pb + part * out);
        }
      });
      db = parts.sum(0);
    }
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

/// Queries whose scores stand in the cache together.
constexpr int64_t kBlock = 64;

/// One matrix of rows out of `[B, H, T, E]`.
struct Rows {
  float *base;
  int64_t batch, head, row;

  explicit Rows(const at::Tensor &tensor)
      : base(tensor.data_ptr<float>()), batch(tensor.stride(0)), head(tensor.stride(1)), row(tensor.stride(2)) {}
  float *at(int64_t b, int64_t h, int64_t t = 0) const { return base + b * batch + h * head + t * row; }
};

/// What may be seen: all, the causal triangle, or what a mask says (or adds); the last two together too.
struct Mask {
  const bool *flags = nullptr;
  const float *added = nullptr;
  int64_t batch = 0, head = 0, row = 0;
  bool causal;
  /// How many more keys than queries there are: query i sees keys up to i + offset.
  int64_t offset;

  Mask(const at::Tensor &mask, bool causal, int64_t offset) : causal(causal), offset(offset) {
    if (!mask.defined()) return;
    if (mask.scalar_type() == at::kBool) flags = mask.data_ptr<bool>();
    else added = mask.data_ptr<float>();
    batch = mask.stride(0), head = mask.stride(1), row = mask.stride(2);
  }

  /// The keys that the queries before `last` may see at most.
  int64_t keys(int64_t last, int64_t all) const {
    return causal ? std::max<int64_t>(0, std::min(all, last + offset)) : all;
  }

  /// Hides scores of queries first..<last.
  void apply(float *scores, int64_t b, int64_t h, int64_t first, int64_t last, int64_t keys) const {
    constexpr float none = -std::numeric_limits<float>::infinity();
    for (int64_t i = first; i < last; i++, scores += keys) {
      auto place = b * batch + h * head + i * row;
      if (flags) {
        for (int64_t j = 0; j < keys; j++) scores[j] = flags[place + j] ? scores[j] : none;
      } else if (added) {
        for (int64_t j = 0; j < keys; j++) scores[j] += added[place + j];
      }
      if (causal) {
        for (int64_t j = std::max<int64_t>(0, i + offset + 1); j < keys; j++) scores[j] = none;
      }
    }
  }
};

struct Shape {
  int64_t batch, heads, key_heads, queries, keys, width, value_width;
  Shape(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v)
      : batch(q.size(0)), heads(q.size(1)), key_heads(k.size(1)), queries(q.size(2)), keys(k.size(2)),
        width(q.size(3)), value_width(v.size(3)) {}
  int64_t group() const { return heads / key_heads; }
  /// About what one head of keys costs.
  int64_t work() const { return group() * queries * keys * width; }
};

/// Scores of queries first..<last, hidden ones −∞.
void score(
    const Shape &shape, const Rows &q, const Rows &k, const Mask &mask, float scale, int64_t b, int64_t h,
    int64_t first, int64_t last, int64_t keys, float *scores) {
  product(
      false, true, last - first, keys, shape.width, scale, q.at(b, h, first), q.row, k.at(b, h / shape.group()),
      k.row, 0, scores, keys);
  mask.apply(scores, b, h, first, last, keys);
}

struct Attention : torch::autograd::Function<Attention> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
      const c10::optional<at::Tensor> &visible, bool causal, double scale) {
    auto q = rows_of(query), k = rows_of(key), v = rows_of(value);
    Shape shape(q, k, v);
    auto mask = visible ? rows_of(visible->expand({shape.batch, shape.heads, shape.queries, shape.keys}))
                        : at::Tensor();
    auto out = head_major(shape.batch, shape.heads, shape.queries, shape.value_width, q);
    auto sums = at::empty({shape.batch, shape.heads, shape.queries}, q.options());
    Rows rq(q), rk(k), rv(v), ro(out);
    Mask hidden(mask, causal, shape.keys - shape.queries);
    auto ps = sums.data_ptr<float>();
    for_parts(shape.batch * shape.heads, shape.work() / shape.group(), [&](int64_t from, int64_t to) {
      std::vector<float> scores(std::min(kBlock, shape.queries) * shape.keys);
      for (int64_t item = from; item < to; item++) {
        auto b = item / shape.heads, h = item % shape.heads;
        for (int64_t first = 0; first < shape.queries; first += kBlock) {
          auto last = std::min(first + kBlock, shape.queries), keys = hidden.keys(last, shape.keys);
          score(shape, rq, rk, hidden, static_cast<float>(scale), b, h, first, last, keys, scores.data());
          for (int64_t i = first; i < last; i++) {
            ps[item * shape.queries + i] = softmax_row(scores.data() + (i - first) * keys, keys);
          }
          product(
              false, false, last - first, shape.value_width, keys, 1, scores.data(), keys,
              rv.at(b, h / shape.group()), rv.row, 0, ro.at(b, h, first), ro.row);
        }
      }
    });
    context->save_for_backward({q, k, v, mask, out, sums});
    context->saved_data["causal"] = causal;
    context->saved_data["scale"] = scale;
    return out;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    first_derivative_only();
    auto saved = context->get_saved_variables();
    auto q = saved[0], k = saved[1], v = saved[2], mask = saved[3], out = saved[4], sums = saved[5];
    auto gradient = rows_of(gradients[0]);
    auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    Shape shape(q, k, v);
    auto dq = head_major(shape.batch, shape.heads, shape.queries, shape.width, q);
    auto dk = head_major(shape.batch, shape.key_heads, shape.keys, shape.width, q);
    auto dv = head_major(shape.batch, shape.key_heads, shape.keys, shape.value_width, q);
    Rows rq(q), rk(k), rv(v), ro(out), rg(gradient), rdq(dq), rdk(dk), rdv(dv);
    Mask hidden(mask, context->saved_data["causal"].toBool(), shape.keys - shape.queries);
    auto ps = sums.data_ptr<float>();
    for_parts(shape.batch * shape.key_heads, 3 * shape.work(), [&](int64_t from, int64_t to) {
      auto size = std::min(kBlock, shape.queries) * shape.keys;
      std::vector<float> weights(size), changes(size);
      for (int64_t item = from; item < to; item++) {
        auto b = item / shape.key_heads, g = item % shape.key_heads;
        for (int64_t t = 0; t < shape.keys; t++) {
          std::fill_n(rdk.at(b, g, t), shape.width, 0.0f);
          std::fill_n(rdv.at(b, g, t), shape.value_width, 0.0f);
        }
        for (int64_t h = g * shape.group(); h < (g + 1) * shape.group(); h++) {
          for (int64_t first = 0; first < shape.queries; first += kBlock) {
            auto last = std::min(first + kBlock, shape.queries), keys = hidden.keys(last, shape.keys);
            auto rows = last - first;
            auto p = weights.data(), ds = changes.data();
            score(shape, rq, rk, hidden, scale, b, h, first, last, keys, p);
            for (int64_t i = 0; i < rows; i++) {
              weights_row(p + i * keys, keys, ps[(b * shape.heads + h) * shape.queries + first + i]);
            }
            product(
                true, false, keys, shape.value_width, rows, 1, p, keys, rg.at(b, h, first), rg.row, 1, rdv.at(b, g),
                rdv.row);
            product(
                false, true, rows, keys, shape.value_width, 1, rg.at(b, h, first), rg.row, rv.at(b, g), rv.row, 0, ds,
                keys);
            for (int64_t i = 0; i < rows; i++) {
              auto mean = dot(rg.at(b, h, first + i), ro.at(b, h, first + i), shape.value_width);
              softmax_backward_row(ds + i * keys, p + i * keys, mean, scale, keys);
            }
            product(
                false, false, rows, shape.width, keys, 1, ds, keys, rk.at(b, g), rk.row, 0, rdq.at(b, h, first),
                rdq.row);
            product(
                true, false, keys, shape.width, rows, 1, ds, keys, rq.at(b, h, first), rq.row, 1, rdk.at(b, g),
                rdk.row);
          }
        }
      }
    });
    return {dq, dk, dv, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fused_rms_norm(const at::Tensor &x, const at::Tensor &weight, double eps) {
  return RMSNorm::apply(x, weight, eps);
}

at::Tensor fused_rotary(const at::Tensor &x, const at::Tensor &cosine, const at::Tensor &sine) {
  return Rotary::apply(x, cosine, sine);
}

at::Tensor fused_gate(const at::Tensor &gate, const at::Tensor &up) { return Gate::apply(gate, up); }

at::Tensor fused_gelu(const at::Tensor &x) { return Gelu::apply(x); }

bool can_multiply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  bool casts = !c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutocastCPU);
  return !casts && weight.dim() == 2 && x.dim() > 1 && x.size(-1) == weight.size(1) &&
         (!bias.defined() || bias.sizes() == weight.sizes().slice(0, 1)) && is_fusible({x, weight, bias}) &&
         has_onednn();
}

at::Tensor fused_linear(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  return Linear::apply(x, weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt);
}

bool can_attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask) {
  // One query reads the cache once: written out it is faster. Autocast wants half products.
  bool casts = !c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutocastCPU);
  bool readable = !mask.defined() || (mask.device().is_cpu() && !mask.requires_grad() &&
                                      (mask.scalar_type() == at::kBool || mask.scalar_type() == at::kFloat));
  return !casts && readable && q.size(2) > 1 && q.size(0) * k.size(1) > 1 && is_fusible({q, k, v}) && has_blas();
}

at::Tensor fused_attention(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &mask, bool causal, double scale) {
  // An undefined tensor among the arguments would be taken for one of the graph.
  return Attention::apply(q, k, v, mask.defined() ? c10::optional<at::Tensor>(mask) : c10::nullopt, causal, scale);
}

}  // namespace ct
