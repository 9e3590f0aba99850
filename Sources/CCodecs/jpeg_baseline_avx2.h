// What the stages in AVX2 share: two blocks side by side, one in each half of a register.
#ifndef TESSERA_TC_JPEG_BASELINE_AVX2_H
#define TESSERA_TC_JPEG_BASELINE_AVX2_H

#include "jpeg_baseline.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

typedef __m256i v16;

/// a·x + b·y in 32 bits, for columns 0-3 and 4-7 of both blocks.
typedef struct { v16 low, high; } wide;

AVX2_INLINE wide products(wide pairs, int x, int y) {
  const v16 c = _mm256_set1_epi32((int)((uint32_t)(uint16_t)y << 16 | (uint16_t)x));
  return (wide){_mm256_madd_epi16(pairs.low, c), _mm256_madd_epi16(pairs.high, c)};
}
AVX2_INLINE wide pairs_of(v16 a, v16 b) { return (wide){_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)}; }
AVX2_INLINE wide plus(wide a, wide b) { return (wide){_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
AVX2_INLINE wide minus(wide a, wide b) { return (wide){_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)}; }

AVX2_INLINE v16 descaled(wide a, int bits) {
  const v16 half = _mm256_set1_epi32(1 << (bits - 1));
  return _mm256_packs_epi32(
      _mm256_srai_epi32(_mm256_add_epi32(a.low, half), bits), _mm256_srai_epi32(_mm256_add_epi32(a.high, half), bits));
}

/// A row of both blocks, `a` in the low half, times its quantisers in 16 bits.
AVX2_INLINE v16 dequantised(const int16_t *a, const int16_t *b, const quant_pair *q, int y) {
  const __m128i of_a = _mm_loadu_si128((const __m128i *)(a + 8 * y)), of_b = _mm_loadu_si128((const __m128i *)(b + 8 * y));
  const v16 both = _mm256_inserti128_si256(_mm256_castsi128_si256(of_a), of_b, 1);
  return _mm256_mullo_epi16(both, _mm256_load_si256((const v16 *)q->rows[y]));
}

/// Whether a first row has a coefficient outside of -2^13 ..< 2^13: the top two bits of v + 2^13.
AVX2_INLINE int is_strange(v16 row) {
  const v16 shifted = _mm256_add_epi16(row, _mm256_set1_epi16(1 << 13));
  return !_mm256_testz_si256(shifted, _mm256_set1_epi16((short)0xC000));
}

#endif
