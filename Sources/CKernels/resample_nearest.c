// NEAREST: a table of source indices for each axis, then copies.
#include "include/resample.h"

#pragma STDC FP_CONTRACT OFF

void tk_nearest_indices(
  float box0, float box1, int32_t in, int32_t out, int32_t accumulate, int32_t *indices) {
  const double step = (double)(box1 - box0) / out;
  double position = box0 + step * 0.5;
  for (int32_t i = 0; i < out; i++) {
    if (!accumulate) position = step * (i + 0.5) + box0;
    const int32_t index = position < 0.0 ? -1 : (int32_t)position;
    indices[i] = index < in ? index : -1;
    position += step;
  }
}

// Inlined with a constant `size`, so that each copy becomes plain moves.
static inline __attribute__((always_inline)) void copy_row(
  const uint8_t *row, size_t size, const int32_t *columns, int32_t out_width, uint8_t *target) {
  for (int32_t x = 0; x < out_width; x++) {
    if (columns[x] < 0) {
      __builtin_memset(target, 0, size);
    } else {
      __builtin_memcpy(target, row + (size_t)columns[x] * size, size);
    }
    target += size;
  }
}

void tk_nearest_run(
  const uint8_t *source, ptrdiff_t source_stride, int32_t bytes_per_pixel, const int32_t *columns,
  int32_t out_width, const int32_t *rows, int32_t out_height, uint8_t *target, ptrdiff_t target_stride) {
  const size_t row_bytes = (size_t)out_width * (size_t)bytes_per_pixel;
  for (int32_t y = 0; y < out_height; y++, target += target_stride) {
    if (rows[y] < 0) {
      __builtin_memset(target, 0, row_bytes);
      continue;
    }
    if (y > 0 && rows[y] == rows[y - 1]) {
      __builtin_memcpy(target, target - target_stride, row_bytes);
      continue;
    }
    const uint8_t *row = source + rows[y] * source_stride;
    switch (bytes_per_pixel) {
    case 1: copy_row(row, 1, columns, out_width, target); break;
    case 2: copy_row(row, 2, columns, out_width, target); break;
    case 3: copy_row(row, 3, columns, out_width, target); break;
    default: copy_row(row, 4, columns, out_width, target); break;
    }
  }
}
