#include "libraries.h"

#include <dlfcn.h>

#include <algorithm>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CT_WATCHED 1
extern "C" void __tsan_acquire(void *);
extern "C" void __tsan_release(void *);
#endif
#endif

namespace ct {

namespace {

/// libgomp hands work to its threads, and takes it back, in code that the thread sanitizer does not see: it is told of the two
/// orders, and goes on to watch what the threads do between them.
void tell_before(char *edge) {
#ifdef CT_WATCHED
  __tsan_release(edge);
#endif
  (void)edge;
}

void tell_after(char *edge) {
#ifdef CT_WATCHED
  __tsan_acquire(edge);
#endif
  (void)edge;
}

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
  /// Where all threads begin, and where all have ended.
  char begun = 0, ended = 0;
};

void part(void *pointer) {
  auto region = static_cast<Region *>(pointer);
  tell_after(&region->begun);
  int64_t number = threads().number(), count = threads().count();
  auto first = region->total * number / count, last = region->total * (number + 1) / count;
  if (first < last) region->body(region->context, first, last);
  tell_before(&region->ended);
}

template <typename Real>
using Gemm = void (*)(
    const char *, const char *, const int *, const int *, const int *, const Real *, const Real *, const int *,
    const Real *, const int *, const Real *, Real *, const int *);

Gemm<float> gemm(float) {
  static const auto found = reinterpret_cast<Gemm<float>>(dlsym(RTLD_DEFAULT, "sgemm_"));
  return found;
}

Gemm<double> gemm(double) {
  static const auto found = reinterpret_cast<Gemm<double>>(dlsym(RTLD_DEFAULT, "dgemm_"));
  return found;
}

template <typename Real>
void column_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, Real alpha, const Real *a, int64_t row_a, const Real *b,
    int64_t row_b, Real beta, Real *c, int64_t row_c) {
  // BLAS's matrices are of columns: cᵀ = bᵀ · aᵀ.
  int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  int lda = static_cast<int>(row_b), ldb = static_cast<int>(row_a), ldc = static_cast<int>(row_c);
  gemm(Real())(
      turn_b ? "T" : "N", turn_a ? "T" : "N", &rows, &columns, &inner, &alpha, b, &lda, a, &ldb, &beta, c, &ldc);
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
  tell_before(&region.begun);
  threads().parallel(part, &region, most, 0);
  tell_after(&region.ended);
}

bool has_blas() { return gemm(0.0f) && gemm(0.0); }

void blas_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c) {
  column_product(turn_a, turn_b, m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c);
}

void blas_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t row_a,
    const double *b, int64_t row_b, double beta, double *c, int64_t row_c) {
  column_product(turn_a, turn_b, m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c);
}

bool has_onednn() { return onednn_gemm() != nullptr; }

bool onednn_product(
    bool turn_a, bool turn_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t row_a,
    const float *b, int64_t row_b, float beta, float *c, int64_t row_c) {
  // oneDNN's matrices are of rows; its status 0 is success.
  return onednn_gemm()(turn_a ? 'T' : 'N', turn_b ? 'T' : 'N', m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c) == 0;
}

}  // namespace ct
