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

/// What lies beyond the edge of a padded picture.
enum { TK_PAD_CONSTANT = 0, TK_PAD_EDGE = 1, TK_PAD_REFLECT = 2, TK_PAD_SYMMETRIC = 3 };

/// Pads a picture of `source_width` by `source_height` pixels of `pixel` bytes each.
///
/// The target is `target_width` by `target_height`; the source's corner lies at (`left`, `top`) of it; either
/// may be negative, which crops. `fill` is one pixel, read for TK_PAD_CONSTANT only. The other modes need at
/// least one source pixel; they repeat as numpy's `pad` does (reflect with period 2(n − 1), symmetric 2n).
void tk_pad(uint8_t *target, ptrdiff_t target_row, ptrdiff_t target_width, ptrdiff_t target_height,
            const uint8_t *source, ptrdiff_t source_row, ptrdiff_t source_width, ptrdiff_t source_height,
            ptrdiff_t pixel, ptrdiff_t left, ptrdiff_t top, int mode, const uint8_t *fill);

/// How a transform reads between pixels.
enum { TK_NEAREST = 0, TK_BILINEAR = 1, TK_BICUBIC = 2 };

/// A picture that a transform reads: `pixel` bytes a pixel (1...4).
typedef struct {
  const uint8_t *bytes;
  ptrdiff_t row, width, height, pixel;
} tk_source;

/// Pillow's `Image.transform(size, AFFINE, a)` on 8-bit channels, to the bit.
///
/// Target pixel (x, y) is read at (a0·(x+½) + a1·(y+½) + a2, a3·(x+½) + a4·(y+½) + a5). Pixels whose place lies
/// outside of the source are not written: the caller fills the target first. NEAREST takes Pillow's three
/// ways: a table without rotation or shear, 16.16 fixed point where all corners lie within ±32768, else doubles.
/// BICUBIC has a = −1. Alpha is a channel like the others: the caller premultiplies.
void tk_affine(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
               const tk_source *source, const double a[6], int filter);

/// As `tk_affine` with NEAREST, but each pixel on its own in doubles: Pillow's way for 16-bit pictures.
void tk_affine_nearest_general(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                               const tk_source *source, const double a[6]);

/// Pillow's `Image.transform(size, PERSPECTIVE, a)`: as `tk_affine`, divided by a6·(x+½) + a7·(y+½) + 1.
void tk_perspective(uint8_t *target, ptrdiff_t target_row, ptrdiff_t width, ptrdiff_t height,
                    const tk_source *source, const double a[8], int filter);

/// Multiplies colour by alpha as Pillow's conversion to `La` and `RGBa` (`pixel` = 2 or 4; alpha last).
void tk_alpha_multiply(uint8_t *target, const uint8_t *source, ptrdiff_t pixels, ptrdiff_t pixel);

/// Divides colour by alpha in place as Pillow's conversion from `La` and `RGBa`.
void tk_alpha_divide(uint8_t *bytes, ptrdiff_t pixels, ptrdiff_t pixel);

/// Adds `weight` times `source` to `target`, value by value: the step of a convolution, in the order of its taps.
void tk_multiply_add(float *target, const float *source, float weight, ptrdiff_t count);

/// Reads each pixel (x, y) at (x + dx, y + dy), pixels counted at their centres: torchvision's elastic transform.
///
/// `dx` and `dy` have one value a pixel, row by row; target and source are of one size. TK_NEAREST rounds half to
/// even; TK_BILINEAR (8-bit channels) rounds its sum so. Outside lies `fill` (one pixel).
void tk_displace(uint8_t *target, ptrdiff_t target_row, const tk_source *source, const float *dx,
                 const float *dy, int filter, const uint8_t *fill);

#endif
