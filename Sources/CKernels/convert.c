#include "CKernels.h"
#include "dispatch.h"

// Weights of ITU-R BT.601 luma in 16 fractional bits, with Pillow's rounding.
static inline uint8_t luma(const uint8_t *rgb) {
  return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

// x / 255 rounded, for x up to 255 · 255.
static inline uint8_t div255(uint32_t x) {
  uint32_t t = x + 128;
  return (uint8_t)(((t >> 8) + t) >> 8);
}

void tk_rgb_from_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    const uint8_t *p = src + i * channels;
    uint8_t *q = dst + i * 3;
    q[0] = p[0];
    q[1] = channels < 3 ? p[0] : p[1];
    q[2] = channels < 3 ? p[0] : p[2];
  }
}

void tk_gray_from_u16(const uint16_t *src, ptrdiff_t pixels, uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) dst[i] = src[i] > 255 ? 255 : (uint8_t)src[i];
}

void tk_rgb_from_u16(const uint16_t *src, ptrdiff_t pixels, uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    uint8_t v = src[i] > 255 ? 255 : (uint8_t)src[i];
    dst[i * 3] = dst[i * 3 + 1] = dst[i * 3 + 2] = v;
  }
}

void tk_rgb_over(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t background[3], uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    const uint8_t *p = src + i * channels;
    uint32_t a = p[channels - 1];
    for (ptrdiff_t c = 0; c < 3; c++) {
      uint32_t v = channels == 4 ? p[c] : p[0];
      dst[i * 3 + c] = div255(background[c] * (255 - a) + v * a);
    }
  }
}

void tk_gray_from_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint8_t *dst) {
  switch (channels) {
    case 3:
      for (ptrdiff_t i = 0; i < pixels; i++) dst[i] = luma(src + i * 3);
      break;
    case 4:
      for (ptrdiff_t i = 0; i < pixels; i++) dst[i] = luma(src + i * 4);
      break;
    default:
      for (ptrdiff_t i = 0; i < pixels; i++) dst[i] = src[i * channels];
  }
}

void tk_gray3_from_rgb(const uint8_t *src, ptrdiff_t pixels, uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    uint8_t v = luma(src + i * 3);
    dst[i * 3] = dst[i * 3 + 1] = dst[i * 3 + 2] = v;
  }
}

int64_t tk_gray_sum(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels) {
  int64_t sum = 0;
  if (channels < 3) {
    for (ptrdiff_t i = 0; i < pixels; i++) sum += src[i * channels];
  } else {
    for (ptrdiff_t i = 0; i < pixels; i++) sum += luma(src + i * channels);
  }
  return sum;
}

void tk_permute_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *order, uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    uint8_t pixel[4];
    for (ptrdiff_t c = 0; c < channels; c++) pixel[c] = src[i * channels + order[c]];
    for (ptrdiff_t c = 0; c < channels; c++) dst[i * channels + c] = pixel[c];
  }
}
