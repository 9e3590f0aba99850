// The resampling loops for AVX2, exact: a weight k = kh·2^11 + kl is split into two 16-bit halves, so that
// Σk·p = (Σkh·p << 11) + Σkl·p comes from `pmaddwd`, two taps an instruction. All sums wrap modulo 2^32.
#if defined(__x86_64__)

#include "resample_internal.h"

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

// One output pixel of the horizontal pass: where its loads begin; its weights are `blocks` × 16 high halves
// and as many low ones, in the order of `pixel_order`.
typedef struct {
  int32_t blocks;
  // Outputs from here on are near the right edge, where loads would pass the row's end: scalar.
  int32_t fast_end;
  int32_t *start;
  int16_t *weights;
} packed_rows;

// A block is one load of 16 bytes: so many taps, so many bytes to the next block.
static int32_t block_taps(int32_t channels) { return channels == 1 ? 16 : channels == 2 ? 8 : 4; }

// The tap whose weight stands in 16-bit lane `lane` of a block, for `channels`.
static int32_t tap_of_lane(int32_t channels, int32_t lane) {
  if (channels == 1) return lane;
  if (channels == 2) return lane / 8 * 4 + lane % 8 / 4 * 2 + lane % 2;
  return lane / 8 * 2 + lane % 2;
}

// The byte of a block that belongs into 16-bit lane `lane`, −1 for zero.
static int32_t byte_of_lane(int32_t channels, int32_t lane) {
  const int32_t tap = tap_of_lane(channels, lane);
  const int32_t channel = channels == 1 ? 0 : lane % 8 / 2 % (channels == 2 ? 2 : 4);
  return channel < channels ? tap * channels + channel : -1;
}

static int16_t high(int32_t k) { return (int16_t)(k >> TK_LOW_BITS); }
static int16_t low(int32_t k) { return (int16_t)(k & ((1 << TK_LOW_BITS) - 1)); }

static int prepare_horizontal(tk_axis *axis, int32_t channels) {
  if (!tk_axis_fits_halves(axis)) return 1;
  const int32_t taps = block_taps(channels);
  int32_t longest = 1;
  for (int32_t i = 0; i < axis->out; i++) longest = axis->count[i] > longest ? axis->count[i] : longest;
  const int32_t blocks = (longest + taps - 1) / taps;
  const size_t head = (sizeof(packed_rows) + sizeof(int32_t) * (size_t)axis->out + 63) / 64 * 64;
  const size_t weights = (size_t)axis->out * (size_t)blocks * 32;
  packed_rows *packed = aligned_alloc(64, head + weights * sizeof(int16_t));
  if (!packed) return -1;
  memset(packed, 0, head + weights * sizeof(int16_t));
  packed->blocks = blocks;
  packed->start = (int32_t *)(void *)(packed + 1);
  packed->weights = (int16_t *)(void *)((char *)packed + head);
  axis->packed = packed;
  // The last start whose loads stay inside of the row.
  const int64_t bytes = (int64_t)(blocks - 1) * taps * channels + 16;
  const int64_t room = (int64_t)axis->in * channels - bytes;
  const int64_t last_start = room < 0 ? -1 : room / channels;
  for (int32_t i = 0; i < axis->out; i++) {
    const int32_t first = axis->first[i];
    const int32_t start = first <= last_start ? first : (int32_t)last_start;
    if (start < 0 || first + axis->count[i] - start > blocks * taps) break;
    packed->start[i] = start;
    packed->fast_end = i + 1;
    int16_t *w = packed->weights + (size_t)i * (size_t)blocks * 32;
    for (int32_t b = 0; b < blocks; b++, w += 32) {
      for (int32_t lane = 0; lane < 16; lane++) {
        const int32_t j = start + b * taps + tap_of_lane(channels, lane) - first;
        const int32_t *row = axis->weights + (size_t)i * (size_t)axis->taps;
        const int32_t k = j < 0 || j >= axis->count[i] ? 0 : row[j];
        w[lane] = high(k);
        w[16 + lane] = low(k);
      }
    }
  }
  return 0;
}

