#include "CKernels.h"
#include "dispatch.h"

#pragma STDC FP_CONTRACT OFF

// Hue, saturation and value as bytes. The formulas are Smith's hexcone model (as in Python's colorsys); the
// types of the intermediates (float or double) decide the last level, and are those that Pillow's results show.
// A run of pixels lies in planes, and each step is a loop without branches over them, so that it is vectorised.
enum { RUN = 64 };

typedef struct {
  int32_t plane[3][RUN];
} colours;

static inline __attribute__((always_inline)) int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
static inline __attribute__((always_inline)) int32_t greatest(int32_t a, int32_t b) { return a > b ? a : b; }

// Truncated 255 · `unit`, for a hue or saturation of 0...1.
static inline __attribute__((always_inline)) int32_t scaled(float unit) {
  return least((int32_t)((double)unit * 255.0), 255);
}

static inline __attribute__((always_inline)) void hsv_from_rgb(colours *run) {
  for (int i = 0; i < RUN; i++) {
    int32_t r = run->plane[0][i], g = run->plane[1][i], b = run->plane[2][i];
    int32_t high = greatest(r, greatest(g, b)), low = least(r, least(g, b));
    // Of gray, hue and saturation are 0: all that is divided is.
    float chroma = (float)greatest(high - low, 1);
    float red = (float)(high - r) / chroma, green = (float)(high - g) / chroma, blue = (float)(high - b) / chroma;
    float from_red = blue - green;
    float from_green = (float)(2.0 + (double)red - (double)blue);
    float from_blue = (float)(4.0 + (double)green - (double)red);
    float sextant = r == high ? from_red : g == high ? from_green : from_blue;
    // In turns; negative ones (between magenta and red) wrap to the end of the circle.
    double turns = (double)sextant * (1.0 / 6) + 1.0;
    run->plane[0][i] = scaled((float)(turns >= 1.0 ? turns - 1.0 : turns));
    run->plane[1][i] = scaled((float)(high - low) / (float)greatest(high, 1));
    run->plane[2][i] = high;
  }
}

// v · (1 − part), rounded half up (the product is never negative).
static inline __attribute__((always_inline)) int32_t shaded(int32_t value, double part) {
  return least((int32_t)((double)value * (1.0 - part) + 0.5), 255);
}

static inline __attribute__((always_inline)) void rgb_from_hsv(colours *run, int32_t shift) {
  for (int i = 0; i < RUN; i++) {
    int32_t h = (run->plane[0][i] + shift) & 255, s = run->plane[1][i], v = run->plane[2][i];
    double sixths = (double)h * (6.0 / 255);
    int32_t sector = (int32_t)sixths;
    float rest = (float)(sixths - (double)sector);
    float saturation = (float)((double)s * (1.0 / 255));
    // Of the two sides between the brightest and the darkest channel, each sector has one.
    int32_t falls = sector & 1;
    double side = falls ? (double)(saturation * rest) : (double)saturation * (1.0 - (double)rest);
    int32_t p = shaded(v, (double)saturation), m = shaded(v, side);
    sector = sector == 6 ? 0 : sector;
    // Where v, m and p stand: v t p, q v p, p v t, p q v, t p v, v p q.
    int32_t r = sector == 0 || sector == 5 ? v : sector == 1 || sector == 4 ? m : p;
    int32_t g = sector == 1 || sector == 2 ? v : sector == 0 || sector == 3 ? m : p;
    int32_t b = sector == 3 || sector == 4 ? v : sector == 2 || sector == 5 ? m : p;
    run->plane[0][i] = s == 0 ? v : r;
    run->plane[1][i] = s == 0 ? v : g;
    run->plane[2][i] = s == 0 ? v : b;
  }
}

TK_CLONES(static, shift_hues, (colours *run, int32_t shift), (run, shift)) {
  hsv_from_rgb(run);
  rgb_from_hsv(run, shift);
}

void tk_hue_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t src_channels, uint8_t shift, ptrdiff_t dst_channels,
    uint8_t *dst) {
  colours run = {0};
  for (ptrdiff_t first = 0; first < pixels; first += RUN) {
    ptrdiff_t count = pixels - first < RUN ? pixels - first : RUN;
    for (ptrdiff_t i = 0; i < count; i++) {
      for (int c = 0; c < 3; c++) run.plane[c][i] = src[(first + i) * src_channels + c];
    }
    shift_hues(&run, shift);
    for (ptrdiff_t i = 0; i < count; i++) {
      uint8_t *pixel = dst + (first + i) * dst_channels;
      for (int c = 0; c < 3; c++) pixel[c] = (uint8_t)run.plane[c][i];
      if (dst_channels == 4) pixel[3] = 255;
    }
  }
}
