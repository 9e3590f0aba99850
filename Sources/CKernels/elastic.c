#include "geometry.h"
#pragma STDC FP_CONTRACT OFF

void tk_multiply_add(float *restrict target, const float *restrict source, float weight, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) target[i] += weight * source[i];
}

/// floor of a place within ±2^31.
static inline ptrdiff_t floor_index(float v) {
  ptrdiff_t i = (ptrdiff_t)v;
  return i - ((float)i > v);
}

/// To the nearest whole number, half to even: 1.5 · 2^23 has no room for a fraction.
static inline float rounded(float v) { return (v + 12582912.0f) - 12582912.0f; }

/// A place far outside instead of one that no index holds.
static inline float bounded(float v) { return v < -1e6f ? -1e6f : v > 1e6f ? 1e6f : v; }

static void displace_nearest(uint8_t *out, const tk_source *s, float u, float v, const uint8_t *fill) {
  ptrdiff_t x = (ptrdiff_t)rounded(u), y = (ptrdiff_t)rounded(v);
  const uint8_t *in = fill;
  if (x >= 0 && x < s->width && y >= 0 && y < s->height) in = s->bytes + y * s->row + x * s->pixel;
  for (ptrdiff_t c = 0; c < s->pixel; c++) out[c] = in[c];
}

static void displace_bilinear(uint8_t *out, const tk_source *s, float u, float v, const uint8_t *fill) {
  ptrdiff_t x = floor_index(u), y = floor_index(v);
  float right = u - (float)x, left = 1 - right, below = v - (float)y, above = 1 - below;
  const float weights[4] = {above * left, above * right, below * left, below * right};
  const uint8_t *inputs[4];
  float covered = 0;
  for (int k = 0; k < 4; k++) {
    ptrdiff_t sx = x + (k & 1), sy = y + (k >> 1);
    int inside = sx >= 0 && sx < s->width && sy >= 0 && sy < s->height;
    inputs[k] = inside ? s->bytes + sy * s->row + sx * s->pixel : 0;
    if (inside) covered += weights[k];
  }
  for (ptrdiff_t c = 0; c < s->pixel; c++) {
    float sum = 0;
    for (int k = 0; k < 4; k++) {
      if (inputs[k]) sum += weights[k] * (float)inputs[k][c];
    }
    // torchvision blends what is missing with the fill once more by the covered share.
    float value = rounded((sum - (float)fill[c]) * covered + (float)fill[c]);
    out[c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
}

void tk_displace(uint8_t *target, ptrdiff_t target_row, const tk_source *source, const float *dx,
                 const float *dy, int filter, const uint8_t *fill) {
  for (ptrdiff_t y = 0; y < source->height; y++) {
    uint8_t *out = target + y * target_row;
    for (ptrdiff_t x = 0; x < source->width; x++, out += source->pixel, dx++, dy++) {
      float u = bounded((float)x + *dx), v = bounded((float)y + *dy);
      if (filter == TK_NEAREST) {
        displace_nearest(out, source, u, v, fill);
      } else {
        displace_bilinear(out, source, u, v, fill);
      }
    }
  }
}
