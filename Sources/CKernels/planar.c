#include "CKernels.h"

#include "planar_internal.h"

#pragma STDC FP_CONTRACT OFF

// The scalar loops: every other one gives their bytes. Each is instantiated for every number of channels and size of
// elements, so that the pixel's stride is a constant. Elements are moved as integers of their size.

#define ROWS(T)                                                                                            \
  static inline __attribute__((always_inline)) void rows_##T(const tk_planar *p, const ptrdiff_t channels) { \
    const T *lut = p->lut;                                                                                 \
    for (ptrdiff_t y = 0; y < p->height; y++) {                                                            \
      const uint8_t *row = p->src + y * p->src_stride;                                                     \
      T *out = (T *)p->dst + y * p->width;                                                                 \
      for (ptrdiff_t x = 0; x < p->width; x++) {                                                           \
        const uint8_t *pixel = row + (p->flip_x ? p->width - 1 - x : x) * channels;                        \
        for (ptrdiff_t c = 0; c < channels; c++) {                                                         \
          out[c * p->plane_stride + x] = lut ? lut[c * 256 + pixel[c]] : (T)pixel[c];                      \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
  }                                                                                                        \
  static inline __attribute__((always_inline)) void pixels_##T(const tk_planar *p, const ptrdiff_t channels) { \
    const T *lut = p->lut;                                                                                 \
    for (ptrdiff_t y = 0; y < p->height; y++) {                                                            \
      const uint8_t *row = p->src + y * p->src_stride;                                                     \
      T *out = (T *)p->dst + y * p->width * channels;                                                      \
      for (ptrdiff_t x = 0; x < p->width; x++) {                                                           \
        const uint8_t *pixel = row + (p->flip_x ? p->width - 1 - x : x) * channels;                        \
        for (ptrdiff_t c = 0; c < channels; c++) {                                                         \
          out[x * channels + c] = lut ? lut[c * 256 + pixel[c]] : (T)pixel[c];                             \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
  }                                                                                                        \
  static void run_##T(const tk_planar *p, int interleaved) {                                               \
    switch (p->channels * 2 + (interleaved != 0)) {                                                        \
    case 2: rows_##T(p, 1); break;                                                                         \
    case 4: rows_##T(p, 2); break;                                                                         \
    case 6: rows_##T(p, 3); break;                                                                         \
    case 8: rows_##T(p, 4); break;                                                                         \
    case 3: pixels_##T(p, 1); break;                                                                       \
    case 5: pixels_##T(p, 2); break;                                                                       \
    case 7: pixels_##T(p, 3); break;                                                                       \
    case 9: pixels_##T(p, 4); break;                                                                       \
    default: break;                                                                                        \
    }                                                                                                      \
  }

ROWS(uint8_t)
ROWS(uint16_t)
ROWS(uint32_t)

int tk_planar_loops(ptrdiff_t channels, int interleaved) {
#if defined(__x86_64__)
  // Pixels of one channel lie as planes do.
  const int is_for_vectors = channels == 1 || (channels == 3 && !interleaved);
  if (is_for_vectors && tk_may_use(TK_AVX512)) return TK_LOOPS_AVX512;
#endif
  (void)channels, (void)interleaved;
  return TK_LOOPS_SCALAR;
}

static void run(const tk_planar *p, int interleaved, int loops) {
  if (loops != TK_LOOPS_SCALAR && tk_planar_loops(p->channels, interleaved) == TK_LOOPS_AVX512) {
#if defined(__x86_64__)
    tk_planar_avx512(p);
#endif
    return;
  }
  switch (p->element_bytes) {
  case 1: run_uint8_t(p, interleaved); break;
  case 2: run_uint16_t(p, interleaved); break;
  case 4: run_uint32_t(p, interleaved); break;
  default: break;
  }
}

void tk_lut_planar(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    const void *lut, int element_bytes, void *dst, ptrdiff_t plane_stride, int loops) {
  const tk_planar pass = {src, src_stride, width, height, channels, flip_x, lut, element_bytes, dst, plane_stride};
  run(&pass, 0, loops);
}

void tk_lut_interleaved(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    const void *lut, int element_bytes, void *dst, int loops) {
  const tk_planar pass = {src, src_stride, width, height, channels, flip_x, lut, element_bytes, dst, 0};
  run(&pass, 1, loops);
}

void tk_unit_f32_from_u16(const uint16_t *src, ptrdiff_t count, float *dst) {
  for (ptrdiff_t i = 0; i < count; i++) dst[i] = (float)src[i] / 65535.0f;
}
