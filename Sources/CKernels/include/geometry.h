/// Kernels that move pixels: reorientation, padding, Pillow's affine and perspective, displacement.
///
/// Pixels are interleaved bytes; every stride is in bytes.
#ifndef TESSERA_GEOMETRY_H
#define TESSERA_GEOMETRY_H
#include <stddef.h>
#include <stdint.h>

/// Copies a picture along any of the eight axis-parallel ways.
///
/// Pixel (x, y) of the target is the `pixel` bytes at `source + x * step_x + y * step_y`; steps may be
/// negative. `width` and `height` are the target's. Target and source must not overlap.
void tk_reorient(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height, ptrdiff_t pixel,
                 const uint8_t *source, ptrdiff_t step_x, ptrdiff_t step_y);

#endif
