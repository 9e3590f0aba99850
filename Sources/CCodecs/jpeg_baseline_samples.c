// From coefficients to samples to pixels, to libjpeg's bits, with AVX2.
//
// The inverse DCT is Loeffler, Ligtenberg and Moschytz's with 13 fractional bits in the constants and 2 between its passes,
// which is what libjpeg's "slow" one computes; the colours are JFIF's in 16 fractional bits. Every rounding is theirs.
#if defined(__x86_64__)

#include "jpeg_baseline_avx2.h"

/// round(x · 2^13).
enum {
  F_0_298 = 2446, F_0_390 = 3196, F_0_541 = 4433, F_0_765 = 6270, F_0_899 = 7373, F_1_175 = 9633, F_1_501 = 12299,
  F_1_847 = 15137, F_1_961 = 16069, F_2_053 = 16819, F_2_562 = 20995, F_3_072 = 25172
};

void tc_bl_quant_pair(quant_pair *q, const uint16_t *a, const uint16_t *b) {
  for (int y = 0; y < 8; y++) {
    memcpy(q->rows[y], a + 8 * y, 16);
    memcpy(q->rows[y] + 8, b + 8 * y, 16);
  }
}

/// a · 2^13 in 32 bits.
AVX2_INLINE wide scaled(v16 a) {
  const v16 zero = _mm256_setzero_si256();
  return (wide){_mm256_srai_epi32(_mm256_unpacklo_epi16(zero, a), 3), _mm256_srai_epi32(_mm256_unpackhi_epi16(zero, a), 3)};
}

/// One pass over the columns.
AVX2_INLINE void pass(v16 v[8], int bits) {
  const wide z26 = pairs_of(v[2], v[6]);
  const wide even2 = products(z26, F_0_541, F_0_541 - F_1_847), even3 = products(z26, F_0_541 + F_0_765, F_0_541);
  const wide sum = scaled(_mm256_add_epi16(v[0], v[4])), difference = scaled(_mm256_sub_epi16(v[0], v[4]));
  const wide e0 = plus(sum, even3), e3 = minus(sum, even3), e1 = plus(difference, even2), e2 = minus(difference, even2);

  const wide z34 = pairs_of(_mm256_add_epi16(v[7], v[3]), _mm256_add_epi16(v[5], v[1]));
  const wide z3 = products(z34, F_1_175 - F_1_961, F_1_175), z4 = products(z34, F_1_175, F_1_175 - F_0_390);
  const wide z71 = pairs_of(v[7], v[1]), z53 = pairs_of(v[5], v[3]);
  const wide o0 = plus(products(z71, F_0_298 - F_0_899, -F_0_899), z3);
  const wide o3 = plus(products(z71, -F_0_899, F_1_501 - F_0_899), z4);
  const wide o1 = plus(products(z53, F_2_053 - F_2_562, -F_2_562), z4);
  const wide o2 = plus(products(z53, -F_2_562, F_3_072 - F_2_562), z3);

  v[0] = descaled(plus(e0, o3), bits), v[7] = descaled(minus(e0, o3), bits);
  v[1] = descaled(plus(e1, o2), bits), v[6] = descaled(minus(e1, o2), bits);
  v[2] = descaled(plus(e2, o1), bits), v[5] = descaled(minus(e2, o1), bits);
  v[3] = descaled(plus(e3, o0), bits), v[4] = descaled(minus(e3, o0), bits);
}

AVX2_INLINE void transpose(v16 v[8]) {
  v16 a[8], b[8];
  for (int i = 0; i < 4; i++) {
    a[2 * i] = _mm256_unpacklo_epi16(v[i], v[i + 4]);
    a[2 * i + 1] = _mm256_unpackhi_epi16(v[i], v[i + 4]);
  }
  for (int i = 0; i < 4; i++) {
    b[2 * i] = _mm256_unpacklo_epi16(a[i], a[i + 4]);
    b[2 * i + 1] = _mm256_unpackhi_epi16(a[i], a[i + 4]);
  }
  for (int i = 0; i < 4; i++) {
    v[2 * i] = _mm256_unpacklo_epi16(b[i], b[i + 4]);
    v[2 * i + 1] = _mm256_unpackhi_epi16(b[i], b[i + 4]);
  }
}

/// Two rows of both blocks: 8 bytes each.
AVX2_INLINE void put_rows(v16 rows, uint8_t *a, uint8_t *b, size_t stride) {
  const __m128i of_a = _mm256_castsi256_si128(rows), of_b = _mm256_extracti128_si256(rows, 1);
  _mm_storel_epi64((__m128i *)a, of_a);
  _mm_storel_epi64((__m128i *)b, of_b);
  _mm_storeh_pd((double *)(a + stride), _mm_castsi128_pd(of_a));
  _mm_storeh_pd((double *)(b + stride), _mm_castsi128_pd(of_b));
}

