#include "geometry.h"
#include <string.h>

/// Copies tiles of this many pixels square, so that a transposed walk stays within the first-level cache.
enum { TILE = 32 };

#define REORIENT(NAME, TYPE)                                                                             \
  static void NAME(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,             \
                   const uint8_t *source, ptrdiff_t step_x, ptrdiff_t step_y) {                          \
    for (ptrdiff_t y0 = 0; y0 < height; y0 += TILE) {                                                    \
      ptrdiff_t y1 = y0 + TILE < height ? y0 + TILE : height;                                            \
      for (ptrdiff_t x0 = 0; x0 < width; x0 += TILE) {                                                   \
        ptrdiff_t x1 = x0 + TILE < width ? x0 + TILE : width;                                            \
        for (ptrdiff_t y = y0; y < y1; y++) {                                                            \
          uint8_t *out = target + y * target_row + x0 * (ptrdiff_t)sizeof(TYPE);                         \
          const uint8_t *in = source + y * step_y + x0 * step_x;                                         \
          for (ptrdiff_t x = x0; x < x1; x++, out += sizeof(TYPE), in += step_x) {                       \
            memcpy(out, in, sizeof(TYPE));                                                               \
          }                                                                                              \
        }                                                                                                \
      }                                                                                                  \
    }                                                                                                    \
  }

typedef struct {
  uint8_t bytes[3];
} three_bytes;

REORIENT(reorient1, uint8_t)
REORIENT(reorient2, uint16_t)
REORIENT(reorient3, three_bytes)
REORIENT(reorient4, uint32_t)

void tk_reorient(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height, ptrdiff_t pixel,
                 const uint8_t *source, ptrdiff_t step_x, ptrdiff_t step_y) {
  if (step_x == pixel) {
    // Whole rows: a copy or an upside-down one.
    for (ptrdiff_t y = 0; y < height; y++) {
      memcpy(target + y * target_row, source + y * step_y, (size_t)(width * pixel));
    }
    return;
  }
  switch (pixel) {
  case 1: reorient1(target, target_row, width, height, source, step_x, step_y); break;
  case 2: reorient2(target, target_row, width, height, source, step_x, step_y); break;
  case 3: reorient3(target, target_row, width, height, source, step_x, step_y); break;
  case 4: reorient4(target, target_row, width, height, source, step_x, step_y); break;
  default: break;
  }
}
