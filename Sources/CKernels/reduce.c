// Integer reduction: the rounded mean of each block, by multiplication with a reciprocal as Pillow does.
#include "include/resample.h"

#pragma STDC FP_CONTRACT OFF

// ⌊2^24 / n⌋, through float32 as Pillow computes it.
static uint32_t reciprocal(int32_t n) {
  const float dividend = (float)(256u * (uint32_t)n);
  return (uint32_t)(4294967296.0f / dividend);
}

static void reduce_block(
  const uint8_t *source, ptrdiff_t stride, int32_t width, int32_t height, int32_t channels, uint8_t *target) {
  const uint32_t half = (uint32_t)(width * height / 2), factor = reciprocal(width * height);
  for (int32_t c = 0; c < channels; c++) {
    uint32_t sum = half;
    for (int32_t y = 0; y < height; y++) {
      const uint8_t *row = source + y * stride + c;
      for (int32_t x = 0; x < width; x++) sum += row[x * channels];
    }
    target[c] = (uint8_t)((sum * factor) >> 24);
  }
}

void tk_reduce_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  int32_t factor_x, int32_t factor_y, uint8_t *target, ptrdiff_t target_stride) {
  for (int32_t y = 0; y < height; y += factor_y) {
    const int32_t block_height = height - y < factor_y ? height - y : factor_y;
    uint8_t *out = target;
    for (int32_t x = 0; x < width; x += factor_x) {
      const int32_t block_width = width - x < factor_x ? width - x : factor_x;
      reduce_block(
        source + y * source_stride + (ptrdiff_t)x * channels, source_stride, block_width, block_height,
        channels, out);
      out += channels;
    }
    target += target_stride;
  }
}