AVX2 int tc_bl_idct_pair(const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride) {
  v16 v[8];
  for (int y = 0; y < 8; y++) v[y] = dequantised(a, b, q, y);
  const int strange = is_strange(v[0]);
  pass(v, 13 - 2);
  transpose(v);
  pass(v, 13 + 2 + 3);
  // v[x] is column x; bytes back into rows.
  const v16 middle = _mm256_set1_epi8((char)0x80);
  const v16 c02 = _mm256_packs_epi16(v[0], v[2]), c13 = _mm256_packs_epi16(v[1], v[3]);
  const v16 c46 = _mm256_packs_epi16(v[4], v[6]), c57 = _mm256_packs_epi16(v[5], v[7]);
  const v16 c01 = _mm256_unpacklo_epi8(c02, c13), c23 = _mm256_unpackhi_epi8(c02, c13);
  const v16 c45 = _mm256_unpacklo_epi8(c46, c57), c67 = _mm256_unpackhi_epi8(c46, c57);
  const v16 left0 = _mm256_unpacklo_epi16(c01, c23), left4 = _mm256_unpackhi_epi16(c01, c23);
  const v16 right0 = _mm256_unpacklo_epi16(c45, c67), right4 = _mm256_unpackhi_epi16(c45, c67);
  put_rows(_mm256_xor_si256(_mm256_unpacklo_epi32(left0, right0), middle), to_a, to_b, stride);
  put_rows(_mm256_xor_si256(_mm256_unpackhi_epi32(left0, right0), middle), to_a + 2 * stride, to_b + 2 * stride, stride);
  put_rows(_mm256_xor_si256(_mm256_unpacklo_epi32(left4, right4), middle), to_a + 4 * stride, to_b + 4 * stride, stride);
  put_rows(_mm256_xor_si256(_mm256_unpackhi_epi32(left4, right4), middle), to_a + 6 * stride, to_b + 6 * stride, stride);
  return strange;
}

// MARK: chroma to full width

AVX2_INLINE v16 load16(const uint8_t *p) { return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)p)); }
AVX2_INLINE v16 thrice(v16 a) { return _mm256_add_epi16(_mm256_add_epi16(a, a), a); }

/// 3 · `here` + the neighbour + the bias, before and behind, side by side as bytes.
AVX2_INLINE void put_widened(uint8_t *to, v16 here, v16 before, v16 behind, int bias_even, int bias_odd, int shift) {
  const v16 three = thrice(here);
  const v16 even = _mm256_srli_epi16(_mm256_add_epi16(_mm256_add_epi16(three, before), _mm256_set1_epi16((short)bias_even)), shift);
  const v16 odd = _mm256_srli_epi16(_mm256_add_epi16(_mm256_add_epi16(three, behind), _mm256_set1_epi16((short)bias_odd)), shift);
  _mm256_storeu_si256((v16 *)to, _mm256_or_si256(even, _mm256_slli_epi16(odd, 8)));
}

AVX2 void tc_bl_widen_h2v1(const uint8_t *row, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    put_widened(to + 2 * i, load16(row + i), load16(row + i - 1), load16(row + i + 1), 1, 2, 2);
  }
}

AVX2 void tc_bl_repeat_h2v1(const uint8_t *row, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    const v16 v = load16(row + i);
    _mm256_storeu_si256((v16 *)(to + 2 * i), _mm256_or_si256(v, _mm256_slli_epi16(v, 8)));
  }
}

AVX2 void tc_bl_repeat_h4v1(const uint8_t *row, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i += 8) {
    const v16 v = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(row + i)));
    _mm256_storeu_si256((v16 *)(to + 4 * i), _mm256_mullo_epi32(v, _mm256_set1_epi32(0x01010101)));
  }
}

AVX2_INLINE v16 column(const uint8_t *near, const uint8_t *far) { return _mm256_add_epi16(thrice(load16(near)), load16(far)); }

AVX2 void tc_bl_blend_h1v2(const uint8_t *near, const uint8_t *far, uint8_t *to, size_t n, int bias) {
  for (size_t i = 0; i < n; i += 16) {
    const v16 sum = _mm256_add_epi16(column(near + i, far + i), _mm256_set1_epi16((short)bias));
    const v16 bytes = _mm256_packus_epi16(_mm256_srli_epi16(sum, 2), sum);
    _mm_storeu_si128((__m128i *)(to + i), _mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0x08)));
  }
}

AVX2 void tc_bl_widen_h2v2(const uint8_t *near, const uint8_t *far, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    const v16 here = column(near + i, far + i);
    put_widened(to + 2 * i, here, column(near + i - 1, far + i - 1), column(near + i + 1, far + i + 1), 8, 7, 4);
  }
}

