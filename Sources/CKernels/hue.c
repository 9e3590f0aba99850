#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

// Hue, saturation and value as bytes. The formulas are Smith's hexcone model (as in Python's colorsys); the
// types of the intermediates (float or double) decide the last level, and are those that Pillow's results show.

// `scale(h)` = truncated 255 · h, for a hue or saturation of 0...1.
static inline uint8_t scaled(float unit) {
  int level = (int)((double)unit * 255.0);
  return (uint8_t)(level > 255 ? 255 : level);
}

static inline void hsv_from_rgb(const uint8_t *rgb, uint8_t hsv[3]) {
  int r = rgb[0], g = rgb[1], b = rgb[2];
  int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
  int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
  hsv[2] = (uint8_t)high;
  if (high == low) {
    hsv[0] = hsv[1] = 0;
    return;
  }
  float chroma = (float)(high - low);
  float red = (float)(high - r) / chroma, green = (float)(high - g) / chroma, blue = (float)(high - b) / chroma;
  float sextant;
  if (r == high) {
    sextant = blue - green;
  } else if (g == high) {
    sextant = (float)(2.0 + (double)red - (double)blue);
  } else {
    sextant = (float)(4.0 + (double)green - (double)red);
  }
  // In turns; negative ones (between magenta and red) wrap to the end of the circle.
  double turns = (double)sextant / 6.0 + 1.0;
  hsv[0] = scaled((float)(turns >= 1.0 ? turns - 1.0 : turns));
  hsv[1] = scaled(chroma / (float)high);
}

// v · (1 − part), rounded half up (the product is never negative).
static inline uint8_t shaded(uint8_t value, double part) {
  double product = (double)(float)value * (1.0 - part);
  int level = (int)(float)(double)(int)(product + 0.5);
  return (uint8_t)(level > 255 ? 255 : level);
}

static inline void rgb_from_hsv(const uint8_t hsv[3], uint8_t *rgb) {
  uint8_t v = hsv[2];
  if (hsv[1] == 0) {
    rgb[0] = rgb[1] = rgb[2] = v;
    return;
  }
  double sixths = (double)hsv[0] * 6.0 / 255.0;
  int sector = (int)sixths;
  float rest = (float)(sixths - (double)(float)sector);
  float saturation = (float)((double)(float)hsv[1] / 255.0);
  uint8_t p = shaded(v, (double)saturation);
  uint8_t q = shaded(v, (double)(saturation * rest));
  uint8_t t = shaded(v, (double)saturation * (1.0 - (double)rest));
  switch (sector % 6) {
    case 0: rgb[0] = v, rgb[1] = t, rgb[2] = p; break;
    case 1: rgb[0] = q, rgb[1] = v, rgb[2] = p; break;
    case 2: rgb[0] = p, rgb[1] = v, rgb[2] = t; break;
    case 3: rgb[0] = p, rgb[1] = q, rgb[2] = v; break;
    case 4: rgb[0] = t, rgb[1] = p, rgb[2] = v; break;
    default: rgb[0] = v, rgb[1] = p, rgb[2] = q;
  }
}

void tk_hue_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t src_channels, uint8_t shift, ptrdiff_t dst_channels,
    uint8_t *dst) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    uint8_t hsv[3];
    hsv_from_rgb(src + i * src_channels, hsv);
    hsv[0] = (uint8_t)(hsv[0] + shift);
    rgb_from_hsv(hsv, dst + i * dst_channels);
    if (dst_channels == 4) dst[i * 4 + 3] = 255;
  }
}
