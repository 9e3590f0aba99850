// The resampling loops for AVX2: the vertical pass. Two rows, interleaved and widened, are the two taps of a `pmaddwd`.
#if defined(__x86_64__)

#include "resample_avx2.h"

// `packed`: for each output row and pair of taps two words, the pair's high halves and its low ones.
int tk_avx2_prepare_vertical(tk_axis *axis) {
  if (!tk_axis_fits_halves(axis)) return 1;
  const size_t count = (size_t)axis->out * (size_t)axis->taps;
  uint32_t *packed = tk_scratch_take(count * sizeof *packed);
  if (!packed) return -1;
  axis->packed = packed;
  for (size_t i = 0; i < count; i += 2) {
    packed[i] = high_pair(axis->weights + i);
    packed[i + 1] = low_pair(axis->weights + i);
  }
  return 0;
}

// 32 samples of one output row.
AVX2_INLINE void vertical_chunk(
  const uint8_t *column, ptrdiff_t stride, const uint32_t *w, int32_t count, uint8_t *target) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i h[4] = {zero, zero, zero, zero}, l[4] = {half(), half(), half(), half()};
  for (int32_t j = 0; j < count; j += 2, w += 2, column += 2 * stride) {
    const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)column);
    // The last tap of an odd number has a partner of weight 0: any row that exists will do.
    const uint8_t *next = j + 1 < count ? column + stride : column;
    const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)next);
    const __m256i wh = _mm256_set1_epi32((int32_t)w[0]), wl = _mm256_set1_epi32((int32_t)w[1]);
    const __m256i ab0 = _mm256_unpacklo_epi8(a, b), ab1 = _mm256_unpackhi_epi8(a, b);
    const __m256i p[4] = {
      _mm256_unpacklo_epi8(ab0, zero), _mm256_unpackhi_epi8(ab0, zero), _mm256_unpacklo_epi8(ab1, zero),
      _mm256_unpackhi_epi8(ab1, zero)};
    for (int i = 0; i < 4; i++) {
      h[i] = _mm256_add_epi32(h[i], _mm256_madd_epi16(p[i], wh));
      l[i] = _mm256_add_epi32(l[i], _mm256_madd_epi16(p[i], wl));
    }
  }
  for (int i = 0; i < 4; i++) h[i] = joined(h[i], l[i]);
  const __m256i packed =
    _mm256_packus_epi16(_mm256_packs_epi32(h[0], h[1]), _mm256_packs_epi32(h[2], h[3]));
  _mm256_storeu_si256((__m256i *)(void *)target, packed);
}

AVX2 void tk_avx2_vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes) {
  if (row_bytes < 32) {
    tk_loops_scalar.vertical(axis, from, to, source, origin, source_stride, target, target_stride, row_bytes);
    return;
  }
  for (int32_t y = from; y < to; y++, target += target_stride) {
    const uint32_t *w = (const uint32_t *)axis->packed + (size_t)y * (size_t)axis->taps;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    int32_t x = 0;
    const int32_t ahead = tk_rows_ahead(axis, y, to, row_bytes);
    for (; x + 32 <= row_bytes; x += 32) {
      const uint8_t *next = column + axis->count[y] * source_stride + x;
      for (int32_t j = 0; j < ahead; j++) _mm_prefetch((const char *)next + j * source_stride, _MM_HINT_T0);
      vertical_chunk(column + x, source_stride, w, axis->count[y], target + x);
    }
    // The rest overlaps what is done already.
    if (x < row_bytes) {
      x = row_bytes - 32;
      vertical_chunk(column + x, source_stride, w, axis->count[y], target + x);
    }
  }
}

#else
typedef int tk_no_avx2_vertical_here;
#endif
