// The resampling loops for AVX-512 with VBMI and VNNI: the vertical pass. Four rows, interleaved byte by byte, are the
// four taps of a `vpdpbusd`.
#if defined(__x86_64__)

#include "resample_avx512.h"

// `packed`: for each output row and four taps three words of digits.
TARGET int tk_avx512_prepare_vertical(tk_axis *axis) {
  if (!fits_digits(axis)) return 1;
  const size_t quads = (size_t)axis->out * (size_t)(axis->taps / 4);
  uint32_t *packed = tk_scratch_take(quads * DIGITS * sizeof *packed + 4);
  if (!packed) return -1;
  axis->packed = packed;
  // Whole words of 16 bytes: the fourth is the next quad's first, written after.
  for (size_t q = 0; q < quads; q++) {
    const __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(axis->weights + 4 * q));
    _mm_storeu_si128((__m128i *)(void *)(packed + DIGITS * q), digits_of(w));
  }
  return 0;
}

// Rows a to d of a quad as quads of bytes: samples 0–3, 4–7, 8–11, 12–15 of each 128-bit lane.
INLINE void interleave(__m512i a, __m512i b, __m512i c, __m512i d, __m512i p[4]) {
  const __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);
  const __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);
  p[0] = _mm512_unpacklo_epi16(ab0, cd0);
  p[1] = _mm512_unpackhi_epi16(ab0, cd0);
  p[2] = _mm512_unpacklo_epi16(ab1, cd1);
  p[3] = _mm512_unpackhi_epi16(ab1, cd1);
}

// 64 samples of one output row from `quads` × 4 rows, of which `count` exist. `mask`: the samples that do.
INLINE __m512i vertical_strip(
  const uint8_t *column, ptrdiff_t stride, const int32_t *w, int32_t quads, int32_t count, __mmask64 mask) {
  __m512i d2[4], d1[4], d0[4];
  for (int i = 0; i < 4; i++) {
    d2[i] = early_half();
    d1[i] = d0[i] = _mm512_setzero_si512();
  }
  for (int32_t q = 0; q < quads; q++, w += DIGITS, column += 4 * stride, count -= 4) {
    // A tap beyond the last has the weight 0: any row that exists will do.
    const ptrdiff_t second = count > 1 ? stride : 0, third = count > 2 ? 2 * stride : 0;
    const ptrdiff_t fourth = count > 3 ? 3 * stride : 0;
    __m512i p[4];
    interleave(
      _mm512_maskz_loadu_epi8(mask, column), _mm512_maskz_loadu_epi8(mask, column + second),
      _mm512_maskz_loadu_epi8(mask, column + third), _mm512_maskz_loadu_epi8(mask, column + fourth), p);
    const __m512i w0 = _mm512_set1_epi32(w[0]), w1 = _mm512_set1_epi32(w[1]), w2 = _mm512_set1_epi32(w[2]);
    for (int i = 0; i < 4; i++) {
      d2[i] = _mm512_dpbusd_epi32(d2[i], p[i], w2);
      d1[i] = _mm512_dpbusd_epi32(d1[i], p[i], w1);
      d0[i] = _mm512_dpbusd_epi32(d0[i], p[i], w0);
    }
  }
  for (int i = 0; i < 4; i++) d0[i] = _mm512_srai_epi32(joined(d2[i], d1[i], d0[i]), TK_WEIGHT_BITS);
  return _mm512_packus_epi16(_mm512_packs_epi32(d0[0], d0[1]), _mm512_packs_epi32(d0[2], d0[3]));
}

// `ahead`: the rows behind these that the next output needs, too.
INLINE void vertical_row(
  const uint8_t *column, ptrdiff_t stride, const int32_t *w, int32_t quads, int32_t count, int32_t ahead,
  uint8_t *target, int32_t row_bytes) {
  const uint8_t *next = column + count * stride;
  int32_t x = 0;
  for (; x + LOAD <= row_bytes; x += LOAD) {
    for (int32_t j = 0; j < ahead; j++) _mm_prefetch((const char *)next + j * stride + x, _MM_HINT_T0);
    _mm512_storeu_si512(target + x, vertical_strip(column + x, stride, w, quads, count, ~0ull));
  }
  if (x == row_bytes) return;
  const __mmask64 rest = (1ull << (row_bytes - x)) - 1;
  _mm512_mask_storeu_epi8(target + x, rest, vertical_strip(column + x, stride, w, quads, count, rest));
}

TARGET void tk_avx512_vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes) {
  for (int32_t y = from; y < to; y++, target += target_stride) {
    const int32_t *w = (const int32_t *)axis->packed + (size_t)y * (size_t)(axis->taps / 4) * DIGITS;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    const int32_t count = axis->count[y], quads = (count + 3) / 4;
    const int32_t ahead = tk_rows_ahead(axis, y, to, row_bytes);
    switch (quads) {
    case 1: vertical_row(column, source_stride, w, 1, count, ahead, target, row_bytes); break;
    case 2: vertical_row(column, source_stride, w, 2, count, ahead, target, row_bytes); break;
    default: vertical_row(column, source_stride, w, quads, count, ahead, target, row_bytes);
    }
  }
}

#else
typedef int tk_no_avx512_vertical_here;
#endif
