// Colour times alpha and back, as Pillow's La and RGBa.
#include "include/resample.h"

static inline uint8_t multiply(uint32_t c, uint32_t a) {
  const uint32_t t = c * a + 128;
  return (uint8_t)((t + (t >> 8)) >> 8);
}

void tk_premultiply_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  uint8_t *target, ptrdiff_t target_stride) {
  for (int32_t y = 0; y < height; y++, source += source_stride, target += target_stride) {
    if (channels == 2) {
      for (int32_t x = 0; x < width; x++) {
        const uint8_t a = source[2 * x + 1];
        target[2 * x] = multiply(source[2 * x], a);
        target[2 * x + 1] = a;
      }
    } else {
      for (int32_t x = 0; x < width; x++) {
        const uint8_t a = source[4 * x + 3];
        for (int c = 0; c < 3; c++) target[4 * x + c] = multiply(source[4 * x + c], a);
        target[4 * x + 3] = a;
      }
    }
  }
}

static inline uint8_t divide(uint32_t c, uint32_t a) {
  const uint32_t v = 255 * c / a;
  return v > 255 ? 255 : (uint8_t)v;
}

void tk_unpremultiply_u8(
  const uint8_t *source, ptrdiff_t source_stride, int32_t width, int32_t height, int32_t channels,
  uint8_t *target, ptrdiff_t target_stride) {
  for (int32_t y = 0; y < height; y++, source += source_stride, target += target_stride) {
    const uint8_t *from = source;
    uint8_t *to = target;
    for (int32_t x = 0; x < width; x++, from += channels, to += channels) {
      const uint8_t a = from[channels - 1];
      for (int32_t c = 0; c < channels - 1; c++) to[c] = a == 0 || a == 255 ? from[c] : divide(from[c], a);
      to[channels - 1] = a;
    }
  }
}
