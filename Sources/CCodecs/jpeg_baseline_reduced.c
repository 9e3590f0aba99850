// Blocks at 1/2, 1/4 and 1/8 of their size, and blocks of one coefficient, to libjpeg-turbo's bits.
//
// The reduced inverse DCTs are the ones that IJG's library has always had: terms of the whole one that fall between the
// samples are left out (for 4 samples the fifth row and column, for 2 the even ones but the first). Widths and saturation
// are those of libjpeg-turbo's SSE2, so that also a hostile file's overflow comes out the same.
#if defined(__x86_64__)

#include "jpeg_baseline_avx2.h"

/// round(x · 2^13).
enum {
  F_0_211 = 1730, F_0_509 = 4176, F_0_601 = 4926, F_0_720 = 5906, F_0_765 = 6270, F_0_850 = 6967, F_0_899 = 7373,
  F_1_061 = 8697, F_1_272 = 10426, F_1_451 = 11893, F_1_847 = 15137, F_2_172 = 17799, F_2_562 = 20995, F_3_624 = 29692
};

AVX2_INLINE v16 times(v16 pairs, int x, int y) {
  return _mm256_madd_epi16(pairs, _mm256_set1_epi32((int)((uint32_t)(uint16_t)y << 16 | (uint16_t)x)));
}

AVX2_INLINE v16 halved(v16 x, int bits) {
  return _mm256_srai_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(1 << (bits - 1))), bits);
}

AVX2_INLINE v16 bytes_of(v16 a, v16 b) {
  return _mm256_xor_si256(_mm256_packs_epi16(a, b), _mm256_set1_epi8((char)0x80));
}

// MARK: 4 × 4

/// The columns' pass, to four rows.
AVX2_INLINE void columns4(const v16 r[8], v16 rows[4]) {
  const v16 zero = _mm256_setzero_si256();
  const wide z13 = pairs_of(r[1], r[3]), z57 = pairs_of(r[5], r[7]), z26 = pairs_of(r[2], r[6]);
  const wide o2 = plus(products(z13, F_2_562, F_0_899), products(z57, -F_0_601, -F_0_509));
  const wide o0 = plus(products(z13, F_1_061, -F_2_172), products(z57, F_1_451, -F_0_211));
  // · 2^14.
  const wide first = {
      _mm256_srai_epi32(_mm256_unpacklo_epi16(zero, r[0]), 2), _mm256_srai_epi32(_mm256_unpackhi_epi16(zero, r[0]), 2)};
  const wide even = products(z26, F_1_847, -F_0_765);
  const wide e0 = plus(first, even), e2 = minus(first, even);
  rows[0] = descaled(plus(e0, o2), 13 - 2 + 1), rows[3] = descaled(minus(e0, o2), 13 - 2 + 1);
  rows[1] = descaled(plus(e2, o0), 13 - 2 + 1), rows[2] = descaled(minus(e2, o0), 13 - 2 + 1);
}

/// The rows' pass, to 4 × 4 samples of 16 bits: rows 0 and 1, rows 2 and 3.
AVX2_INLINE void rows4(const v16 rows[4], v16 out[2]) {
  const v16 a = _mm256_unpacklo_epi16(rows[0], rows[1]), b = _mm256_unpacklo_epi16(rows[2], rows[3]);
  const v16 c = _mm256_unpackhi_epi16(rows[0], rows[1]), d = _mm256_unpackhi_epi16(rows[2], rows[3]);
  // Columns 0 and 1, 2 and 3, and so on: four terms each.
  const v16 c01 = _mm256_unpacklo_epi32(a, b), c23 = _mm256_unpackhi_epi32(a, b);
  const v16 c45 = _mm256_unpacklo_epi32(c, d), c67 = _mm256_unpackhi_epi32(c, d);
  const v16 z13 = _mm256_unpackhi_epi16(c01, c23), z57 = _mm256_unpackhi_epi16(c45, c67);
  const v16 o2 = _mm256_add_epi32(times(z13, F_2_562, F_0_899), times(z57, -F_0_601, -F_0_509));
  const v16 o0 = _mm256_add_epi32(times(z13, F_1_061, -F_2_172), times(z57, F_1_451, -F_0_211));
  const v16 first = _mm256_srai_epi32(_mm256_unpacklo_epi16(_mm256_setzero_si256(), c01), 2);
  const v16 even = times(_mm256_unpacklo_epi16(c23, c67), F_1_847, -F_0_765);
  const v16 e0 = _mm256_add_epi32(first, even), e2 = _mm256_sub_epi32(first, even);
  const int bits = 13 + 2 + 3 + 1;
  const v16 s0 = halved(_mm256_add_epi32(e0, o2), bits), s3 = halved(_mm256_sub_epi32(e0, o2), bits);
  const v16 s1 = halved(_mm256_add_epi32(e2, o0), bits), s2 = halved(_mm256_sub_epi32(e2, o0), bits);
  const v16 s02 = _mm256_packs_epi32(s0, s2), s13 = _mm256_packs_epi32(s1, s3);
  const v16 s01 = _mm256_unpacklo_epi16(s02, s13), s23 = _mm256_unpackhi_epi16(s02, s13);
  out[0] = _mm256_unpacklo_epi32(s01, s23), out[1] = _mm256_unpackhi_epi32(s01, s23);
}

