/// From a row as a file stores it to a row of an `Image`.
#ifndef TESSERA_TC_ROWS_H
#define TESSERA_TC_ROWS_H

#include <stddef.h>
#include <stdint.h>

/// How a row's pixels lie. The first five are what a conversion may give; all are what it may take.
typedef enum tc_layout {
  TC_GRAY = 0,
  TC_GRAYA = 1,
  TC_RGB = 2,
  TC_RGBA = 3,
  /// 16 bits in the machine's byte order.
  TC_GRAY16 = 4,
  /// 0 is no ink. As a target only from `TC_CMYK_INVERTED`.
  TC_CMYK = 5,
  /// 255 is no ink (Adobe's convention in JPEG).
  TC_CMYK_INVERTED = 6,
  /// One byte a pixel, an index into `palette`.
  TC_INDEX = 7,
  /// 16 bits a sample, big-endian.
  TC_GRAY16BE = 8,
  TC_GRAYA16BE = 9,
  TC_RGB16BE = 10,
  TC_RGBA16BE = 11
} tc_layout;

typedef enum tc_alpha {
  /// Alpha is forgotten.
  TC_ALPHA_DROP = 0,
  /// Laid over `background`: (c·a + b·(255 − a)) / 255, rounded.
  TC_ALPHA_COMPOSITE = 1,
  /// Alpha stays; the target must have one.
  TC_ALPHA_KEEP = 2
} tc_alpha;

typedef enum tc_sixteen {
  /// (v·255 + 32767) / 65535.
  TC_SIXTEEN_SCALE = 0,
  /// Pillow: gray alone min(v, 255), everything else v >> 8.
  TC_SIXTEEN_PILLOW = 1
} tc_sixteen;

typedef struct tc_conversion {
  tc_layout source;
  tc_layout target;
  tc_alpha alpha;
  tc_sixteen sixteen;
  /// Red, green, blue behind transparent pixels (`TC_ALPHA_COMPOSITE`).
  uint8_t background[3];
  /// Whether pixels equal to `key` are fully transparent (gray and RGB sources; in the source's own range).
  uint8_t has_key;
  uint16_t key[3];
  /// 256 entries of red, green, blue, alpha for `TC_INDEX`; else NULL.
  const uint8_t *palette;
} tc_conversion;

/// A part of the stored picture, in its pixels; inside of it and not empty.
typedef struct tc_window {
  int32_t x, y, width, height;
} tc_window;

/// A codec that works in blocks gives up to so many pixels of a row beside the window: at most 31 to the left (a block
/// of JPEG is 32 wide at most) and a margin of 2 on each side.
enum { TC_STRIP_SLACK = 64 };

/// Where a decoder's rows go when nobody keeps the picture: they are handed over in order, strip by strip.
///
/// The decoder's `pixels` are then memory of `strip` rows, used again for each strip; their stride leaves room for
/// `TC_STRIP_SLACK` pixels beside the window's.
typedef struct tc_sink {
  /// Takes the next `count` rows of the window; they are gone when it returns. Where `rows` is NULL the decoder begins
  /// again at the window's first row: what came before does not count.
  void (*rows)(void *context, const uint8_t *rows, size_t stride, int32_t count);
  void *context;
  /// At least 1.
  int32_t strip;
} tc_sink;

/// Bytes of one pixel.
size_t tc_layout_pixel_bytes(tc_layout layout);

/// Whether converting a row is a mere copy, so that a decoder may write to the target directly.
int tc_conversion_is_copy(const tc_conversion *conversion);

/// Converts `width` pixels. `source` and `target` must not overlap.
///
/// Gray targets take gray sources (the red channel of others).
void tc_convert_row(
    const tc_conversion *conversion, const uint8_t *source, uint8_t *target, size_t width);

/// Converts `height` rows; strides in bytes.
void tc_convert_rows(
    const tc_conversion *conversion, const uint8_t *source, size_t source_stride, uint8_t *target,
    size_t target_stride, size_t width, size_t height);

#endif
