#pragma once

// Loops over floats on the processor, each with the threads that libtorch's own loops have.

#include <cstdint>

namespace ct {

/// Calls `body(context, first, last)` for parts of 0..<count, on the threads of libtorch and OpenBLAS.
///
/// A part is made of whole items, so that what an item gives never depends on the number of threads.
void for_parts(int64_t count, int64_t work, void (*body)(void *, int64_t, int64_t), void *context);

template <typename Body>
void for_parts(int64_t count, int64_t work, Body &&body) {
  for_parts(
      count, work, [](void *context, int64_t first, int64_t last) { (*static_cast<Body *>(context))(first, last); },
      &body);
}

/// Whether BLAS was found, which attention needs.
bool has_blas();

/// Whether oneDNN's products were found, as in Debian's libtorch: a tenth to a fifth faster than OpenBLAS's.
bool has_onednn();

/// c = alpha · a · b + beta · c for matrices of rows: c [m, n], a [m, k] or, turned, [k, m], b [k, n] or, turned, [n, k].
void product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c);

/// The same by oneDNN.
///
/// - Returns: whether it was done.
bool onednn_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c);

/// y = w · x · scale, scale = 1/√(mean x² + eps), row by row.
void rms_forward(const float *x, const float *w, float eps, int64_t rows, int64_t width, float *y, float *scales);

/// The gradients of the above: dx, and what is added to dw.
void rms_backward(
    const float *dy, const float *x, const float *w, const float *scales, int64_t rows, int64_t width, float *dx,
    float *dw);

/// y = x · cos + rotate_half(x) · sin of one head's features; `sign` −1 turns back, which is the gradient.
void rotate(const float *x, const float *cosine, const float *sine, float sign, int64_t width, float *y);

/// y = silu(gate) · up.
void gated_forward(const float *gate, const float *up, int64_t count, float *y);
void gated_backward(const float *dy, const float *gate, const float *up, int64_t count, float *dgate, float *dup);

/// GELU by tanh (Hendrycks & Gimpel 2016), as SigLIP's.
void gelu_forward(const float *x, int64_t count, float *y);
void gelu_backward(const float *dy, const float *x, int64_t count, float *dx);

/// Each row of y is b.
void fill_rows(const float *b, int64_t rows, int64_t width, float *y);
/// The sum of rows is added to y.
void add_rows(const float *x, int64_t rows, int64_t width, float *y);

/// What AdamW needs beside the tensors: `decay` is 1 − lr·wd, `rate` lr over the first correction, `root` the root of
/// the second; `keep` and `square` are 1 − β₁ and 1 − β₂.
struct AdamWStep {
  float decay, keep, beta2, square, rate, root, epsilon;
};

/// One step of AdamW for `count` weights with their gradients and moments.
void adamw(const AdamWStep &step, const float *gradient, int64_t count, float *weight, float *first, float *second);

/// A row of scores becomes weights: exp(x − max) / Σ. Gives log Σ exp(x).
float softmax_row(float *row, int64_t count);
/// A row of scores becomes weights, with the log Σ exp(x) known.
void weights_row(float *row, int64_t count, float log_sum);
/// dp becomes ds: p · (dp − mean) · scale.
void softmax_backward_row(float *dp, const float *p, float mean, float scale, int64_t count);
float dot(const float *a, const float *b, int64_t count);

}  // namespace ct