// The four channel sums of a pixel from its 8 partial sums.
AVX2_INLINE __m128i channel_sums(__m256i high_sum, __m256i low_sum, int32_t channels) {
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high_sum, TK_LOW_BITS), low_sum);
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  if (channels <= 2) s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
  if (channels == 1) s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
  return _mm_srai_epi32(_mm_add_epi32(s, _mm_set1_epi32(1 << (TK_WEIGHT_BITS - 1))), TK_WEIGHT_BITS);
}

// Writes the pixel in the low bytes of `value`; `last` is set where a wider store would pass the row.
AVX2_INLINE void store_pixel(uint8_t *target, uint32_t value, int32_t channels, int last) {
  switch (channels) {
  case 1: *target = (uint8_t)value; break;
  case 2: memcpy(target, &value, 2); break;
  case 3:
    if (last) {
      memcpy(target, &value, 3);
    } else {
      memcpy(target, &value, 4);
    }
    break;
  default: memcpy(target, &value, 4);
  }
}

// `rows` (1 or 4) rows at once share the loads of the weights.
AVX2_INLINE void horizontal_rows(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int rows) {
  const packed_rows *packed = axis->packed;
  const int32_t block_bytes = block_taps(channels) * channels, blocks = packed->blocks;
  _Alignas(32) int8_t order[32];
  for (int32_t lane = 0; lane < 16; lane++) {
    order[2 * lane] = (int8_t)byte_of_lane(channels, lane);
    order[2 * lane + 1] = -1;
  }
  const __m256i shuffle = _mm256_load_si256((const __m256i *)(const void *)order);
  const int16_t *w = packed->weights;
  for (int32_t x = 0; x < packed->fast_end; x++) {
    const uint8_t *from = source + (ptrdiff_t)packed->start[x] * channels;
    __m256i high_sum[4], low_sum[4];
    for (int r = 0; r < rows; r++) high_sum[r] = low_sum[r] = _mm256_setzero_si256();
    for (int32_t b = 0; b < blocks; b++, w += 32, from += block_bytes) {
      const __m256i wh = _mm256_load_si256((const __m256i *)(const void *)w);
      const __m256i wl = _mm256_load_si256((const __m256i *)(const void *)(w + 16));
      for (int r = 0; r < rows; r++) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + r * source_stride));
        const __m256i p = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), shuffle);
        high_sum[r] = _mm256_add_epi32(high_sum[r], _mm256_madd_epi16(p, wh));
        low_sum[r] = _mm256_add_epi32(low_sum[r], _mm256_madd_epi16(p, wl));
      }
    }
    __m128i sums[4];
    for (int r = 0; r < 4; r++) {
      sums[r] = r < rows ? channel_sums(high_sum[r], low_sum[r], channels) : _mm_setzero_si128();
    }
    const __m128i pixels =
      _mm_packus_epi16(_mm_packs_epi32(sums[0], sums[1]), _mm_packs_epi32(sums[2], sums[3]));
    uint8_t *to = target + (ptrdiff_t)x * channels;
    const int last = x + 1 == axis->out;
    store_pixel(to, (uint32_t)_mm_cvtsi128_si32(pixels), channels, last);
    if (rows == 4) {
      store_pixel(to + target_stride, (uint32_t)_mm_extract_epi32(pixels, 1), channels, last);
      store_pixel(to + 2 * target_stride, (uint32_t)_mm_extract_epi32(pixels, 2), channels, last);
      store_pixel(to + 3 * target_stride, (uint32_t)_mm_extract_epi32(pixels, 3), channels, last);
    }
  }
}

// The outputs from `fast_end` on, by the formula.
static void horizontal_edge(
  const tk_axis *axis, int32_t channels, const uint8_t *source, uint8_t *target, int32_t from) {
  for (int32_t x = from; x < axis->out; x++) {
    const int32_t *w = axis->weights + (size_t)x * (size_t)axis->taps;
    const uint8_t *pixel = source + (ptrdiff_t)axis->first[x] * channels;
    for (int32_t c = 0; c < channels; c++) {
      uint32_t sum = 1u << (TK_WEIGHT_BITS - 1);
      for (int32_t j = 0; j < axis->count[x]; j++) sum += (uint32_t)w[j] * pixel[j * channels + c];
      target[x * channels + c] = tk_clip8((int32_t)sum >> TK_WEIGHT_BITS);
    }
  }
}