AVX2_INLINE void put4(__m128i bytes, uint8_t *to, size_t stride) {
  uint32_t rows[4];
  memcpy(rows, &bytes, 16);
  for (int y = 0; y < 4; y++) memcpy(to + (size_t)y * stride, rows + y, 4);
}

AVX2 int tc_bl_idct4_pair(
    const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride) {
  v16 r[8], rows[4], out[2];
  for (int y = 0; y < 8; y++) {
    if (y != 4) r[y] = dequantised(a, b, q, y);
  }
  columns4(r, rows);
  rows4(rows, out);
  const v16 bytes = bytes_of(out[0], out[1]);
  put4(_mm256_castsi256_si128(bytes), to_a, stride);
  put4(_mm256_extracti128_si256(bytes, 1), to_b, stride);
  return is_strange(r[0]);
}

// MARK: 2 × 2

AVX2 void tc_bl_idct2_pair(
    const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride) {
  const v16 zero = _mm256_setzero_si256();
  const v16 r0 = dequantised(a, b, q, 0);
  const wide z13 = pairs_of(dequantised(a, b, q, 1), dequantised(a, b, q, 3));
  const wide z57 = pairs_of(dequantised(a, b, q, 5), dequantised(a, b, q, 7));
  const wide odd = plus(products(z13, F_3_624, -F_1_272), products(z57, F_0_850, -F_0_720));
  // · 2^15.
  const wide even = {
      _mm256_srai_epi32(_mm256_unpacklo_epi16(zero, r0), 1), _mm256_srai_epi32(_mm256_unpackhi_epi16(zero, r0), 1)};
  wide row0 = plus(even, odd), row1 = minus(even, odd);
  row0 = (wide){halved(row0.low, 13 - 2 + 2), halved(row0.high, 13 - 2 + 2)};
  row1 = (wide){halved(row1.low, 13 - 2 + 2), halved(row1.high, 13 - 2 + 2)};
  // The first column keeps its 32 bits, the others saturate in 16.
  const v16 weights = _mm256_setr_epi16(
      0, F_3_624, 0, -F_1_272, 0, F_0_850, 0, -F_0_720, 0, F_3_624, 0, -F_1_272, 0, F_0_850, 0, -F_0_720);
  const v16 m0 = _mm256_madd_epi16(_mm256_packs_epi32(row0.low, row0.high), weights);
  const v16 m1 = _mm256_madd_epi16(_mm256_packs_epi32(row1.low, row1.high), weights);
  v16 o = _mm256_hadd_epi32(m0, m1);
  o = _mm256_hadd_epi32(o, o);  // of row 0, of row 1
  const v16 e = _mm256_slli_epi32(_mm256_unpacklo_epi32(row0.low, row1.low), 15);
  const v16 s = _mm256_unpacklo_epi32(_mm256_add_epi32(e, o), _mm256_sub_epi32(e, o));
  const v16 samples = halved(s, 13 + 2 + 3 + 2);
  const v16 words = _mm256_packs_epi32(samples, samples), bytes = bytes_of(words, words);
  const uint32_t of_a = (uint32_t)_mm256_cvtsi256_si32(bytes), of_b = (uint32_t)_mm256_extract_epi32(bytes, 4);
  memcpy(to_a, &of_a, 2), memcpy(to_a + stride, (const char *)&of_a + 2, 2);
  memcpy(to_b, &of_b, 2), memcpy(to_b + stride, (const char *)&of_b + 2, 2);
}

// MARK: a first coefficient alone

static int clamped(int32_t sample) { return sample < 0 ? 0 : sample > 255 ? 255 : sample; }

void tc_bl_idct_flat(int16_t coefficient, uint16_t quant, uint8_t *to, size_t stride, int size) {
  // Both passes leave the first term alone: · 2^2, then (x · 2^13 + 2^17) >> 18. In 16 bits, as libjpeg-turbo's SIMD.
  const int sample = clamped((((int16_t)((uint32_t)(coefficient * quant) * 4) + 16) >> 5) + 128);
  const uint64_t row = 0x0101010101010101u * (uint64_t)sample;
  for (int y = 0; y < size; y++) memcpy(to + (size_t)y * stride, &row, (size_t)size);
}

void tc_bl_idct2_flat(int16_t coefficient, uint16_t quant, uint8_t *to, size_t stride) {
  // · 2^2, which fits, and · 2^15, which may wrap around in 32 bits.
  const uint32_t shifted = (uint32_t)(int16_t)((uint32_t)coefficient * quant) << 17;
  const int sample = clamped(((int32_t)(shifted + (1u << 19)) >> 20) + 128);
  memset(to, sample, 2), memset(to + stride, sample, 2);
}

uint8_t tc_bl_idct1(int16_t coefficient, int16_t quant) {
  // No SIMD in libjpeg-turbo: what is too large wraps around in ten bits before it is limited.
  const int32_t sample = (coefficient * quant + 4) >> 3;
  return (uint8_t)clamped(((int32_t)((uint32_t)sample << 22) >> 22) + 128);
}

#else
typedef int tc_no_reduced_here;
#endif
