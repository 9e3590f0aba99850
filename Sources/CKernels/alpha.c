#include "geometry.h"

// Pillow's conversions between straight and premultiplied alpha (modes LA ↔ La, RGBA ↔ RGBa).

void tk_alpha_multiply(uint8_t *target, const uint8_t *source, ptrdiff_t pixels, ptrdiff_t pixel) {
  for (ptrdiff_t i = 0; i < pixels; i++, target += pixel, source += pixel) {
    unsigned alpha = source[pixel - 1];
    for (ptrdiff_t c = 0; c < pixel - 1; c++) {
      // c · alpha / 255, rounded: exact for all bytes.
      unsigned t = source[c] * alpha + 128;
      target[c] = (uint8_t)(((t >> 8) + t) >> 8);
    }
    target[pixel - 1] = (uint8_t)alpha;
  }
}

void tk_alpha_divide(uint8_t *bytes, ptrdiff_t pixels, ptrdiff_t pixel) {
  for (ptrdiff_t i = 0; i < pixels; i++, bytes += pixel) {
    unsigned alpha = bytes[pixel - 1];
    if (alpha == 0 || alpha == 255) continue;
    for (ptrdiff_t c = 0; c < pixel - 1; c++) {
      unsigned v = 255u * bytes[c] / alpha;
      bytes[c] = (uint8_t)(v > 255 ? 255 : v);
    }
  }
}
