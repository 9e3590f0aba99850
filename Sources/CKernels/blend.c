#include "CKernels.h"
#include "dispatch.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

// Pillow's Image.blend: the difference is exact, the product and the sum are each rounded to float.
static inline __attribute__((always_inline)) uint8_t blend(int a, int b, float factor) {
  float product = factor * (float)(b - a);
  float value = (float)a + product;
  value = value < 0.0f ? 0.0f : value;
  value = value > 255.0f ? 255.0f : value;
  return (uint8_t)(int)value;
}

static inline __attribute__((always_inline)) int luma(int r, int g, int b) {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

TK_CLONES(
  extern, tk_blend_u8, (const uint8_t *a, const uint8_t *b, ptrdiff_t bytes, float factor, uint8_t *dst),
  (a, b, bytes, factor, dst)) {
  for (ptrdiff_t i = 0; i < bytes; i++) dst[i] = blend(a[i], b[i], factor);
}

TK_CLONES(
  static, saturate_rgb, (const uint8_t *src, ptrdiff_t pixels, float factor, uint8_t *dst),
  (src, pixels, factor, dst)) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    int r = src[3 * i], g = src[3 * i + 1], b = src[3 * i + 2];
    int gray = luma(r, g, b);
    dst[3 * i] = blend(gray, r, factor);
    dst[3 * i + 1] = blend(gray, g, factor);
    dst[3 * i + 2] = blend(gray, b, factor);
  }
}

TK_CLONES(
  static, saturate_rgba, (const uint8_t *src, ptrdiff_t pixels, float factor, uint8_t *dst),
  (src, pixels, factor, dst)) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    int r = src[4 * i], g = src[4 * i + 1], b = src[4 * i + 2];
    int gray = luma(r, g, b);
    dst[4 * i] = blend(gray, r, factor);
    dst[4 * i + 1] = blend(gray, g, factor);
    dst[4 * i + 2] = blend(gray, b, factor);
    dst[4 * i + 3] = src[4 * i + 3];
  }
}

void tk_saturate_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, float factor, uint8_t *dst) {
  switch (channels) {
    case 3: saturate_rgb(src, pixels, factor, dst); break;
    case 4: saturate_rgba(src, pixels, factor, dst); break;
    default: memmove(dst, src, (size_t)(pixels * channels));
  }
}

TK_CLONES(
  extern, tk_accumulate_u8, (const uint8_t *src, ptrdiff_t bytes, float weight, float *sum),
  (src, bytes, weight, sum)) {
  for (ptrdiff_t i = 0; i < bytes; i++) {
    float product = weight * (float)src[i];
    sum[i] = sum[i] + product;
  }
}

TK_CLONES(extern, tk_u8_from_f32, (const float *src, ptrdiff_t count, uint8_t *dst), (src, count, dst)) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float value = src[i];
    value = value < 0.0f ? 0.0f : value;
    value = value > 255.0f ? 255.0f : value;
    dst[i] = (uint8_t)(int)value;
  }
}
