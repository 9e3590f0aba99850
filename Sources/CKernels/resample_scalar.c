// The resampling loops as the formula says: the specification of every other set of loops.
#include "resample_internal.h"

#pragma STDC FP_CONTRACT OFF


// Sums wrap modulo 2^32, as two's complement does.
static uint8_t rounded(uint32_t sum) {
  return tk_clip8((int32_t)(sum + (1u << (TK_WEIGHT_BITS - 1))) >> TK_WEIGHT_BITS);
}

static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  for (int32_t y = 0; y < rows; y++) {
    for (int32_t x = 0; x < axis->out; x++) {
      const int32_t *w = axis->weights + (size_t)x * (size_t)axis->taps;
      const uint8_t *pixel = source + (ptrdiff_t)axis->first[x] * channels;
      for (int32_t c = 0; c < channels; c++) {
        uint32_t sum = 0;
        for (int32_t j = 0; j < axis->count[x]; j++) sum += (uint32_t)w[j] * pixel[j * channels + c];
        target[x * channels + c] = rounded(sum);
      }
    }
    source += source_stride;
    target += target_stride;
  }
}

static void vertical(
  const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
  uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes) {
  for (int32_t y = from; y < to; y++) {
    const int32_t *w = axis->weights + (size_t)y * (size_t)axis->taps;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    for (int32_t x = 0; x < row_bytes; x++) {
      uint32_t sum = 0;
      for (int32_t j = 0; j < axis->count[y]; j++) sum += (uint32_t)w[j] * column[j * source_stride + x];
      target[x] = rounded(sum);
    }
    target += target_stride;
  }
}

const tk_loops tk_loops_scalar = {tk_no_horizontal_tables, tk_no_vertical_tables, horizontal, vertical};

// Half away from zero, then clipped: 12 clips the value; 11 clips *each byte* on its own, so that an overshoot
// above 65535 keeps its low byte there.
static uint16_t rounded16(double sum, int clip_bytes) {
  const int32_t value = (int32_t)(sum >= 0.0 ? sum + 0.5 : sum - 0.5);
  if (clip_bytes) return (uint16_t)(tk_clip8(value % 256) | tk_clip8(value >> 8) << 8);
  return value < 0 ? 0 : value > 65535 ? 65535 : (uint16_t)value;
}

void tk_horizontal_u16(
  const tk_axis *axis, int clip_bytes, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  for (int32_t y = 0; y < rows; y++) {
    const uint16_t *row = (const uint16_t *)(const void *)source;
    uint16_t *out = (uint16_t *)(void *)target;
    for (int32_t x = 0; x < axis->out; x++) {
      const double *w = axis->real + (size_t)x * (size_t)axis->taps;
      double sum = 0.0;
      for (int32_t j = 0; j < axis->count[x]; j++) sum += row[axis->first[x] + j] * w[j];
      out[x] = rounded16(sum, clip_bytes);
    }
    source += source_stride;
    target += target_stride;
  }
}

void tk_vertical_u16(
  const tk_axis *axis, int clip_bytes, int32_t from, int32_t to, const uint8_t *source, int32_t origin,
  ptrdiff_t source_stride, uint8_t *target, ptrdiff_t target_stride, int32_t width) {
  for (int32_t y = from; y < to; y++) {
    const double *w = axis->real + (size_t)y * (size_t)axis->taps;
    const uint8_t *column = source + (axis->first[y] - origin) * source_stride;
    uint16_t *out = (uint16_t *)(void *)target;
    for (int32_t x = 0; x < width; x++) {
      double sum = 0.0;
      for (int32_t j = 0; j < axis->count[y]; j++) {
        sum += ((const uint16_t *)(const void *)(column + j * source_stride))[x] * w[j];
      }
      out[x] = rounded16(sum, clip_bytes);
    }
    target += target_stride;
  }
}
