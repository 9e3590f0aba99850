#pragma once

// The matrix products of the libraries that libtorch brings, and its threads, each asked for by name.

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

/// Whether BLAS was found.
bool has_blas();

/// Whether oneDNN was found, as in Debian's libtorch.
bool has_onednn();

/// c = alpha · a · b + beta · c for matrices of rows: c [m, n], a [m, k] or, turned, [k, m], b [k, n] or, turned, [n, k].
/// By BLAS.
void blas_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c);

/// The same in float64.
void blas_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t row_a,
    const double *b, int64_t row_b, double beta, double *c, int64_t row_c);

/// The same by oneDNN.
///
/// - Returns: whether it was done.
bool onednn_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c);

}  // namespace ct
