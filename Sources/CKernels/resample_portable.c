// The resampling loops in plain C, laid out for the compiler's vectoriser: for machines without loops of their own.
#include "resample_internal.h"

#define INLINE static inline __attribute__((always_inline))

// Samples of one output row that are summed up together.
enum { CHUNK = 64 };

static int prepare_vertical(tk_axis *axis) { return tk_axis_fits_halves(axis) ? 0 : 1; }

INLINE uint8_t rounded(uint32_t sum) { return tk_clip8((int32_t)sum >> TK_WEIGHT_BITS); }

// With `channels` constant, the sums of a pixel stay in registers; two rows share the weights.
INLINE void horizontal_rows(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int rows) {
  for (int32_t x = 0; x < axis->out; x++) {
    const int32_t *w = axis->weights + (size_t)x * (size_t)axis->taps;
    const uint8_t *pixel = source + (ptrdiff_t)axis->first[x] * channels;
    uint32_t sums[2][4];
    for (int r = 0; r < 2; r++) {
      for (int c = 0; c < 4; c++) sums[r][c] = 1u << (TK_WEIGHT_BITS - 1);
    }
    for (int32_t j = 0; j < axis->count[x]; j++, pixel += channels) {
      const uint32_t k = (uint32_t)w[j];
      for (int r = 0; r < rows; r++) {
        for (int32_t c = 0; c < channels; c++) sums[r][c] += k * pixel[r * source_stride + c];
      }
    }
    for (int r = 0; r < rows; r++) {
      for (int32_t c = 0; c < channels; c++) target[r * target_stride + x * channels + c] = rounded(sums[r][c]);
    }
  }
}

INLINE void horizontal_channels(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  for (; rows >= 2; rows -= 2) {
    horizontal_rows(axis, channels, source, source_stride, target, target_stride, 2);
    source += 2 * source_stride;
    target += 2 * target_stride;
  }
  if (rows == 1) horizontal_rows(axis, channels, source, source_stride, target, target_stride, 1);
}

static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  switch (channels) {
  case 1: horizontal_channels(axis, 1, source, source_stride, target, target_stride, rows); break;
  case 2: horizontal_channels(axis, 2, source, source_stride, target, target_stride, rows); break;
  case 3: horizontal_channels(axis, 3, source, source_stride, target, target_stride, rows); break;
  default: horizontal_channels(axis, 4, source, source_stride, target, target_stride, rows); break;
  }
}

// `samples` (CHUNK, or less at the end of a row) samples of one output row. A weight is split into two 16-bit
// halves, whose products with a byte need no 32-bit multiplier.
INLINE void vertical_chunk(
  const int32_t *w, int32_t count, const uint8_t *column, ptrdiff_t stride, uint8_t *target, int32_t samples) {
  uint32_t high[CHUNK], low[CHUNK];
  for (int32_t i = 0; i < samples; i++) {
    high[i] = 0;
    low[i] = 1u << (TK_WEIGHT_BITS - 1);
  }
  for (int32_t j = 0; j < count; j++, column += stride) {
    const int16_t kh = (int16_t)(w[j] >> TK_LOW_BITS), kl = (int16_t)(w[j] & ((1 << TK_LOW_BITS) - 1));
    for (int32_t i = 0; i < samples; i++) {
      high[i] += (uint32_t)((int16_t)column[i] * kh);
      low[i] += (uint32_t)((int16_t)column[i] * kl);
    }
  }
  for (int32_t i = 0; i < samples; i++) {
    target[i] = rounded((high[i] << TK_LOW_BITS) + low[i]);
  }
}

static void vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes) {
  for (int32_t y = from; y < to; y++, target += target_stride) {
    const int32_t *w = axis->weights + (size_t)y * (size_t)axis->taps;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    int32_t x = 0;
    for (; x + CHUNK <= row_bytes; x += CHUNK) {
      vertical_chunk(w, axis->count[y], column + x, source_stride, target + x, CHUNK);
    }
    if (x < row_bytes) {
      vertical_chunk(w, axis->count[y], column + x, source_stride, target + x, row_bytes - x);
    }
  }
}

const tk_loops tk_loops_portable = {tk_no_horizontal_tables, prepare_vertical, horizontal, vertical};
