#include "CKernels.h"
#include "dispatch.h"

#include <string.h>

// Pillow sums the nine products in float; the exact sum is never within 1/26 of a rounding boundary
// (13 is odd), so integers give the same byte.
TK_CLONES(
  static, smooth_row,
  (const uint8_t *above, const uint8_t *row, const uint8_t *below, ptrdiff_t bytes, ptrdiff_t channels,
   uint8_t *dst),
  (above, row, below, bytes, channels, dst)) {
  for (ptrdiff_t i = channels; i < bytes - channels; i++) {
    uint32_t sum = above[i - channels] + above[i] + above[i + channels] + row[i - channels] + 5u * row[i] +
                   row[i + channels] + below[i - channels] + below[i] + below[i + channels];
    dst[i] = (uint8_t)((2 * sum + 13) / 26);
  }
}

void tk_smooth_u8(const uint8_t *src, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, uint8_t *dst) {
  ptrdiff_t stride = width * channels;
  if (width < 3 || height < 3) {
    memcpy(dst, src, (size_t)(stride * height));
    return;
  }
  memcpy(dst, src, (size_t)stride);
  memcpy(dst + (height - 1) * stride, src + (height - 1) * stride, (size_t)stride);
  for (ptrdiff_t y = 1; y < height - 1; y++) {
    const uint8_t *row = src + y * stride;
    uint8_t *out = dst + y * stride;
    smooth_row(row - stride, row, row + stride, stride, channels, out);
    memcpy(out, row, (size_t)channels);
    memcpy(out + stride - channels, row + stride - channels, (size_t)channels);
  }
}
