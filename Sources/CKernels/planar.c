#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

// Each loop is instantiated for every number of channels, so that the pixel's stride is a constant.

static inline __attribute__((always_inline)) void lut_rows(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, const ptrdiff_t channels,
    int flip_x, const float *lut, float *dst, ptrdiff_t plane_stride) {
  for (ptrdiff_t y = 0; y < height; y++) {
    const uint8_t *row = src + y * src_stride;
    float *out = dst + y * width;
    if (flip_x) {
      for (ptrdiff_t x = 0; x < width; x++) {
        const uint8_t *pixel = row + (width - 1 - x) * channels;
        for (ptrdiff_t c = 0; c < channels; c++) out[c * plane_stride + x] = lut[c * 256 + pixel[c]];
      }
    } else {
      for (ptrdiff_t x = 0; x < width; x++) {
        const uint8_t *pixel = row + x * channels;
        for (ptrdiff_t c = 0; c < channels; c++) out[c * plane_stride + x] = lut[c * 256 + pixel[c]];
      }
    }
  }
}

void tk_lut_planar_f32(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    const float *lut, float *dst, ptrdiff_t plane_stride) {
  switch (channels) {
    case 1: lut_rows(src, src_stride, width, height, 1, flip_x, lut, dst, plane_stride); break;
    case 2: lut_rows(src, src_stride, width, height, 2, flip_x, lut, dst, plane_stride); break;
    case 3: lut_rows(src, src_stride, width, height, 3, flip_x, lut, dst, plane_stride); break;
    case 4: lut_rows(src, src_stride, width, height, 4, flip_x, lut, dst, plane_stride); break;
    default: break;
  }
}

static inline __attribute__((always_inline)) void byte_rows(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, const ptrdiff_t channels,
    int flip_x, uint8_t *dst, ptrdiff_t plane_stride) {
  for (ptrdiff_t c = 0; c < channels; c++) {
    for (ptrdiff_t y = 0; y < height; y++) {
      const uint8_t *row = src + y * src_stride + c;
      uint8_t *out = dst + c * plane_stride + y * width;
      if (flip_x) {
        for (ptrdiff_t x = 0; x < width; x++) out[x] = row[(width - 1 - x) * channels];
      } else {
        for (ptrdiff_t x = 0; x < width; x++) out[x] = row[x * channels];
      }
    }
  }
}

void tk_planar_u8(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    uint8_t *dst, ptrdiff_t plane_stride) {
  switch (channels) {
    case 1: byte_rows(src, src_stride, width, height, 1, flip_x, dst, plane_stride); break;
    case 2: byte_rows(src, src_stride, width, height, 2, flip_x, dst, plane_stride); break;
    case 3: byte_rows(src, src_stride, width, height, 3, flip_x, dst, plane_stride); break;
    case 4: byte_rows(src, src_stride, width, height, 4, flip_x, dst, plane_stride); break;
    default: break;
  }
}

void tk_unit_f32_from_u16(const uint16_t *src, ptrdiff_t count, float *dst) {
  for (ptrdiff_t i = 0; i < count; i++) dst[i] = (float)src[i] / 65535.0f;
}