AVX2_INLINE void horizontal_channels(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  const int32_t fast_end = ((const packed_rows *)axis->packed)->fast_end;
  int32_t y = 0;
  for (; y + 4 <= rows; y += 4) {
    horizontal_rows(
      axis, channels, source + y * source_stride, source_stride, target + y * target_stride, target_stride, 4);
  }
  for (; y < rows; y++) {
    horizontal_rows(
      axis, channels, source + y * source_stride, source_stride, target + y * target_stride, target_stride, 1);
  }
  if (fast_end == axis->out) return;
  for (y = 0; y < rows; y++) {
    horizontal_edge(axis, channels, source + y * source_stride, target + y * target_stride, fast_end);
  }
}

AVX2 static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  switch (channels) {
  case 1: horizontal_channels(axis, 1, source, source_stride, target, target_stride, rows); break;
  case 2: horizontal_channels(axis, 2, source, source_stride, target, target_stride, rows); break;
  case 3: horizontal_channels(axis, 3, source, source_stride, target, target_stride, rows); break;
  default: horizontal_channels(axis, 4, source, source_stride, target, target_stride, rows); break;
  }
}

// `packed`: for each output row and pair of taps two words, the pair's high halves and its low ones.
static int prepare_vertical(tk_axis *axis) {
  if (!tk_axis_fits_halves(axis)) return 1;
  const int32_t pairs = (axis->taps + 1) / 2;
  uint32_t *packed = calloc((size_t)axis->out * (size_t)pairs * 2, sizeof *packed);
  if (!packed) return -1;
  axis->packed = packed;
  axis->packed_blocks = pairs;
  for (int32_t i = 0; i < axis->out; i++) {
    const int32_t *w = axis->weights + (size_t)i * (size_t)axis->taps;
    uint32_t *to = packed + (size_t)i * (size_t)pairs * 2;
    for (int32_t j = 0; j < axis->count[i]; j += 2, to += 2) {
      const int32_t second = j + 1 < axis->count[i] ? w[j + 1] : 0;
      to[0] = (uint16_t)high(w[j]) | (uint32_t)(uint16_t)high(second) << 16;
      to[1] = (uint16_t)low(w[j]) | (uint32_t)(uint16_t)low(second) << 16;
    }
  }
  return 0;
}

// 32 samples of one output row.
AVX2_INLINE void vertical_chunk(
  const uint8_t *column, ptrdiff_t stride, const uint32_t *w, int32_t count, uint8_t *target) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i h[4] = {zero, zero, zero, zero}, l[4] = {zero, zero, zero, zero};
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
  const __m256i half = _mm256_set1_epi32(1 << (TK_WEIGHT_BITS - 1));
  for (int i = 0; i < 4; i++) {
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(h[i], TK_LOW_BITS), l[i]), half);
    h[i] = _mm256_srai_epi32(sum, TK_WEIGHT_BITS);
  }
  const __m256i packed =
    _mm256_packus_epi16(_mm256_packs_epi32(h[0], h[1]), _mm256_packs_epi32(h[2], h[3]));
  _mm256_storeu_si256((__m256i *)(void *)target, packed);
}

AVX2 static void vertical(
  const tk_axis *axis, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t row_bytes) {
  if (row_bytes < 32) {
    tk_loops_scalar.vertical(axis, source, source_stride, target, target_stride, row_bytes);
    return;
  }
  for (int32_t y = 0; y < axis->out; y++, target += target_stride) {
    const uint32_t *w = (const uint32_t *)axis->packed + (size_t)y * (size_t)axis->packed_blocks * 2;
    const uint8_t *column = source + axis->first[y] * source_stride;
    int32_t x = 0;
    for (; x + 32 <= row_bytes; x += 32) vertical_chunk(column + x, source_stride, w, axis->count[y], target + x);
    // The rest overlaps what is done already.
    if (x < row_bytes) {
      x = row_bytes - 32;
      vertical_chunk(column + x, source_stride, w, axis->count[y], target + x);
    }
  }
}

const tk_loops tk_loops_avx2 = {prepare_horizontal, prepare_vertical, horizontal, vertical};

#else
typedef int tk_no_avx2_here;
#endif
