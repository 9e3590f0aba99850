#include "kernels.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

// Compiled for the widest vectors and for every processor; the loader takes what the machine has.
#if defined(__x86_64__)
#define CT_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define CT_CLONES
#endif
#define CT_INLINE static inline __attribute__((always_inline))

namespace ct {

// MARK: threads

namespace {

/// GNU OpenMP's entry points, as libtorch and OpenBLAS use them: one pool of threads for all three. They are asked for
/// by name since this package is built without a flag of any kind, `-fopenmp` included.
struct Threads {
  void (*parallel)(void (*)(void *), void *, unsigned, unsigned);
  int (*number)();
  int (*count)();
  int (*most)();
  int (*nested)();

  Threads() {
    parallel = reinterpret_cast<decltype(parallel)>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    number = reinterpret_cast<decltype(number)>(dlsym(RTLD_DEFAULT, "omp_get_thread_num"));
    count = reinterpret_cast<decltype(count)>(dlsym(RTLD_DEFAULT, "omp_get_num_threads"));
    most = reinterpret_cast<decltype(most)>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
    nested = reinterpret_cast<decltype(nested)>(dlsym(RTLD_DEFAULT, "omp_in_parallel"));
  }
  bool found() const { return parallel && number && count && most && nested; }
};

const Threads &threads() {
  static const Threads found;
  return found;
}

struct Region {
  int64_t total;
  void (*body)(void *, int64_t, int64_t);
  void *context;
};

void part(void *pointer) {
  auto region = static_cast<const Region *>(pointer);
  int64_t number = threads().number(), count = threads().count();
  auto first = region->total * number / count, last = region->total * (number + 1) / count;
  if (first < last) region->body(region->context, first, last);
}

using Gemm = void (*)(
    const char *, const char *, const int *, const int *, const int *, const float *, const float *, const int *,
    const float *, const int *, const float *, float *, const int *);

Gemm gemm() {
  static const Gemm found = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "sgemm_"));
  return found;
}

using OneDNNGemm = int (*)(
    char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float, float *,
    int64_t);

OneDNNGemm onednn_gemm() {
  static const OneDNNGemm found = reinterpret_cast<OneDNNGemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
  return found;
}

}  // namespace

void for_parts(int64_t count, int64_t work, void (*body)(void *, int64_t, int64_t), void *context) {
  if (count <= 0) return;
  // Below some ten microseconds of work, waking a thread costs more than it saves.
  bool alone = count == 1 || count * work < 1 << 15 || !threads().found() || threads().nested();
  unsigned most = alone ? 1 : static_cast<unsigned>(std::min<int64_t>(threads().most(), count));
  if (most <= 1) return body(context, 0, count);
  Region region{count, body, context};
  threads().parallel(part, &region, most, 0);
}

bool has_blas() { return gemm() != nullptr; }

void product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c) {
  // BLAS's matrices are of columns: cᵀ = bᵀ · aᵀ.
  int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  int lda = static_cast<int>(row_b), ldb = static_cast<int>(row_a), ldc = static_cast<int>(row_c);
  gemm()(
      turn_b ? "T" : "N", turn_a ? "T" : "N", &rows, &columns, &inner, &alpha, b, &lda, a, &ldb, &beta, c, &ldc);
}

bool has_onednn() { return onednn_gemm() != nullptr; }

bool onednn_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c) {
  // oneDNN's matrices are of rows; its status 0 is success.
  return onednn_gemm()(turn_a ? 'T' : 'N', turn_b ? 'T' : 'N', m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c) == 0;
}

// MARK: loops

/// exp by 2ⁿ · p(r), |r| ≤ ln 2 / 2, with Cephes' polynomial (Moshier): 1 to 2 units in the last place. Below −87.3,
/// where results would be subnormal, 0.
CT_INLINE float exponential(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
  float n = clamped * 1.44269504088896341f;
  // Adding and taking away 1.5 · 2²³ rounds to a whole number.
  n = (n + 12582912.0f) - 12582912.0f;
  float r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, 4);
  return x < -87.3f ? 0.0f : p * power;
}

CT_CLONES void rms_forward(
    const float *x, const float *w, float eps, int64_t rows, int64_t width, float *y, float *scales) {
#pragma clang fp reassociate(on)
  for (int64_t row = 0; row < rows; row++, x += width, y += width) {
    float sum = 0;
    for (int64_t i = 0; i < width; i++) sum += x[i] * x[i];
    float scale = 1 / std::sqrt(sum / static_cast<float>(width) + eps);
    scales[row] = scale;
    for (int64_t i = 0; i < width; i++) y[i] = w[i] * (x[i] * scale);
  }
}

CT_CLONES void rms_backward(
    const float *dy, const float *x, const float *w, const float *scales, int64_t rows, int64_t width, float *dx,
    float *dw) {
#pragma clang fp reassociate(on)
  for (int64_t row = 0; row < rows; row++, dy += width, x += width, dx += width) {
    float scale = scales[row], sum = 0;
    for (int64_t i = 0; i < width; i++) sum += dy[i] * w[i] * x[i];
    // dx = scale · (g − x̂ · mean(g · x̂)) with g = dy · w, x̂ = x · scale.
    float mean = sum * scale * scale / static_cast<float>(width);
    for (int64_t i = 0; i < width; i++) {
      dx[i] = scale * (dy[i] * w[i] - x[i] * mean);
      dw[i] += dy[i] * x[i] * scale;
    }
  }
}

