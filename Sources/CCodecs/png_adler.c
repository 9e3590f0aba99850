// Adler-32 (RFC 1950): two sums modulo 65521.
#include "png_inflate.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
  MODULUS = 65521,
  // So many bytes keep the second sum below 2^32 (zlib's NMAX), as a multiple of 32.
  LONGEST = 5536
};

static void sum_scalar(uint32_t *a, uint32_t *b, const uint8_t *bytes, size_t count) {
  uint32_t x = *a, y = *b;
  for (size_t i = 0; i < count; i++) {
    x += bytes[i];
    y += x;
  }
  *a = x;
  *b = y;
}

#if defined(__x86_64__)
/// For a multiple of 32 bytes, at most LONGEST: of each block the sum, the sums before it 32 times, and its bytes
/// weighted 32, 31, …, 1.
__attribute__((target("avx2"))) static void sum_avx2(uint32_t *a, uint32_t *b, const uint8_t *bytes, size_t count) {
  const __m256i weights = _mm256_setr_epi8(
      32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
      2, 1);
  const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi16(1);
  __m256i sums = zero, before = zero, weighted = zero;
  for (size_t i = 0; i < count; i += 32) {
    const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
    before = _mm256_add_epi32(before, sums);
    sums = _mm256_add_epi32(sums, _mm256_sad_epu8(v, zero));
    weighted = _mm256_add_epi32(weighted, _mm256_madd_epi16(_mm256_maddubs_epi16(v, weights), ones));
  }
  uint32_t s[8], p[8], w[8], all = 0, earlier = 0, inside = 0;
  _mm256_storeu_si256((__m256i *)(void *)s, sums);
  _mm256_storeu_si256((__m256i *)(void *)p, before);
  _mm256_storeu_si256((__m256i *)(void *)w, weighted);
  for (int i = 0; i < 8; i++) {
    all += s[i];
    earlier += p[i];
    inside += w[i];
  }
  *b += (uint32_t)count * *a + 32 * earlier + inside;
  *a += all;
}
#endif

uint32_t tc_png_adler32(uint32_t adler, const uint8_t *bytes, size_t count) {
  uint32_t a = adler & 0xFFFF, b = adler >> 16;
#if defined(__x86_64__)
  const int wide = tc_loops_for_checksum() == TK_SIMD_AVX2;
#endif
  while (count > 0) {
    const size_t n = count < LONGEST ? count : LONGEST;
    size_t done = 0;
#if defined(__x86_64__)
    if (wide) {
      done = n & ~(size_t)31;
      sum_avx2(&a, &b, bytes, done);
    }
#endif
    sum_scalar(&a, &b, bytes + done, n - done);
    a %= MODULUS;
    b %= MODULUS;
    bytes += n;
    count -= n;
  }
  return b << 16 | a;
}
