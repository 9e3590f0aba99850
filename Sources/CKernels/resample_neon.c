// The resampling loops for arm64: samples widened to 32 bits and multiplied there, modulo 2^32, as the scalar loops
// do; `mla` by a lane needs no table but the weights. 4 taps a step horizontally, 16 samples vertically.
#if defined(__aarch64__)

#include "resample_internal.h"

#include <arm_neon.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// Rows that share the loads of the weights.
enum { ROWS = 4 };


// Shifts and clips four sums of each of four rows: 4 bytes of each row.
INLINE uint8x16_t rounded(const int32x4_t sums[4]) {
  const int16x8_t a = vcombine_s16(
    vqmovn_s32(vshrq_n_s32(sums[0], TK_WEIGHT_BITS)), vqmovn_s32(vshrq_n_s32(sums[1], TK_WEIGHT_BITS)));
  const int16x8_t b = vcombine_s16(
    vqmovn_s32(vshrq_n_s32(sums[2], TK_WEIGHT_BITS)), vqmovn_s32(vshrq_n_s32(sums[3], TK_WEIGHT_BITS)));
  return vcombine_u8(vqmovun_s16(a), vqmovun_s16(b));
}

// MARK: the horizontal pass

INLINE int32x4_t low_words(uint16x8_t v) { return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(v))); }
INLINE int32x4_t high_words(uint16x8_t v) { return vreinterpretq_s32_u32(vmovl_high_u16(v)); }

// Bytes that a step loads.
INLINE int32_t load_bytes(int32_t channels) { return channels >= 3 ? 16 : 4 * channels; }

// Adds four taps of the pixel at `from`. One channel: a tap a lane; two: two taps; else each channel a lane.
INLINE int32x4_t plus_taps(int32x4_t sum, const uint8_t *from, int32x4_t w, int32_t channels) {
  if (channels == 1) {
    uint32_t word;
    memcpy(&word, from, 4);
    return vmlaq_s32(sum, low_words(vmovl_u8(vcreate_u8(word))), w);
  }
  if (channels == 2) {
    const uint16x8_t p = vmovl_u8(vld1_u8(from));
    sum = vmlaq_s32(sum, low_words(p), vzip1q_s32(w, w));
    return vmlaq_s32(sum, high_words(p), vzip2q_s32(w, w));
  }
  uint8x16_t bytes = vld1q_u8(from);
  if (channels == 3) {
    static const uint8_t rgb[16] = {0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255};
    bytes = vqtbl1q_u8(bytes, vld1q_u8(rgb));
  }
  const uint16x8_t p = vmovl_u8(vget_low_u8(bytes)), q = vmovl_high_u8(bytes);
  sum = vmlaq_laneq_s32(sum, low_words(p), w, 0);
  sum = vmlaq_laneq_s32(sum, high_words(p), w, 1);
  sum = vmlaq_laneq_s32(sum, low_words(q), w, 2);
  return vmlaq_laneq_s32(sum, high_words(q), w, 3);
}

// Four rows, some of them the same if fewer are left.
typedef struct {
  const uint8_t *from[ROWS];
  uint8_t *to[ROWS];
} row_set;

INLINE void horizontal_pixel(const tk_axis *axis, int32_t channels, const row_set *rows, int32_t x) {
  const int32_t *w = axis->weights + (size_t)x * (size_t)axis->taps;
  const ptrdiff_t at = (ptrdiff_t)axis->first[x] * channels;
  int32x4_t sums[ROWS];
  for (int r = 0; r < ROWS; r++) sums[r] = vdupq_n_s32(0);
  for (int32_t j = 0; j < axis->count[x]; j += 4) {
    const int32x4_t taps = vld1q_s32(w + j);
    for (int r = 0; r < ROWS; r++) sums[r] = plus_taps(sums[r], rows->from[r] + at + j * channels, taps, channels);
  }
  for (int r = 0; r < ROWS; r++) {
    if (channels <= 2) sums[r] = vaddq_s32(sums[r], vextq_s32(sums[r], sums[r], 2));
    if (channels == 1) sums[r] = vaddq_s32(sums[r], vextq_s32(sums[r], sums[r], 1));
    sums[r] = vaddq_s32(sums[r], vdupq_n_s32(1 << (TK_WEIGHT_BITS - 1)));
  }
  uint8_t bytes[16];
  vst1q_u8(bytes, rounded(sums));
  for (int r = 0; r < ROWS; r++) memcpy(rows->to[r] + (ptrdiff_t)x * channels, bytes + 4 * r, (size_t)channels);
}

