// What the two passes of the AVX-512 loops share.
//
// Exact: a weight k = d2·2^16 + d1·2^8 + d0 in signed bytes, so that Σk·p comes from three `vpdpbusd`, four taps each
// of 16 sums. All sums wrap modulo 2^32.
#ifndef TESSERA_RESAMPLE_AVX512_H
#define TESSERA_RESAMPLE_AVX512_H

#include "resample_gather.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
  DIGITS = 3,
  LOAD = 64,
  // Samples of a gathered group.
  GROUP = 16,
};

// The digits of four weights: words of d0, d1, d2. With 128 added to each byte, no borrow passes between digits.
INLINE __m128i digits_of(__m128i weights) {
  const __m128i bias = _mm_set1_epi32(0x808080);
  const __m128i digits = _mm_xor_si128(_mm_add_epi32(weights, bias), bias);
  return _mm_shuffle_epi8(digits, _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

// d2 is a signed byte: |k| < 2^23 − 2^15 would do, a weight of 1.99; 2^22 is 1.
static inline int fits_digits(const tk_axis *axis) { return tk_axis_fits(axis, 0x808080, 24); }

// The sums of all digits in one.
INLINE __m512i joined(__m512i d2, __m512i d1, __m512i d0) {
  d1 = _mm512_add_epi32(d1, _mm512_slli_epi32(d2, 8));
  return _mm512_add_epi32(d0, _mm512_slli_epi32(d1, 8));
}

INLINE __m512i loaded(const void *from) { return _mm512_loadu_si512(from); }

// The rounding ½ = 2^21, for sums that are to be shifted by 16 yet.
INLINE __m512i early_half(void) { return _mm512_set1_epi32(1 << (TK_WEIGHT_BITS - 1 - 16)); }

// The horizontal pass. Gathered: for each group and block (4 taps of 16 samples) 64 indices and 3 × 64 digits.
// Spread: for each pixel and block (one load) 3 × `quads` words of four digits.
typedef struct {
  // Gathered: 1 or 2. Spread: 0.
  int32_t loads;
  int32_t blocks;
  // Spread: pixels from here on need masked loads, as the row ends less than 64 bytes behind the beginning of one.
  int32_t safe_end;
  // Byte offsets of the loads, for each group (pixel) and block.
  int32_t *bases;
  uint8_t *records;
} row_tables;

// Quads of taps in one load of the spread way: of RGB five, in 60 bytes.
static inline int32_t spread_quads(int32_t channels) { return channels == 3 ? 5 : LOAD / 4 / channels; }

int tk_avx512_prepare_horizontal(tk_axis *axis, int32_t channels);
int tk_avx512_prepare_vertical(tk_axis *axis);
void tk_avx512_vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes);

#endif
