/// Sums that means and deviations are made of, in whole numbers: no order of adding changes them.
///
/// Pixels are interleaved without padding; `channels` is 1, 2, 3 or 4. Both functions *add to* `sum[c]` and
/// `squares[c]`. A picture of 2^47 bytes of 255 would still fit the 64 bits of its squares.
#ifndef TESSERA_CKERNELS_MOMENTS_H
#define TESSERA_CKERNELS_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

/// `sum[c] += Σ v`, `squares[c] += Σ v²` over 8-bit samples.
void tk_moments_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint64_t *sum, uint64_t *squares);

/// The specification of `tk_moments_u8`: one sample after another.
void tk_moments_scalar_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint64_t *sum, uint64_t *squares);

/// The same over one channel of 16-bit samples in the machine's byte order; up to 2^32 pixels.
void tk_moments_u16(const uint16_t *src, ptrdiff_t pixels, uint64_t *sum, uint64_t *squares);

#endif