// MARK: colours

/// 16 pixels of each of three channels to three times 16 bytes: which pixel's byte goes where.
#define Z -128
static const _Alignas(16) int8_t weave[9][16] = {
    {0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z, Z, 5},
    {Z, 0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z, Z},
    {Z, Z, 0, Z, Z, 1, Z, Z, 2, Z, Z, 3, Z, Z, 4, Z},
    {Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z, 10, Z},
    {5, Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z, 10},
    {Z, 5, Z, Z, 6, Z, Z, 7, Z, Z, 8, Z, Z, 9, Z, Z},
    {Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15, Z, Z},
    {Z, Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15, Z},
    {10, Z, Z, 11, Z, Z, 12, Z, Z, 13, Z, Z, 14, Z, Z, 15},
};
#undef Z

AVX2_INLINE v16 woven(v16 r, v16 g, v16 b, int part) {
#define MASK(channel) _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)weave[3 * part + channel]))
  return _mm256_or_si256(
      _mm256_or_si256(_mm256_shuffle_epi8(r, MASK(0)), _mm256_shuffle_epi8(g, MASK(1))), _mm256_shuffle_epi8(b, MASK(2)));
#undef MASK
}

typedef struct { v16 r, g, b; } colour;

/// (2·x·k >> 16 + 1) >> 1 is x·k/2^16 rounded as (x·k + 2^15) >> 16 is.
AVX2_INLINE v16 part_of(v16 x, int k) {
  const v16 t = _mm256_mulhi_epi16(_mm256_add_epi16(x, x), _mm256_set1_epi16((short)k));
  return _mm256_srai_epi16(_mm256_add_epi16(t, _mm256_set1_epi16(1)), 1);
}

AVX2_INLINE colour coloured(v16 y, v16 cb, v16 cr) {
  const v16 middle = _mm256_set1_epi16(128);
  cb = _mm256_sub_epi16(cb, middle);
  cr = _mm256_sub_epi16(cr, middle);
  colour c;
  // 1.402 = 1 + 26345 / 2^16; 1.772 = 2 - 14942 / 2^16.
  c.r = _mm256_add_epi16(_mm256_add_epi16(y, cr), part_of(cr, 26345));
  c.b = _mm256_add_epi16(_mm256_add_epi16(y, _mm256_add_epi16(cb, cb)), part_of(cb, -14942));
  // -0.34414 = -22554 / 2^16; -0.71414 = 18734 / 2^16 - 1.
  const wide g = products(pairs_of(cb, cr), -22554, 18734);
  const v16 half = _mm256_set1_epi32(1 << 15);
  const v16 green = _mm256_packs_epi32(
      _mm256_srai_epi32(_mm256_add_epi32(g.low, half), 16), _mm256_srai_epi32(_mm256_add_epi32(g.high, half), 16));
  c.g = _mm256_add_epi16(_mm256_sub_epi16(y, cr), green);
  return c;
}

AVX2_INLINE void put_pixels(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, uint8_t *rgb) {
  const v16 zero = _mm256_setzero_si256();
  const v16 vy = _mm256_loadu_si256((const v16 *)y), vb = _mm256_loadu_si256((const v16 *)cb), vr = _mm256_loadu_si256((const v16 *)cr);
  const colour low = coloured(_mm256_unpacklo_epi8(vy, zero), _mm256_unpacklo_epi8(vb, zero), _mm256_unpacklo_epi8(vr, zero));
  const colour high = coloured(_mm256_unpackhi_epi8(vy, zero), _mm256_unpackhi_epi8(vb, zero), _mm256_unpackhi_epi8(vr, zero));
  const v16 r = _mm256_packus_epi16(low.r, high.r), g = _mm256_packus_epi16(low.g, high.g), b = _mm256_packus_epi16(low.b, high.b);
  const v16 w0 = woven(r, g, b, 0), w1 = woven(r, g, b, 1), w2 = woven(r, g, b, 2);
  _mm256_storeu_si256((v16 *)rgb, _mm256_permute2x128_si256(w0, w1, 0x20));
  _mm256_storeu_si256((v16 *)(rgb + 32), _mm256_permute2x128_si256(w2, w0, 0x30));
  _mm256_storeu_si256((v16 *)(rgb + 64), _mm256_permute2x128_si256(w1, w2, 0x31));
}

AVX2 void tc_bl_ycc_to_rgb(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, uint8_t *rgb, size_t n) {
  size_t i = 0;
  for (; i + 32 <= n; i += 32) put_pixels(y + i, cb + i, cr + i, rgb + 3 * i);
  if (i == n) return;
  uint8_t rest[96];
  put_pixels(y + i, cb + i, cr + i, rest);
  memcpy(rgb + 3 * i, rest, 3 * (n - i));
}

#else
typedef int tc_no_avx2_here;
#endif
