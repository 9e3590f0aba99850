#include "geometry.h"
#include <math.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF

// Geometry as Pillow's Image.transform, in doubles and in its order of operations. Each loop is written once
// and specialised by the compiler for the number of channels (1...4), the map and the filter.

#define ALWAYS static inline __attribute__((always_inline))

/// −1 for anything left of the picture; else the pixel that the place falls into.
ALWAYS ptrdiff_t pixel_at(double v) {
  if (!(v >= 0.0)) return -1;  // a NaN (a perspective's 0 / 0) as well
  return v > 2147483647.0 ? 2147483647 : (ptrdiff_t)v;
}

ALWAYS ptrdiff_t clip(ptrdiff_t v, ptrdiff_t size) { return v < 0 ? 0 : v < size ? v : size - 1; }

/// Keeps the three or four bytes of a pixel together.
ALWAYS void copy_pixel(uint8_t *target, const uint8_t *source, ptrdiff_t pixel) {
  for (ptrdiff_t c = 0; c < pixel; c++) target[c] = source[c];
}

/// Source place of the centre of target pixel (x, y).
ALWAYS void affine_place(const double a[8], double x, double y, double *u, double *v) {
  *u = a[0] * x + a[1] * y + a[2];
  *v = a[3] * x + a[4] * y + a[5];
}

ALWAYS void perspective_place(const double a[8], double x, double y, double *u, double *v) {
  double w = a[6] * x + a[7] * y + 1;
  *u = (a[0] * x + a[1] * y + a[2]) / w;
  *v = (a[3] * x + a[4] * y + a[5]) / w;
}

ALWAYS void sample_nearest(uint8_t *out, const tk_source *s, double u, double v, ptrdiff_t pixel) {
  ptrdiff_t x = pixel_at(u), y = pixel_at(v);
  if (x < 0 || x >= s->width || y < 0 || y >= s->height) return;
  copy_pixel(out, s->bytes + y * s->row + x * pixel, pixel);
}

ALWAYS int outside(const tk_source *s, double u, double v) {
  // Written so that a NaN (a perspective's 0 / 0) is outside.
  return !(u >= 0.0 && u < (double)s->width && v >= 0.0 && v < (double)s->height);
}

/// floor without a library call; places are within the int range here.
ALWAYS ptrdiff_t floor_index(double v) {
  ptrdiff_t i = (ptrdiff_t)v;
  return i - ((double)i > v);
}

ALWAYS double mix(double a, double b, double d) { return a + (b - a) * d; }

ALWAYS void sample_bilinear(uint8_t *out, const tk_source *s, double u, double v, ptrdiff_t pixel) {
  if (outside(s, u, v)) return;
  u -= 0.5;
  v -= 0.5;
  ptrdiff_t x = floor_index(u), y = floor_index(v);
  double du = u - (double)x, dv = v - (double)y;
  ptrdiff_t x0 = clip(x, s->width) * pixel, x1 = clip(x + 1, s->width) * pixel;
  const uint8_t *row0 = s->bytes + clip(y, s->height) * s->row;
  const uint8_t *row1 = s->bytes + (y + 1 < s->height ? y + 1 : clip(y, s->height)) * s->row;
  for (ptrdiff_t c = 0; c < pixel; c++) {
    double above = mix(row0[x0 + c], row0[x1 + c], du);
    double below = mix(row1[x0 + c], row1[x1 + c], du);
    out[c] = (uint8_t)mix(above, below, dv);
  }
}

/// Keys's cubic with a = −1.
ALWAYS double cubic(double v1, double v2, double v3, double v4, double d) {
  double p1 = v2;
  double p2 = -v1 + v3;
  double p3 = 2 * (v1 - v2) + v3 - v4;
  double p4 = -v1 + v2 - v3 + v4;
  return p1 + d * (p2 + d * (p3 + d * p4));
}

