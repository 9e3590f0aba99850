/// Colour of 8-bit pictures: conversions, tables, histograms, blends, 3×3 and Gaussian filters.
///
/// Pictures are interleaved without padding between rows unless a stride is asked for; `pixels` counts pixels,
/// `channels` is 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha). `dst` may be `src` where sizes agree,
/// except in the filters. The reference for all arithmetic is Pillow.
#ifndef TESSERA_CKERNELS_COLOUR_H
#define TESSERA_CKERNELS_COLOUR_H

#include <stddef.h>
#include <stdint.h>

/// Any layout to RGB: gray is repeated, alpha is dropped.
void tk_rgb_from_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint8_t *dst);

/// 16-bit gray to RGB as Pillow does: values over 255 become 255.
void tk_rgb_from_u16(const uint16_t *src, ptrdiff_t pixels, uint8_t *dst);

/// 16-bit gray to 8-bit as Pillow does: values over 255 become 255.
void tk_gray_from_u16(const uint16_t *src, ptrdiff_t pixels, uint8_t *dst);

/// Gray-alpha or RGBA laid over an opaque colour: `(colour · (255 − a) + c · a) / 255`, rounded.
void tk_rgb_over(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t background[3], uint8_t *dst);

/// Any layout to gray: `(19595 R + 38470 G + 7471 B + 32768) >> 16`; gray is copied, alpha is dropped.
void tk_gray_from_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, uint8_t *dst);

/// RGB to gray, stored three times a pixel.
void tk_gray3_from_rgb(const uint8_t *src, ptrdiff_t pixels, uint8_t *dst);

/// Looks every byte up in its channel's table of 256 (`lut[256 · c + value]`).
void tk_lut_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *lut, uint8_t *dst);

/// Counts the values of each channel: `counts[256 · c + value]`. Overwrites `counts`.
void tk_histogram_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, int64_t *counts);

/// The sum of the gray values of the pixels (RGB is converted as by `tk_gray_from_u8`).
int64_t tk_gray_sum(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels);

/// Blends every colour with its gray: `gray + factor · (value − gray)` in float, clamped, truncated.
/// Layouts without colour are copied; alpha is kept.
void tk_saturate_u8(const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, float factor, uint8_t *dst);

/// Blends two pictures byte by byte: `a + factor · (b − a)` in float, clamped to 0...255, truncated.
void tk_blend_u8(const uint8_t *a, const uint8_t *b, ptrdiff_t bytes, float factor, uint8_t *dst);

/// Turns the hue of RGB by `shift`/255 of the circle (bytes wrap): to 8-bit HSV and back, as Pillow rounds.
/// `src_channels` and `dst_channels` are 3 or 4; a fourth channel of `dst` becomes 255.
void tk_hue_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t src_channels, uint8_t shift, ptrdiff_t dst_channels,
    uint8_t *dst);

/// Pillow's SMOOTH filter: (8 neighbours + 5 · centre) / 13, rounded; edge pixels are copied, and so is a
/// picture under 3 pixels in width or height. `dst` must not be `src`.
void tk_smooth_u8(const uint8_t *src, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, uint8_t *dst);

/// Permutes channels: `dst[c] = src[order[c]]`.
void tk_permute_u8(
    const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *order, uint8_t *dst);

/// Separable convolution in float with mirrored edges (the edge pixel not repeated), rounded half to even.
///
/// `kernel_x` and `kernel_y` have odd lengths `nx` and `ny`, at most `2 · width − 1` and `2 · height − 1`.
/// Allocates `ny + 2` rows. Returns 0, or −1 if there is no memory.
int tk_convolve_separable_u8(
    const uint8_t *src, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels, const float *kernel_x,
    ptrdiff_t nx, const float *kernel_y, ptrdiff_t ny, uint8_t *dst);

/// Adds `weight · value` of each byte to a float: `sum[i] += weight · src[i]`, each operation rounded.
void tk_accumulate_u8(const uint8_t *src, ptrdiff_t bytes, float weight, float *sum);

/// Truncates floats to bytes, clamped to 0...255.
void tk_u8_from_f32(const float *src, ptrdiff_t count, uint8_t *dst);

#endif