CT_CLONES void rotate(
    const float *x, const float *cosine, const float *sine, float sign, int64_t width, float *y) {
  int64_t half = width / 2;
  if (sign > 0) {
    for (int64_t i = 0; i < half; i++) {
      y[i] = x[i] * cosine[i] - x[i + half] * sine[i];
      y[i + half] = x[i + half] * cosine[i + half] + x[i] * sine[i + half];
    }
  } else {
    for (int64_t i = 0; i < half; i++) {
      y[i] = x[i] * cosine[i] + x[i + half] * sine[i + half];
      y[i + half] = x[i + half] * cosine[i + half] - x[i] * sine[i];
    }
  }
}

CT_CLONES void gated_forward(const float *gate, const float *up, int64_t count, float *y) {
  for (int64_t i = 0; i < count; i++) y[i] = gate[i] / (1 + exponential(-gate[i])) * up[i];
}

CT_CLONES void gated_backward(
    const float *dy, const float *gate, const float *up, int64_t count, float *dgate, float *dup) {
  for (int64_t i = 0; i < count; i++) {
    float sigmoid = 1 / (1 + exponential(-gate[i]));
    float silu = gate[i] * sigmoid;
    dgate[i] = dy[i] * up[i] * (sigmoid + silu * (1 - sigmoid));
    dup[i] = dy[i] * silu;
  }
}

/// The largest of a row, by lanes: a plain loop would be one chain of comparisons.
CT_INLINE float largest(const float *row, int64_t count) {
  constexpr int64_t lanes = 16;
  float most[lanes];
  for (float &value : most) value = -std::numeric_limits<float>::infinity();
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (int64_t j = 0; j < lanes; j++) most[j] = row[i + j] > most[j] ? row[i + j] : most[j];
  }
  for (; i < count; i++) most[0] = row[i] > most[0] ? row[i] : most[0];
  for (float value : most) most[0] = value > most[0] ? value : most[0];
  return most[0];
}

CT_CLONES float softmax_row(float *row, int64_t count) {
#pragma clang fp reassociate(on)
  float most = largest(row, count);
  float sum = 0;
  for (int64_t i = 0; i < count; i++) {
    row[i] = exponential(row[i] - most);
    sum += row[i];
  }
  float share = 1 / sum;
  for (int64_t i = 0; i < count; i++) row[i] *= share;
  return most + std::log(sum);
}

/// tanh u = 1 − 2 / (exp 2u + 1).
CT_INLINE float tangent(float u) { return 1 - 2 / (exponential(2 * u) + 1); }

// √(2/π) and the cubic term's share.
static constexpr float kGeluScale = 0.7978845608028654f, kGeluCube = 0.044715f;

CT_CLONES void gelu_forward(const float *x, int64_t count, float *y) {
  for (int64_t i = 0; i < count; i++) {
    y[i] = 0.5f * x[i] * (1 + tangent(kGeluScale * (x[i] + kGeluCube * x[i] * x[i] * x[i])));
  }
}

CT_CLONES void gelu_backward(const float *dy, const float *x, int64_t count, float *dx) {
  for (int64_t i = 0; i < count; i++) {
    float square = x[i] * x[i];
    float t = tangent(kGeluScale * x[i] * (1 + kGeluCube * square));
    float slope = kGeluScale * (1 + 3 * kGeluCube * square);
    dx[i] = dy[i] * 0.5f * (1 + t + x[i] * (1 - t * t) * slope);
  }
}

void fill_rows(const float *b, int64_t rows, int64_t width, float *y) {
  for (int64_t row = 0; row < rows; row++) std::memcpy(y + row * width, b, sizeof(float) * width);
}

CT_CLONES void add_rows(const float *x, int64_t rows, int64_t width, float *y) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < width; i++) y[i] += x[row * width + i];
  }
}

CT_CLONES void weights_row(float *row, int64_t count, float log_sum) {
  for (int64_t i = 0; i < count; i++) row[i] = exponential(row[i] - log_sum);
}

CT_CLONES void softmax_backward_row(float *dp, const float *p, float mean, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i++) dp[i] = p[i] * (dp[i] - mean) * scale;
}

CT_CLONES float dot(const float *a, const float *b, int64_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

CT_CLONES void adamw(
    const AdamWStep &step, const float *gradient, int64_t count, float *weight, float *first, float *second) {
// Every product is rounded before it is added, as libtorch's steps one after another are.
#pragma clang fp contract(off)
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i];
    float m = first[i] + step.keep * (g - first[i]);
    float v = second[i] * step.beta2 + step.square * g * g;
    first[i] = m;
    second[i] = v;
    weight[i] = weight[i] * step.decay - step.rate * m / (std::sqrt(v) / step.root + step.epsilon);
  }
}

}  // namespace ct
