#include "CKernels.h"
#include "dispatch.h"

void tk_moments_scalar_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint64_t *sum, uint64_t *squares) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    for (ptrdiff_t c = 0; c < channels; c++) {
      uint64_t v = src[i * channels + c];
      sum[c] += v;
      squares[c] += v * v;
    }
  }
}

// Byte j of every group of 24 belongs to channel j mod channels, for 1, 2, 3 and 4 channels alike. So the
// loop knows no channels: 24 lanes, each with its own pair of sums, are three vectors of eight 32-bit numbers.
enum { LANES = 24 };
// 255² · 65536 < 2^32: so many groups fit a lane's 32 bits.
enum { GROUPS = 65536 };

TK_CLONES(
  static, lanes_u8, (const uint8_t *src, ptrdiff_t groups, uint32_t *sum, uint32_t *squares),
  (src, groups, sum, squares)) {
  uint32_t s[LANES] = {0}, q[LANES] = {0};
  for (ptrdiff_t i = 0; i < groups; i++) {
    for (int j = 0; j < LANES; j++) {
      uint32_t v = src[i * LANES + j];
      s[j] += v;
      q[j] += v * v;
    }
  }
  for (int j = 0; j < LANES; j++) {
    sum[j] = s[j];
    squares[j] = q[j];
  }
}

void tk_moments_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint64_t *sum, uint64_t *squares) {
  uint32_t s[LANES], q[LANES];
  ptrdiff_t left = pixels * channels / LANES;
  ptrdiff_t done = left * LANES;
  while (left > 0) {
    ptrdiff_t groups = left < GROUPS ? left : GROUPS;
    lanes_u8(src, groups, s, q);
    for (int j = 0; j < LANES; j++) {
      sum[j % channels] += s[j];
      squares[j % channels] += q[j];
    }
    src += groups * LANES;
    left -= groups;
  }
  tk_moments_scalar_u8(src, pixels - done / channels, channels, sum, squares);
}

void tk_moments_u16(const uint16_t *src, ptrdiff_t pixels, uint64_t *sum, uint64_t *squares) {
  uint64_t s = 0, q = 0;
  for (ptrdiff_t i = 0; i < pixels; i++) {
    uint64_t v = src[i];
    s += v;
    q += v * v;
  }
  *sum += s;
  *squares += q;
}