INLINE void horizontal_rows(const tk_axis *axis, int32_t channels, const row_set *rows) {
  const int32_t row_bytes = axis->in * channels;
  for (int32_t x = 0; x < axis->out; x++) {
    const int32_t last_tap = (axis->count[x] - 1) / 4 * 4;
    if ((axis->first[x] + last_tap) * channels + load_bytes(channels) <= row_bytes) {
      horizontal_pixel(axis, channels, rows, x);
    } else {
      for (int r = 0; r < ROWS; r++) tk_horizontal_edge(axis, channels, rows->from[r], rows->to[r], x, x + 1);
    }
  }
}

static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  for (int32_t y = 0; y < rows; y += ROWS) {
    row_set set;
    for (int32_t r = 0; r < ROWS; r++) {
      const int32_t row = y + r < rows ? y + r : rows - 1;
      set.from[r] = source + row * source_stride;
      set.to[r] = target + row * target_stride;
    }
    switch (channels) {
    case 1: horizontal_rows(axis, 1, &set); break;
    case 2: horizontal_rows(axis, 2, &set); break;
    case 3: horizontal_rows(axis, 3, &set); break;
    default: horizontal_rows(axis, 4, &set);
    }
  }
}

// MARK: the vertical pass

// 16 samples of one output row.
INLINE uint8x16_t vertical_strip(const uint8_t *column, ptrdiff_t stride, const int32_t *w, int32_t count) {
  int32x4_t sums[4];
  for (int i = 0; i < 4; i++) sums[i] = vdupq_n_s32(1 << (TK_WEIGHT_BITS - 1));
  for (int32_t j = 0; j < count; j++, column += stride) {
    const uint8x16_t bytes = vld1q_u8(column);
    const uint16x8_t p = vmovl_u8(vget_low_u8(bytes)), q = vmovl_high_u8(bytes);
    const int32x4_t k = vdupq_n_s32(w[j]);
    sums[0] = vmlaq_s32(sums[0], low_words(p), k);
    sums[1] = vmlaq_s32(sums[1], high_words(p), k);
    sums[2] = vmlaq_s32(sums[2], low_words(q), k);
    sums[3] = vmlaq_s32(sums[3], high_words(q), k);
  }
  return rounded(sums);
}

static void vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes) {
  if (row_bytes < 16) {
    tk_loops_scalar.vertical(axis, from, to, source, origin, source_stride, target, target_stride, row_bytes);
    return;
  }
  for (int32_t y = from; y < to; y++, target += target_stride) {
    const int32_t *w = axis->weights + (size_t)y * (size_t)axis->taps;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    int32_t x = 0;
    for (; x + 16 <= row_bytes; x += 16) {
      vst1q_u8(target + x, vertical_strip(column + x, source_stride, w, axis->count[y]));
    }
    if (x == row_bytes) continue;
    // The rest overlaps what is done already.
    x = row_bytes - 16;
    vst1q_u8(target + x, vertical_strip(column + x, source_stride, w, axis->count[y]));
  }
}

const tk_loops tk_loops_neon = {tk_no_horizontal_tables, tk_no_vertical_tables, horizontal, vertical};

#else
typedef int tk_no_neon_here;
#endif