ALWAYS void sample_bicubic(uint8_t *out, const tk_source *s, double u, double v, ptrdiff_t pixel) {
  if (outside(s, u, v)) return;
  u -= 0.5;
  v -= 0.5;
  ptrdiff_t x = floor_index(u), y = floor_index(v);
  double du = u - (double)x, dv = v - (double)y;
  x--;
  y--;
  ptrdiff_t column[4];
  const uint8_t *row[4];
  for (int k = 0; k < 4; k++) {
    column[k] = clip(x + k, s->width) * pixel;
    row[k] = s->bytes + clip(y + k, s->height) * s->row;
  }
  for (ptrdiff_t c = 0; c < pixel; c++) {
    double t[4];
    for (int k = 0; k < 4; k++) {
      t[k] = cubic(row[k][column[0] + c], row[k][column[1] + c], row[k][column[2] + c], row[k][column[3] + c], du);
    }
    double r = cubic(t[0], t[1], t[2], t[3], dv);
    out[c] = r <= 0.0 ? 0 : r >= 255.0 ? 255 : (uint8_t)r;
  }
}

#define GENERAL(NAME, PLACE, SAMPLE, PIXEL)                                                               \
  static void NAME(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,             \
                   const tk_source *s, const double a[8]) {                                              \
    for (ptrdiff_t y = 0; y < height; y++) {                                                             \
      uint8_t *out = target + y * target_row;                                                            \
      for (ptrdiff_t x = 0; x < width; x++, out += PIXEL) {                                              \
        double u, v;                                                                                     \
        PLACE(a, (double)x + 0.5, (double)y + 0.5, &u, &v);                                              \
        SAMPLE(out, s, u, v, PIXEL);                                                                     \
      }                                                                                                  \
    }                                                                                                    \
  }

