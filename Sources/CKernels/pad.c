#include "geometry.h"
#include <string.h>

/// The source index that position `i` of a padded line shows, for n ≥ 1 pixels.
static ptrdiff_t folded(ptrdiff_t i, ptrdiff_t n, int mode) {
  if (i >= 0 && i < n) return i;
  if (mode == TK_PAD_EDGE || n == 1) return i < 0 ? 0 : n - 1;
  ptrdiff_t period = mode == TK_PAD_REFLECT ? 2 * (n - 1) : 2 * n;
  ptrdiff_t k = i % period;
  if (k < 0) k += period;
  if (k < n) return k;
  return mode == TK_PAD_REFLECT ? period - k : period - 1 - k;
}

static void fill_pixels(uint8_t *out, ptrdiff_t count, ptrdiff_t pixel, const uint8_t *fill) {
  // Black and grays, and so nearly all paddings, are one byte repeated.
  ptrdiff_t equal = 1;
  while (equal < pixel && fill[equal] == fill[0]) equal++;
  if (equal == pixel) {
    if (count > 0) memset(out, fill[0], (size_t)(count * pixel));
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++, out += pixel) {
    for (ptrdiff_t b = 0; b < pixel; b++) out[b] = fill[b];
  }
}

void tk_pad(uint8_t *target, ptrdiff_t target_row, ptrdiff_t target_width, ptrdiff_t target_height,
            const uint8_t *source, ptrdiff_t source_row, ptrdiff_t source_width, ptrdiff_t source_height,
            ptrdiff_t pixel, ptrdiff_t left, ptrdiff_t top, int mode, const uint8_t *fill) {
  // Columns x0..<x1 of the target show the source's own columns.
  ptrdiff_t x0 = left < 0 ? 0 : left < target_width ? left : target_width;
  ptrdiff_t x1 = left + source_width < target_width ? left + source_width : target_width;
  if (x1 < x0) x1 = x0;
  for (ptrdiff_t y = 0; y < target_height; y++) {
    uint8_t *out = target + y * target_row;
    ptrdiff_t sy = y - top;
    if (mode == TK_PAD_CONSTANT) {
      if (sy < 0 || sy >= source_height) {
        fill_pixels(out, target_width, pixel, fill);
        continue;
      }
      fill_pixels(out, x0, pixel, fill);
      fill_pixels(out + x1 * pixel, target_width - x1, pixel, fill);
    } else {
      sy = folded(sy, source_height, mode);
      const uint8_t *in = source + sy * source_row;
      for (ptrdiff_t x = 0; x < target_width; x++) {
        if (x == x0 && x1 > x0) x = x1;
        if (x == target_width) break;
        memcpy(out + x * pixel, in + folded(x - left, source_width, mode) * pixel, (size_t)pixel);
      }
    }
    if (x1 > x0) {
      memcpy(out + x0 * pixel, source + sy * source_row + (x0 - left) * pixel, (size_t)((x1 - x0) * pixel));
    }
  }
}
