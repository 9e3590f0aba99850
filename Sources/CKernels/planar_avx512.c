// The last pass for AVX-512 VBMI: 64 pixels of one channel at a time. Any function of a byte is a table of 256
// elements; its bytes lie as planes of 256 in four registers each, from which `vpermi2b` looks 64 values up at once.
#if defined(__x86_64__)

#include "planar_internal.h"

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vbmi")))

// One byte plane of a table.
typedef struct {
  __m512i part[4];
} plane;

// Where a channel's 64 values come from: byte indices into 128 bytes, then into the result and 64 more.
typedef struct {
  __m512i first, second;
} pick;

// The element that is to stand at byte position `p` before the bytes of elements are put together: the unpacking
// works in lanes of 16 bytes, so that the stores are in order only if the values are not.
static int element_at(int p, int element_bytes) {
  const int lane = p / 16, j = p % 16;
  switch (element_bytes) {
  case 4: return j / 4 * 16 + lane * 4 + j % 4;
  case 2: return j / 8 * 32 + lane * 8 + j % 8;
  default: return p;
  }
}

AVX512_INLINE pick pick_of(int channels, int channel, int flip_x, int element_bytes) {
  _Alignas(64) uint8_t first[64], second[64];
  for (int p = 0; p < 64; p++) {
    const int e = element_at(p, element_bytes);
    const int byte = (flip_x ? 63 - e : e) * channels + channel;
    first[p] = (uint8_t)(byte < 128 ? byte : 0);
    second[p] = (uint8_t)(byte < 128 ? p : 64 + byte - 128);
  }
  return (pick){_mm512_load_si512(first), _mm512_load_si512(second)};
}

AVX512_INLINE plane plane_of(const uint8_t *table, int element_bytes, int byte) {
  _Alignas(64) uint8_t bytes[256];
  for (int v = 0; v < 256; v++) bytes[v] = table[v * element_bytes + byte];
  plane p;
  for (int i = 0; i < 4; i++) p.part[i] = _mm512_load_si512(bytes + 64 * i);
  return p;
}

AVX512_INLINE __m512i look_up(const plane *p, __m512i values, __mmask64 upper) {
  const __m512i low = _mm512_permutex2var_epi8(p->part[0], values, p->part[1]);
  const __m512i high = _mm512_permutex2var_epi8(p->part[2], values, p->part[3]);
  return _mm512_mask_blend_epi8(upper, low, high);
}

static inline uint64_t first_bits(ptrdiff_t n) { return n <= 0 ? 0 : n >= 64 ? ~0ull : (1ull << n) - 1; }

// Loads the bytes [from, to) of the 64 that begin at `row + offset + at`; the others may not exist.
AVX512_INLINE __m512i load_bytes(const uint8_t *row, ptrdiff_t offset, ptrdiff_t at, ptrdiff_t from, ptrdiff_t to) {
  const __mmask64 mask = first_bits(to - at) & ~first_bits(from - at);
  return _mm512_maskz_loadu_epi8(mask, (const void *)((uintptr_t)row + (uintptr_t)(offset + at)));
}

// The values of one channel of `count` (≤ 64) pixels from target column `x` on.
AVX512_INLINE __m512i channel_values(
    const uint8_t *row, ptrdiff_t width, ptrdiff_t x, ptrdiff_t count, const int channels, int flip_x, pick p) {
  const ptrdiff_t start = flip_x ? width - x - 64 : x;
  const ptrdiff_t from = flip_x ? (64 - count) * channels : 0, to = flip_x ? 64 * channels : count * channels;
  const ptrdiff_t offset = start * channels;
  const __m512i a = load_bytes(row, offset, 0, from, to);
  if (channels == 1) return _mm512_permutexvar_epi8(p.first, a);
  const __m512i b = load_bytes(row, offset, 64, from, to), c = load_bytes(row, offset, 128, from, to);
  return _mm512_permutex2var_epi8(_mm512_permutex2var_epi8(a, p.first, b), p.second, c);
}