#define GENERAL_PIXELS(NAME, PLACE, SAMPLE)                                                               \
  GENERAL(NAME##_1, PLACE, SAMPLE, 1)                                                                    \
  GENERAL(NAME##_2, PLACE, SAMPLE, 2)                                                                    \
  GENERAL(NAME##_3, PLACE, SAMPLE, 3)                                                                    \
  GENERAL(NAME##_4, PLACE, SAMPLE, 4)

GENERAL_PIXELS(affine_nearest, affine_place, sample_nearest)
GENERAL_PIXELS(affine_bilinear, affine_place, sample_bilinear)
GENERAL_PIXELS(affine_bicubic, affine_place, sample_bicubic)
GENERAL_PIXELS(perspective_nearest, perspective_place, sample_nearest)
GENERAL_PIXELS(perspective_bilinear, perspective_place, sample_bilinear)
GENERAL_PIXELS(perspective_bicubic, perspective_place, sample_bicubic)

typedef void general_loop(uint8_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t, const tk_source *, const double *);

/// By map (affine, perspective), filter and bytes a pixel.
static general_loop *const general[2][3][4] = {
    {{affine_nearest_1, affine_nearest_2, affine_nearest_3, affine_nearest_4},
     {affine_bilinear_1, affine_bilinear_2, affine_bilinear_3, affine_bilinear_4},
     {affine_bicubic_1, affine_bicubic_2, affine_bicubic_3, affine_bicubic_4}},
    {{perspective_nearest_1, perspective_nearest_2, perspective_nearest_3, perspective_nearest_4},
     {perspective_bilinear_1, perspective_bilinear_2, perspective_bilinear_3, perspective_bilinear_4},
     {perspective_bicubic_1, perspective_bicubic_2, perspective_bicubic_3, perspective_bicubic_4}}};

/// NEAREST without rotation or shear: the places are running sums, column by column and row by row.
ALWAYS void scale_nearest(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                          const tk_source *s, const double a[6], ptrdiff_t pixel) {
  double v = a[5] + a[4] * 0.5;
  for (ptrdiff_t y = 0; y < height; y++, v += a[4]) {
    ptrdiff_t sy = pixel_at(v);
    if (sy < 0 || sy >= s->height) continue;
    const uint8_t *in = s->bytes + sy * s->row;
    uint8_t *out = target + y * target_row;
    double u = a[2] + a[0] * 0.5;
    for (ptrdiff_t x = 0; x < width; x++, u += a[0]) {
      ptrdiff_t sx = pixel_at(u);
      if (sx < 0 || sx >= s->width) continue;
      copy_pixel(out + x * pixel, in + sx * pixel, pixel);
    }
  }
}

static int fits_fixed(const double a[6], double x, double y) {
  return fabs(x * a[0] + y * a[1] + a[2]) < 32768.0 && fabs(x * a[3] + y * a[4] + a[5]) < 32768.0;
}

/// 16.16, rounded half up.
static int64_t fixed(double v) { return (int64_t)floor(v * 65536.0 + 0.5); }

ALWAYS int inside_fixed(const tk_source *s, int64_t u, int64_t v) {
  return u >= 0 && u >> 16 < s->width && v >= 0 && v >> 16 < s->height;
}

ALWAYS void fixed_nearest(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                          const tk_source *s, const double a[6], ptrdiff_t pixel) {
  int64_t a0 = fixed(a[0]), a1 = fixed(a[1]), a3 = fixed(a[3]), a4 = fixed(a[4]);
  int64_t u0 = fixed(a[2] + a[0] * 0.5 + a[1] * 0.5), v0 = fixed(a[5] + a[3] * 0.5 + a[4] * 0.5);
  for (ptrdiff_t y = 0; y < height; y++) {
    uint8_t *out = target + y * target_row;
    // 64 bits hold the running sums of any width; Pillow's 32 do so too for what `fits_fixed` lets through.
    int64_t u = u0 + a1 * y, v = v0 + a4 * y;
    // The columns that show the source are neighbours: trim both ends, then copy without a question.
    ptrdiff_t first = 0, last = width;
    while (first < last && !inside_fixed(s, u + a0 * first, v + a3 * first)) first++;
    while (first < last && !inside_fixed(s, u + a0 * (last - 1), v + a3 * (last - 1))) last--;
    u += a0 * first;
    v += a3 * first;
    for (ptrdiff_t x = first; x < last; x++, u += a0, v += a3) {
      copy_pixel(out + x * pixel, s->bytes + (v >> 16) * s->row + (u >> 16) * pixel, pixel);
    }
  }
}

/// NEAREST for maps that do not fit fixed point: running sums in doubles.
ALWAYS void running_nearest(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                            const tk_source *s, const double a[6], ptrdiff_t pixel) {
  double u0 = a[2] + a[0] * 0.5 + a[1] * 0.5, v0 = a[5] + a[3] * 0.5 + a[4] * 0.5;
  for (ptrdiff_t y = 0; y < height; y++, u0 += a[1], v0 += a[4]) {
    uint8_t *out = target + y * target_row;
    double u = u0, v = v0;
    for (ptrdiff_t x = 0; x < width; x++, u += a[0], v += a[3]) {
      sample_nearest(out + x * pixel, s, u, v, pixel);
    }
  }
}

/// Picks one of the three ways. `pixel` is a constant where this is inlined.
ALWAYS void affine_nearest(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                           const tk_source *s, const double a[6], ptrdiff_t pixel) {
  double w = (double)width, h = (double)height;
  if (a[1] == 0 && a[3] == 0) {
    scale_nearest(target, target_row, width, height, s, a, pixel);
  } else if (fits_fixed(a, 0, 0) && fits_fixed(a, w, h) && fits_fixed(a, 0, h) && fits_fixed(a, w, 0)) {
    fixed_nearest(target, target_row, width, height, s, a, pixel);
  } else {
    running_nearest(target, target_row, width, height, s, a, pixel);
  }
}

void tk_affine(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
               const tk_source *source, const double a[6], int filter) {
  if (width <= 0 || height <= 0 || source->width <= 0 || source->height <= 0) return;
  if (filter != TK_NEAREST) {
    general[0][filter][source->pixel - 1](target, target_row, width, height, source, a);
    return;
  }
  switch (source->pixel) {
  case 1: affine_nearest(target, target_row, width, height, source, a, 1); break;
  case 2: affine_nearest(target, target_row, width, height, source, a, 2); break;
  case 3: affine_nearest(target, target_row, width, height, source, a, 3); break;
  default: affine_nearest(target, target_row, width, height, source, a, 4); break;
  }
}

void tk_affine_nearest_general(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                               const tk_source *source, const double a[6]) {
  general[0][TK_NEAREST][source->pixel - 1](target, target_row, width, height, source, a);
}

void tk_perspective(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                    const tk_source *source, const double a[8], int filter) {
  if (source->width <= 0 || source->height <= 0) return;
  general[1][filter][source->pixel - 1](target, target_row, width, height, source, a);
}
