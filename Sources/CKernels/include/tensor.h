/// From interleaved bytes to planes, and arithmetic on planes.
///
/// Strides of pictures are in bytes, strides of planes in elements; rows of a plane are contiguous.
#ifndef TESSERA_CKERNELS_TENSOR_H
#define TESSERA_CKERNELS_TENSOR_H

#include <stddef.h>
#include <stdint.h>

/// The last pass of a pipeline in one: splits an interleaved 8-bit picture into planes, each value looked up in its
/// channel's table, rows mirrored left to right if `flip_x` is not 0.
///
/// `dst[c · plane_stride + y · width + x] = lut[256 · c + src[y · src_stride + x' · channels + c]]` with
/// `x' = flip_x ? width − 1 − x : x`. `channels` is 1, 2, 3 or 4; there are as many tables and planes. Elements of
/// tables and planes have `element_bytes` 1, 2 or 4. `lut` may be NULL for the bytes themselves (1 byte).
/// A table holds any function of a byte, so division by 255, mean and deviation, and rounding to a half, cost nothing
/// and keep the bits of the step-by-step arithmetic. `loops`: `TK_LOOPS_BEST` or `TK_LOOPS_SCALAR`.
void tk_lut_planar(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    const void *lut, int element_bytes, void *dst, ptrdiff_t plane_stride, int loops);

/// The same with the channels of a pixel side by side, rows without gaps.
void tk_lut_interleaved(
    const uint8_t *src, ptrdiff_t src_stride, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, int flip_x,
    const void *lut, int element_bytes, void *dst, int loops);

/// Which loops `TK_LOOPS_BEST` stands for there: `TK_LOOPS_AVX512` or `TK_LOOPS_SCALAR`.
int tk_planar_loops(ptrdiff_t channels, int interleaved);

/// `dst[i] = src[i] / 65535` in float, for 16-bit gray.
void tk_unit_f32_from_u16(const uint16_t *src, ptrdiff_t count, float *dst);

/// `dst[i] = (src[i] − mean) / deviation`, each operation rounded to float. `dst` may be `src`.
void tk_normalize_f32(const float *src, ptrdiff_t count, float mean, float deviation, float *dst);

/// `dst[i] = src[i] · deviation + mean`, each operation rounded to float. `dst` may be `src`.
void tk_denormalize_f32(const float *src, ptrdiff_t count, float mean, float deviation, float *dst);

#endif