AVX512_INLINE void store4(const plane planes[4], __m512i values, uint8_t *target, ptrdiff_t count) {
  const __mmask64 upper = _mm512_movepi8_mask(values);
  const __m512i b0 = look_up(&planes[0], values, upper), b1 = look_up(&planes[1], values, upper);
  const __m512i b2 = look_up(&planes[2], values, upper), b3 = look_up(&planes[3], values, upper);
  const __m512i low01 = _mm512_unpacklo_epi8(b0, b1), high01 = _mm512_unpackhi_epi8(b0, b1);
  const __m512i low23 = _mm512_unpacklo_epi8(b2, b3), high23 = _mm512_unpackhi_epi8(b2, b3);
  const __m512i out[4] = {
      _mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
      _mm512_unpacklo_epi16(high01, high23), _mm512_unpackhi_epi16(high01, high23)};
  for (int r = 0; r < 4; r++) {
    if (count >= 16 * (r + 1)) {
      _mm512_storeu_si512(target + 64 * r, out[r]);
    } else {
      _mm512_mask_storeu_epi32(target + 64 * r, (__mmask16)first_bits(count - 16 * r), out[r]);
    }
  }
}

AVX512_INLINE void store2(const plane planes[2], __m512i values, uint8_t *target, ptrdiff_t count) {
  const __mmask64 upper = _mm512_movepi8_mask(values);
  const __m512i b0 = look_up(&planes[0], values, upper), b1 = look_up(&planes[1], values, upper);
  _mm512_mask_storeu_epi16(target, (__mmask32)first_bits(count), _mm512_unpacklo_epi8(b0, b1));
  _mm512_mask_storeu_epi16(target + 64, (__mmask32)first_bits(count - 32), _mm512_unpackhi_epi8(b0, b1));
}

AVX512_INLINE void channel_rows(
    const tk_planar *p, const int channels, const int element_bytes, int channel) {
  const pick chosen = pick_of(channels, channel, p->flip_x, element_bytes);
  plane planes[4];
  for (int b = 0; b < element_bytes && p->lut; b++) {
    planes[b] = plane_of((const uint8_t *)p->lut + channel * 256 * element_bytes, element_bytes, b);
  }
  for (ptrdiff_t y = 0; y < p->height; y++) {
    const uint8_t *row = p->src + y * p->src_stride;
    uint8_t *out = (uint8_t *)p->dst + (channel * p->plane_stride + y * p->width) * element_bytes;
    for (ptrdiff_t x = 0; x < p->width; x += 64) {
      const ptrdiff_t count = p->width - x < 64 ? p->width - x : 64;
      const __m512i values = channel_values(row, p->width, x, count, channels, p->flip_x, chosen);
      uint8_t *target = out + x * element_bytes;
      switch (element_bytes) {
      case 4: store4(planes, values, target, count); break;
      case 2: store2(planes, values, target, count); break;
      default: {
        const __m512i found = p->lut ? look_up(&planes[0], values, _mm512_movepi8_mask(values)) : values;
        _mm512_mask_storeu_epi8(target, first_bits(count), found);
      }
      }
    }
  }
}

AVX512_INLINE void all_rows(const tk_planar *p, const int channels, const int element_bytes) {
  for (int channel = 0; channel < channels; channel++) {
    channel_rows(p, channels, element_bytes, channel);
  }
}

AVX512_INLINE void all_channels(const tk_planar *p, const int channels) {
  switch (p->element_bytes) {
  case 4: all_rows(p, channels, 4); break;
  case 2: all_rows(p, channels, 2); break;
  default: all_rows(p, channels, 1); break;
  }
}

AVX512 void tk_planar_avx512(const tk_planar *p) {
  if (p->channels == 1) {
    all_channels(p, 1);
  } else {
    all_channels(p, 3);
  }
}

#else
typedef int tk_no_avx512_here;
#endif
