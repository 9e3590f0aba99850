#include "CKernels.h"
#include "dispatch.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

// −1, −2 … mirror to 1, 2 …; n, n + 1 … to n − 2, n − 3 ….
static inline ptrdiff_t mirrored(ptrdiff_t i, ptrdiff_t n) {
  i = i < 0 ? -i : i;
  return i >= n ? 2 * (n - 1) - i : i;
}

// One row along x: `padded` holds the row with `nx / 2` mirrored pixels on each side, as floats.
TK_CLONES(
  static, convolve_row,
  (const float *padded, ptrdiff_t count, ptrdiff_t channels, const float *kernel, ptrdiff_t n, float *out),
  (padded, count, channels, kernel, n, out)) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = kernel[0] * padded[i];
  for (ptrdiff_t k = 1; k < n; k++) {
    const float *from = padded + k * channels;
    float weight = kernel[k];
    for (ptrdiff_t i = 0; i < count; i++) {
      float product = weight * from[i];
      out[i] = out[i] + product;
    }
  }
}

// Adds `weight · row` to the sums.
TK_CLONES(
  static, add_row, (const float *row, ptrdiff_t count, float weight, float *sum),
  (row, count, weight, sum)) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float product = weight * row[i];
    sum[i] = sum[i] + product;
  }
}

// Rounds half to even by adding and subtracting 1.5 · 2^23 (exact for |v| < 2^22), then clamps.
TK_CLONES(static, round_row, (const float *sum, ptrdiff_t count, uint8_t *dst), (sum, count, dst)) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float v = (sum[i] + 12582912.0f) - 12582912.0f;
    v = v < 0.0f ? 0.0f : v;
    v = v > 255.0f ? 255.0f : v;
    dst[i] = (uint8_t)(int)v;
  }
}

int tk_convolve_separable_u8(
    const uint8_t *src, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, const float *kernel_x,
    ptrdiff_t nx, const float *kernel_y, ptrdiff_t ny, uint8_t *dst) {
  ptrdiff_t count = width * channels, half_x = nx / 2, half_y = ny / 2;
  ptrdiff_t padded_count = count + 2 * half_x * channels;
  // A ring of the ny rows that the vertical pass needs (rows are filtered along x once), a padded row, sums.
  float *memory = tk_scratch_take(sizeof(float) * (size_t)(count * ny + padded_count + count));
  if (!memory) return -1;
  float *ring = memory, *padded = ring + count * ny, *sum = padded + padded_count;
  ptrdiff_t done = 0;
  for (ptrdiff_t y = 0; y < height; y++) {
    ptrdiff_t last = y + half_y < height ? y + half_y : height - 1;
    for (; done <= last; done++) {
      const uint8_t *row = src + done * count;
      for (ptrdiff_t x = -half_x; x < width + half_x; x++) {
        const uint8_t *pixel = row + mirrored(x, width) * channels;
        for (ptrdiff_t c = 0; c < channels; c++) padded[(x + half_x) * channels + c] = pixel[c];
      }
      convolve_row(padded, count, channels, kernel_x, nx, ring + (done % ny) * count);
    }
    for (ptrdiff_t i = 0; i < count; i++) sum[i] = 0;
    for (ptrdiff_t k = 0; k < ny; k++) {
      ptrdiff_t from = mirrored(y + k - half_y, height);
      add_row(ring + (from % ny) * count, count, kernel_y[k], sum);
    }
    round_row(sum, count, dst + y * count);
  }
  tk_scratch_give(memory);
  return 0;
}
