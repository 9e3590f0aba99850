// What the two passes of the AVX2 loops share.
//
// Exact: a weight k = kh·2^11 + kl is split into two 16-bit halves, so that Σk·p = (Σkh·p << 11) + Σkl·p comes from
// `pmaddwd`, two taps an instruction. All sums wrap modulo 2^32.
#ifndef TESSERA_RESAMPLE_AVX2_H
#define TESSERA_RESAMPLE_AVX2_H

#include "resample_gather.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline)) AVX2

static inline int16_t high(int32_t k) { return (int16_t)(k >> TK_LOW_BITS); }
static inline int16_t low(int32_t k) { return (int16_t)(k & ((1 << TK_LOW_BITS) - 1)); }
// Two taps' halves.
static inline uint32_t high_pair(const int32_t *w) {
  return (uint16_t)high(w[0]) | (uint32_t)(uint16_t)high(w[1]) << 16;
}
static inline uint32_t low_pair(const int32_t *w) {
  return (uint16_t)low(w[0]) | (uint32_t)(uint16_t)low(w[1]) << 16;
}

AVX2_INLINE __m256i loaded(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }

// Rounds and shifts the joined halves.
AVX2_INLINE __m256i joined(__m256i high_sum, __m256i low_sum) {
  return _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(high_sum, TK_LOW_BITS), low_sum), TK_WEIGHT_BITS);
}

AVX2_INLINE __m256i half(void) { return _mm256_set1_epi32(1 << (TK_WEIGHT_BITS - 1)); }

int tk_avx2_prepare_vertical(tk_axis *axis);
void tk_avx2_vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes);

#endif
