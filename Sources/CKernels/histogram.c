#include "CKernels.h"

#include <string.h>

void tk_lut_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *lut, uint8_t *dst) {
  if (channels == 3) {
    for (ptrdiff_t i = 0; i < pixels; i++, src += 3, dst += 3) {
      dst[0] = lut[src[0]];
      dst[1] = lut[256 + src[1]];
      dst[2] = lut[512 + src[2]];
    }
    return;
  }
  for (ptrdiff_t i = 0; i < pixels; i++) {
    for (ptrdiff_t c = 0; c < channels; c++) dst[i * channels + c] = lut[256 * c + src[i * channels + c]];
  }
}

void tk_histogram_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, int64_t *counts) {
  memset(counts, 0, sizeof(int64_t) * 256 * (size_t)channels);
  for (ptrdiff_t i = 0; i < pixels; i++) {
    for (ptrdiff_t c = 0; c < channels; c++) counts[256 * c + src[i * channels + c]]++;
  }
}
